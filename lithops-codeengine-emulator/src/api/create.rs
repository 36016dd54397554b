//! Creating resources.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::response::Response;
use uuid::Uuid;

use super::input::{object, text};
use super::{Refused, read, run};
use crate::fault::Twists;
use crate::rules::job::JobFields;
use crate::rules::other::Required;
use crate::rules::{self, Fields, Invalid, config_map, job, name, other, secret};
use crate::service::Service;
use crate::store::{Kind, Project, Resource, Visible};

/// A resource in the making.
struct Draft {
    name: String,
    resource_type: &'static str,
    fields: Fields,
    /// What is to be executed, if it is a run.
    run: Option<JobFields>,
}

/// `POST /projects/{project}/<kind>`
pub(super) async fn create(
    kind: Kind,
    State(service): State<Arc<Service>>,
    Path(project): Path<String>,
    Extension(twists): Extension<Twists>,
    body: Bytes,
) -> Result<Response, Refused> {
    let given = object(&body)?;
    run::forget_gone(&service, &project);
    let now = service.now();
    let (resource, order) = {
        let mut store = service.store();
        let tag = kind.has_tag().then(|| store.new_tag());
        let home = store.project_mut(&project, now).ok_or(Refused::NotFound)?;
        if !home.is_active(now) {
            return Err(Refused::Inactive(home.status(now)));
        }
        let Draft { name, resource_type, fields, run } = draft(kind, given, home, &service)?;
        check_room(kind, &name, home, &service)?;
        let id = Uuid::new_v4().to_string();
        let visible = Visible::from(now, twists.hidden);
        let ready = kind != Kind::JobRun;
        let resource =
            Resource { id, name, kind, resource_type, created: now, tag, fields, visible, ready };
        let order = run.map(|run| run::order(&service, &project, &resource, run)).transpose()?;
        let key = resource.key().to_owned();
        home.resources.entry(kind).or_default().insert(key, resource.clone());
        (resource, order)
    };
    if let Some(order) = order {
        take_on(&service, &project, &resource, order)?;
    }
    Ok(read::response(&service, &project, &resource, kind.created()))
}

/// Has a run executed, and makes it known.
fn take_on(
    service: &Service,
    project: &str,
    resource: &Resource,
    order: crate::run::RunOrder,
) -> Result<(), Refused> {
    let name = &resource.name;
    let taken = service.runs.create(order);
    let mut store = service.store();
    let runs = store.projects.get_mut(project).and_then(|p| p.resources.get_mut(&Kind::JobRun));
    let Some(runs) = runs else { return Ok(()) };
    match taken {
        Ok(()) => {
            if let Some(run) = runs.get_mut(name) {
                run.ready = true;
            }
            Ok(())
        }
        Err(_) => {
            runs.remove(name);
            Err(Refused::Duplicate { kind: Kind::JobRun, name: name.clone() })
        }
    }
}

/// Names are unique, and resources are not without number.
fn check_room(kind: Kind, name: &str, project: &Project, service: &Service) -> Result<(), Refused> {
    if kind != Kind::Binding && project.all(kind).any(|other| other.name == name) {
        return Err(Refused::Duplicate { kind, name: name.to_owned() });
    }
    let limit = kind.limit(&service.settings.limits);
    // What was deleted gives its room back at once, also while it can still be seen.
    let count = project.all(kind).filter(|other| !other.visible.is_deleted()).count();
    if count >= limit {
        return Err(Refused::Quota(kind.plural(), limit));
    }
    Ok(())
}

/// What the request asks for, checked.
fn draft(
    kind: Kind,
    mut given: Fields,
    project: &Project,
    service: &Service,
) -> Result<Draft, Refused> {
    let rule = match kind {
        Kind::ConfigMap | Kind::Secret | Kind::PersistentDataStore => &name::SUBDOMAIN,
        _ => &name::RESOURCE,
    };
    let named = text(&given, "name")?.map(str::to_owned);
    if let Some(named) = &named {
        rule.check("name", named)?;
    }
    let needed = |named: Option<String>| named.ok_or(Invalid::Missing("name"));
    let plain = |name, resource_type, fields| Draft { name, resource_type, fields, run: None };
    let rest = |what, given| other::normal(what, given);
    Ok(match kind {
        Kind::Job => {
            let fields = job::created(given)?;
            check_size(&fields, service)?;
            plain(needed(named)?, "job_v2", fields)
        }
        Kind::JobRun => draft_run(given, named, project, service)?,
        Kind::ConfigMap => plain(needed(named)?, "config_map_v2", config_map::normal(given)?),
        Kind::Secret => {
            let (fields, format) = secret::normal(given)?;
            plain(needed(named)?, format.resource_type(), fields)
        }
        Kind::Build => plain(needed(named)?, "build_v2", rest(Required::Build, given)?),
        Kind::BuildRun => {
            let build = text(&given, "build_name")?.unwrap_or("build");
            let stamp = &Uuid::new_v4().simple().to_string()[..13];
            let name = named.unwrap_or_else(|| format!("{build}-run-{stamp}"));
            given.insert("status".to_owned(), "succeeded".into());
            plain(name, "build_run_v2", rest(Required::BuildRun, given)?)
        }
        Kind::PersistentDataStore => {
            plain(needed(named)?, "persistent_data_store_v2", rest(Required::Store, given)?)
        }
        Kind::AllowedOutboundDestination => {
            let kind = "allowed_outbound_destination_v2";
            plain(needed(named)?, kind, rest(Required::Destination, given)?)
        }
        Kind::Binding => {
            plain(named.unwrap_or_default(), "binding_v2", rest(Required::Binding, given)?)
        }
    })
}

fn draft_run(
    given: Fields,
    named: Option<String>,
    project: &Project,
    service: &Service,
) -> Result<Draft, Refused> {
    let job = text(&given, "job_name")?.map(str::to_owned);
    let complete = match &job {
        Some(name) => {
            let job = project.get(Kind::Job, name, service.now());
            let job = job.ok_or_else(|| Refused::Job(name.clone()))?;
            job::run_of(job.fields.clone(), given)?
        }
        None => job::lone_run(given)?,
    };
    let name = match (named, &job) {
        (Some(name), _) => name,
        (None, Some(job)) => generated(job),
        (None, None) => return Err(Invalid::Missing("name").into()),
    };
    let longest = service.settings.limits.run_name;
    if name.len() > longest {
        return Err(Invalid::value("name", format!("more than {longest} characters")).into());
    }
    let fields = run::with_job(rules::fields(&complete), job.as_deref());
    check_size(&fields, service)?;
    Ok(Draft { name, resource_type: "job_run_v2", fields, run: Some(complete) })
}

/// `<job>-jobrun-<five characters>`
fn generated(job: &str) -> String {
    let chance = Uuid::new_v4().simple().to_string();
    format!("{job}-jobrun-{}", &chance[..5])
}

/// Jobs and runs may not be large.
pub(super) fn check_size(fields: &Fields, service: &Service) -> Result<(), Invalid> {
    // Fields that were read from JSON can be written as such.
    let size = serde_json::to_vec(fields).map_or(usize::MAX, |bytes| bytes.len());
    let limit = service.settings.limits.object_bytes;
    if size > limit { Err(Invalid::TooLarge { size, limit }) } else { Ok(()) }
}
