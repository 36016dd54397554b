//! Changing resources: config maps and secrets as a whole, others by a merge patch.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::create::check_size;
use super::input::object;
use super::{Refused, condition, read};
use crate::rules::{Fields, Invalid, config_map, job, merge, secret};
use crate::service::Service;
use crate::store::{Kind, Resource};

/// `PATCH` or `PUT /projects/{project}/<kind>/{name}`
pub(super) async fn update(
    kind: Kind,
    State(service): State<Arc<Service>>,
    Path((project, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let given = object(&body)?;
    let now = service.now();
    let changed = {
        let mut store = service.store();
        let tag = store.new_tag();
        let home = store.project_mut(&project, now).ok_or(Refused::NotFound)?;
        let resource = home.get_mut(kind, &name, now).ok_or(Refused::NotFound)?;
        condition::check(&headers, resource.tag.as_deref())?;
        let fields = changed(resource, given)?;
        if kind == Kind::Job {
            check_size(&fields, &service)?;
        }
        resource.fields = fields;
        resource.tag = Some(tag);
        resource.clone()
    };
    Ok(read::response(&service, &project, &changed, 200))
}

fn changed(resource: &mut Resource, given: Fields) -> Result<Fields, Invalid> {
    match resource.kind {
        Kind::Job => job::patched(resource.fields.clone(), &given),
        Kind::ConfigMap => config_map::normal(given),
        Kind::Secret => {
            let (fields, format) = secret::normal(given)?;
            if fields.get("format") != resource.fields.get("format") {
                return Err(Invalid::value("format", "it can't be changed"));
            }
            resource.resource_type = format.resource_type();
            Ok(fields)
        }
        _ => {
            let mut fields = resource.fields.clone();
            let mut patch = given;
            patch.remove("name");
            merge(&mut fields, patch);
            Ok(fields)
        }
    }
}
