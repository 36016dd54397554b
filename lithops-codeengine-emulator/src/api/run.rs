//! Job runs between the API and what executes them.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::rules::job::{JobFields, RunMode};
use crate::rules::{self, Fields, Invalid, MountKind, Variable, VariableKind};
use crate::run::{EnvVar, Mode, Mount, MountSource, ReferenceKind, RunId, RunOrder, Surroundings};
use crate::service::Service;
use crate::store::{Kind, Resource};

/// The id of a run.
pub(super) fn id(project: &str, name: &str) -> RunId {
    RunId { project: project.to_owned(), name: name.to_owned() }
}

/// Adds how a run is now.
pub(super) fn add_status(service: &Service, project: &str, name: &str, shown: &mut Fields) {
    let Some(view) = service.runs.view(&id(project, name)) else { return };
    shown.extend(rules::fields(&view));
}

/// Forgets runs that are no more, since they ended long ago or vanished.
pub(super) fn forget_gone(service: &Service, project: &str) {
    let now = service.now();
    service.store().forget_deleted(now);
    // By id: the next of the same name is another run.
    let kept: Vec<(RunId, String)> = {
        let store = service.store();
        let Some(home) = store.projects.get(project) else { return };
        let kept = home.all(Kind::JobRun).filter(|run| is_kept(run));
        kept.map(|run| (id(project, &run.name), run.id.clone())).collect()
    };
    let there: BTreeSet<RunId> = service.runs.list(project).into_iter().collect();
    let gone = kept.into_iter().filter(|(run, _)| !there.contains(run));
    let gone: BTreeSet<String> = gone.map(|(_, id)| id).collect();
    if gone.is_empty() {
        return;
    }
    let mut store = service.store();
    let runs = store.projects.get_mut(project).and_then(|p| p.resources.get_mut(&Kind::JobRun));
    if let Some(runs) = runs {
        runs.retain(|_, run| !is_kept(run) || !gone.contains(&run.id));
    }
}

/// Whether there is what executes a run. A deleted one may still be shown for a while.
fn is_kept(run: &Resource) -> bool {
    run.ready && !run.visible.is_deleted()
}

/// What is to be executed, from a run's fields, which are complete.
pub(super) fn order(
    service: &Service,
    project: &str,
    run: &Resource,
    fields: JobFields,
) -> Result<RunOrder, Invalid> {
    let missing = Invalid::Missing;
    let indices = rules::indices(&fields.scale_array_spec.ok_or(missing("scale_array_spec"))?)?;
    let override_size = fields.scale_array_size_variable_override;
    let cpu = fields.scale_cpu_limit.ok_or(missing("scale_cpu_limit"))?;
    let memory = fields.scale_memory_limit.ok_or(missing("scale_memory_limit"))?;
    const STORAGE: &str = "scale_ephemeral_storage_limit";
    let storage = fields.scale_ephemeral_storage_limit.ok_or(missing(STORAGE))?;
    let job = run.fields.get("job_name").and_then(|name| name.as_str());
    Ok(RunOrder {
        id: id(project, &run.name),
        uid: run.id.clone(),
        job: job.map(str::to_owned),
        image: fields.image_reference.ok_or(missing("image_reference"))?,
        image_secret: fields.image_secret,
        commands: fields.run_commands.unwrap_or_default(),
        arguments: fields.run_arguments.unwrap_or_default(),
        user: fields.run_as_user.unwrap_or_default(),
        mode: match fields.run_mode.unwrap_or_default() {
            RunMode::Task => Mode::Task,
            RunMode::Daemon => Mode::Daemon,
        },
        environment: fields.run_env_variables.into_iter().flatten().map(variable).collect(),
        mounts: fields.run_volume_mounts.into_iter().flatten().map(mount).collect(),
        array_size: override_size.unwrap_or(indices.len() as u64),
        indices,
        cpu_milli: rules::milli_cpu(&cpu)?,
        memory: rules::bytes("scale_memory_limit", &memory)?,
        ephemeral: rules::bytes(STORAGE, &storage)?,
        max_execution: Duration::from_secs(fields.scale_max_execution_time.unwrap_or_default()),
        retry_limit: fields.scale_retry_limit.unwrap_or_default(),
        compute_resource_token: fields.run_compute_resource_token_enabled.unwrap_or_default(),
        surroundings: surroundings(service, project),
    })
}

fn surroundings(service: &Service, project: &str) -> Surroundings {
    let region = service.settings.region.clone();
    Surroundings {
        // Code Engine gives one that is reached from within; here it is this one.
        api_base_url: service.url.clone(),
        domain: format!("{region}.codeengine.appdomain.cloud"),
        subdomain: project.replace('-', "").chars().take(12).collect(),
        region,
    }
}

/// Fields were checked before: those that a kind needs are there.
fn variable(variable: Variable) -> EnvVar {
    let Variable { kind, name, value, key, prefix, reference } = variable;
    let name = name.unwrap_or_default();
    let reference = reference.unwrap_or_default();
    let of_key = |kind| EnvVar::Key {
        name: name.clone(),
        kind,
        reference: reference.clone(),
        key: key.clone().unwrap_or_default(),
    };
    let full = |kind| EnvVar::Full {
        kind,
        reference: reference.clone(),
        prefix: prefix.clone().unwrap_or_default(),
    };
    match kind {
        VariableKind::Literal => {
            EnvVar::Literal { name: name.clone(), value: value.unwrap_or_default() }
        }
        VariableKind::ConfigMapKeyReference => of_key(ReferenceKind::ConfigMap),
        VariableKind::SecretKeyReference => of_key(ReferenceKind::Secret),
        VariableKind::ConfigMapFullReference => full(ReferenceKind::ConfigMap),
        VariableKind::SecretFullReference => full(ReferenceKind::Secret),
    }
}

fn mount(mount: rules::Mount) -> Mount {
    let source = match mount.kind {
        MountKind::Secret => MountSource::Secret,
        MountKind::ConfigMap => MountSource::ConfigMap,
        MountKind::PersistentDataStore => MountSource::PersistentDataStore,
    };
    Mount { source, reference: mount.reference, path: mount.mount_path }
}

/// The fields that every run has.
pub(super) fn with_job(mut fields: Fields, job: Option<&str>) -> Fields {
    if let Some(job) = job {
        fields.insert("job_name".to_owned(), json!(job));
    }
    fields
}
