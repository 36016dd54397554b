//! Everything that an emulator has: to be searched for what must not be there.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::api::shown;
use crate::service::Service;
use crate::store::{Kind, Resource};

pub(super) async fn get(State(service): State<Arc<Service>>) -> Json<Value> {
    Json(state(&service))
}

/// Projects with their resources, and the environments that instances were given.
pub(crate) fn state(service: &Service) -> Value {
    let now = service.now();
    let found: Vec<(Value, String, Vec<Resource>)> = {
        let store = service.store();
        let projects = store.projects.values().map(|project| {
            let shown = project.shown(&service.url, &service.settings.region, now);
            let all = Kind::ALL.into_iter().flat_map(|kind| project.all(kind));
            let there = all.filter(|resource| !resource.visible.over(now)).cloned();
            (Value::Object(shown), project.id.clone(), there.collect())
        });
        projects.collect()
    };
    let projects = found.into_iter().map(|(project, id, resources)| {
        let mut kinds = serde_json::Map::new();
        for resource in resources {
            let list = kinds.entry(resource.kind.plural()).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(Value::Object(shown(service, &id, &resource)));
            }
        }
        json!({"project": project, "instances": service.runs.instances_of(&id), "resources": kinds})
    });
    let projects: Vec<Value> = projects.collect();
    let environments = service
        .runs
        .environments()
        .into_iter()
        .map(|(run, variables)| json!({"run": run, "variables": variables}));
    let environments: Vec<Value> = environments.collect();
    json!({"projects": projects, "environments": environments})
}
