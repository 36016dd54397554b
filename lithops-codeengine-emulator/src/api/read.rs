//! Reading resources: lists, and one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::ETAG;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use super::page::Page;
use super::{Refused, run};
use crate::service::Service;
use crate::store::{Kind, Place, Resource};

/// `GET /projects/{project}/<kind>`
pub(super) async fn list(
    kind: Kind,
    State(service): State<Arc<Service>>,
    Path(project): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let page = Page::of(query.as_deref(), kind.filter(), &service.settings.limits)?;
    run::forget_gone(&service, &project);
    let found: Vec<Resource> = {
        let now = service.now();
        let store = service.store();
        let project = store.project(&project, now).ok_or(Refused::NotFound)?;
        let none = BTreeMap::new();
        let all = project.resources.get(&kind).unwrap_or(&none).range::<str, _>(page.begin());
        let seen = all.map(|(_, resource)| resource).filter(|found| found.is_seen(now));
        seen.filter(|found| is_wanted(found, &page)).take(page.wanted()).cloned().collect()
    };
    let shown = found.into_iter().map(|resource| {
        let key = resource.key().to_owned();
        // A run that went just now is shown as it was ordered.
        (key, Value::Object(shown(&service, &project, &resource)))
    });
    let href = format!("{}/v2/projects/{project}/{}", service.url, kind.plural());
    Ok(Json(page.body(kind.plural(), &href, shown.collect())).into_response())
}

fn is_wanted(resource: &Resource, page: &Page) -> bool {
    let (Some(name), Some(value)) = (resource.kind.filter(), &page.filter) else { return true };
    resource.fields.get(name).and_then(Value::as_str) == Some(value)
}

/// `GET /projects/{project}/<kind>/{name}`
pub(super) async fn get(
    kind: Kind,
    State(service): State<Arc<Service>>,
    Path((project, name)): Path<(String, String)>,
) -> Result<Response, Refused> {
    run::forget_gone(&service, &project);
    let now = service.now();
    let found = {
        let store = service.store();
        let project = store.project(&project, now).ok_or(Refused::NotFound)?;
        project.get(kind, &name, now).ok_or(Refused::NotFound)?.clone()
    };
    Ok(response(&service, &project, &found, 200))
}

/// A resource with its tag.
pub(super) fn response(
    service: &Service,
    project: &str,
    resource: &Resource,
    status: u16,
) -> Response {
    let mut response = Json(shown(service, project, resource)).into_response();
    // Only statuses that are written here as numbers.
    *response.status_mut() = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    let tag = resource.tag.as_deref().and_then(|tag| HeaderValue::from_str(tag).ok());
    if let Some(tag) = tag {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// A resource as JSON, with what is only known now.
pub(crate) fn shown(service: &Service, project: &str, resource: &Resource) -> crate::rules::Fields {
    let place = Place { url: &service.url, region: &service.settings.region, project };
    let mut shown = resource.shown(place);
    if resource.kind == Kind::JobRun {
        run::add_status(service, project, &resource.name, &mut shown);
    }
    shown
}
