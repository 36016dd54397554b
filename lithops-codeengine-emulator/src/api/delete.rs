//! Deleting resources.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;

use super::{Refused, run};
use crate::fault::Twists;
use crate::rules;
use crate::service::Service;
use crate::store::Kind;

/// `DELETE /projects/{project}/<kind>/{name}`. A job takes its runs along.
pub(super) async fn delete(
    kind: Kind,
    State(service): State<Arc<Service>>,
    Path((project, name)): Path<(String, String)>,
    Extension(twists): Extension<Twists>,
) -> Result<StatusCode, Refused> {
    run::forget_gone(&service, &project);
    let now = service.now();
    let mut runs = Vec::new();
    {
        let mut store = service.store();
        let home = store.project_mut(&project, now).ok_or(Refused::NotFound)?;
        let resource = home.get_mut(kind, &name, now).ok_or(Refused::NotFound)?;
        resource.visible.end(now, twists.lingering);
        match kind {
            Kind::Job => {
                let all = home.resources.entry(Kind::JobRun).or_default().values_mut();
                let of_job = |job: Option<&serde_json::Value>| {
                    job.and_then(|job| job.as_str()) == Some(name.as_str())
                };
                for run in all.filter(|run| of_job(run.fields.get("job_name"))) {
                    run.visible.end(now, twists.lingering);
                    runs.push(run.name.clone());
                }
            }
            Kind::JobRun => runs.push(name),
            _ => {}
        }
        store.forget_deleted(now);
    }
    for name in runs {
        let id = run::id(&project, &name);
        let last = service.runs.view(&id);
        // One that has vanished meanwhile is gone as well.
        service.runs.delete(&id);
        // Where it can still be seen, it is seen as it was.
        let mut store = service.store();
        let kept =
            store.project_mut(&project, now).and_then(|p| p.get_mut(Kind::JobRun, &name, now));
        if let (Some(run), Some(view)) = (kept, last) {
            run.fields.extend(rules::fields(&view));
        }
    }
    Ok(StatusCode::ACCEPTED)
}
