//! Projects.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::input::{object, text};
use super::page::Page;
use super::{Refused, run};
use crate::fault::{ProjectFate, Twists};
use crate::rules::{Invalid, name};
use crate::service::Service;
use crate::store::{Life, Project, Visible};

/// The account that everything belongs to.
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// `GET /projects`
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let page = Page::of(query.as_deref(), None, &service.settings.limits)?;
    let now = service.now();
    let store = service.store();
    let all = store.projects.range::<str, _>(page.begin()).map(|(_, project)| project);
    let seen = all.filter(|project| project.visible.at(now) && project.life != Life::SoftDeleted);
    let found = seen.take(page.wanted()).map(|project| {
        let shown = project.shown(&service.url, &service.settings.region, now);
        (project.id.clone(), Value::Object(shown))
    });
    let href = format!("{}/v2/projects", service.url);
    Ok(Json(page.body("projects", &href, found.collect())).into_response())
}

/// `POST /projects`
pub(super) async fn create(
    State(service): State<Arc<Service>>,
    Extension(twists): Extension<Twists>,
    body: Bytes,
) -> Result<Response, Refused> {
    let given = object(&body)?;
    let named = text(&given, "name")?.ok_or(Invalid::Missing("name"))?;
    name::PROJECT.check("name", named)?;
    let group = text(&given, "resource_group_id")?.unwrap_or(ACCOUNT);
    name::RESOURCE_GROUP.check("resource_group_id", group)?;
    let now = service.now();
    let mut store = service.store();
    if let Some(same) = store.projects.values().find(|project| project.name == named) {
        let name = named.to_owned();
        return Err(match same.life {
            Life::SoftDeleted => Refused::SoftDeleted(name),
            _ => Refused::DuplicateProject(name),
        });
    }
    let limit = service.settings.limits.projects;
    if store.projects.len() >= limit {
        return Err(Refused::Quota("projects", limit));
    }
    let ready = now + service.settings.project_creation;
    let project = Project {
        id: Uuid::new_v4().to_string(),
        name: named.to_owned(),
        account: ACCOUNT.to_owned(),
        resource_group: group.to_owned(),
        created: now,
        life: match twists.project {
            None => Life::ActiveFrom(ready),
            Some(ProjectFate::Fails) => Life::FailedFrom(ready),
            Some(ProjectFate::Stuck) => Life::Stuck,
        },
        visible: Visible::from(now, twists.hidden),
        resources: std::collections::BTreeMap::new(),
    };
    let mut shown = project.shown(&service.url, &service.settings.region, now);
    // Even where creation takes no time, the response tells of its beginning.
    shown.insert("status".to_owned(), "creating".into());
    store.projects.insert(project.id.clone(), project);
    Ok((StatusCode::ACCEPTED, Json(shown)).into_response())
}

/// `GET /projects/{project}`
pub(super) async fn get(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let now = service.now();
    let store = service.store();
    let project = store.projects.get(&id).filter(|project| project.visible.at(now));
    let project = project.ok_or(Refused::NotFound)?;
    if project.life == Life::SoftDeleted && !service.settings.soft_deleted_visible {
        return Err(Refused::NotFound);
    }
    Ok(Json(project.shown(&service.url, &service.settings.region, now)).into_response())
}

/// `DELETE /projects/{project}`: the project can be restored for some days, so its name stays taken.
pub(super) async fn delete(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let now = service.now();
    {
        let mut store = service.store();
        let project = store.project_mut(&id, now).ok_or(Refused::NotFound)?;
        project.life = Life::SoftDeleted;
        project.resources.clear();
    }
    for gone in service.runs.list(&id) {
        service.runs.delete(&run::id(&id, &gone.name));
    }
    Ok(StatusCode::ACCEPTED)
}

/// `GET /projects/{project}/status_details`
pub(super) async fn status_details(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let now = service.now();
    let store = service.store();
    let active = store.project(&id, now).ok_or(Refused::NotFound)?.is_active(now);
    let (domain, project) = if active { ("ready", "enabled") } else { ("unknown", "disabled") };
    let body = json!({
        "domain": domain, "project": project, "vpe": domain, "vpe_not_enabled": false,
    });
    Ok(Json(body).into_response())
}

/// `GET /projects/{project}/egress_ips`
pub(super) async fn egress_ips(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    service.store().project(&id, service.now()).ok_or(Refused::NotFound)?;
    // Addresses that documents are written with.
    let body = json!({"private": ["10.0.0.1"], "public": ["192.0.2.1"]});
    Ok(Json(body).into_response())
}
