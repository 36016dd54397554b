//! The fields of jobs and job runs: defaults, limits, and what a run takes from its job.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::name::SUBDOMAIN;
use super::{Fields, Invalid, Mount, Variable, fields, image, indices, merge, merged, size, typed};

/// How instances are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunMode {
    /// Has an end, a time limit and a number of retries.
    #[default]
    Task,
    /// Is started again whenever it fails.
    Daemon,
}

/// The identity that an instance has towards Kubernetes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ServiceAccount {
    #[default]
    Default,
    Manager,
    Reader,
    Writer,
    None,
}

/// What a request says of a job or a run; what it doesn't say is `None`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct JobFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image_secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_arguments: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_as_user: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_commands: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_compute_resource_token_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_env_variables: Option<Vec<Variable>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_mode: Option<RunMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_service_account: Option<ServiceAccount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_volume_mounts: Option<Vec<Mount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_array_size_variable_override: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_array_spec: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_cpu_limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_ephemeral_storage_limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_max_execution_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_memory_limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_retry_limit: Option<u32>,
}

/// The fields that only a task has.
const OF_TASKS: [&str; 2] = ["scale_max_execution_time", "scale_retry_limit"];

/// The most entries of a list.
const LONGEST_LIST: usize = 100;

/// The fields of a new job as they are kept: checked, and with defaults.
pub(crate) fn created(mut given: Fields) -> Result<Fields, Invalid> {
    given.remove("scale_array_size_variable_override");
    Ok(fields(&complete(typed(given)?)?))
}

/// A job's fields after a merge patch.
pub(crate) fn patched(kept: Fields, patch: &Fields) -> Result<Fields, Invalid> {
    let mut patch = patch.clone();
    // A job keeps its name.
    patch.remove("name");
    created(overridden(kept, patch))
}

/// The fields of a run without a job.
pub(crate) fn lone_run(given: Fields) -> Result<JobFields, Invalid> {
    complete(typed(given)?)
}

/// The fields of a run of a job: the job's, each replaced by what the run says, and the variables
/// merged by name.
pub(crate) fn run_of(job: Fields, mut given: Fields) -> Result<JobFields, Invalid> {
    const WHEN: &str = "on a run that references a job";
    let run: JobFields = typed(given.clone())?;
    if run.image_secret.is_some() {
        return Err(Invalid::Unwanted { field: "image_secret", when: WHEN });
    }
    if run.run_service_account.is_some() {
        return Err(Invalid::Unwanted { field: "run_service_account", when: WHEN });
    }
    let of_job: JobFields = typed(job.clone())?;
    if run.image_reference.is_some() && run.image_reference != of_job.image_reference {
        let why = "it differs from the image of the job";
        return Err(Invalid::value("image_reference", why));
    }
    given.remove("run_env_variables");
    let mut all: JobFields = typed(overridden(job, given))?;
    let variables = run.run_env_variables.unwrap_or_default();
    all.run_env_variables =
        Some(merged(of_job.run_env_variables.as_deref().unwrap_or_default(), &variables));
    complete(all)
}

/// Some fields, and others merged into them.
fn overridden(mut kept: Fields, over: Fields) -> Fields {
    if over.get("run_mode").and_then(Value::as_str) == Some("daemon") {
        for name in OF_TASKS {
            kept.remove(name);
        }
    }
    merge(&mut kept, over);
    kept
}

/// Checks fields and adds the defaults.
fn complete(mut job: JobFields) -> Result<JobFields, Invalid> {
    image::check(job.image_reference.as_deref().ok_or(Invalid::Missing("image_reference"))?)?;
    if let Some(secret) = &job.image_secret {
        SUBDOMAIN.check("image_secret", secret)?;
    }
    let variables = job.run_env_variables.get_or_insert_default();
    check_length("run_env_variables", variables)?;
    variables.iter().try_for_each(Variable::check)?;
    let mounts = job.run_volume_mounts.get_or_insert_default();
    check_length("run_volume_mounts", mounts)?;
    mounts.iter().try_for_each(Mount::check)?;
    check_length("run_commands", job.run_commands.get_or_insert_default())?;
    check_length("run_arguments", job.run_arguments.get_or_insert_default())?;
    if *job.run_as_user.get_or_insert_default() < 0 {
        return Err(Invalid::value("run_as_user", "it is negative"));
    }
    job.run_compute_resource_token_enabled.get_or_insert_default();
    job.run_service_account.get_or_insert_default();
    indices(job.scale_array_spec.get_or_insert_with(|| "0".to_owned()))?;
    let processors = job.scale_cpu_limit.get_or_insert_with(|| "1".to_owned());
    let memory = job.scale_memory_limit.get_or_insert_with(|| "4G".to_owned());
    let storage = job.scale_ephemeral_storage_limit.get_or_insert_with(|| "400M".to_owned());
    size::check(processors, memory, storage)?;
    complete_limits(&mut job)?;
    Ok(job)
}

/// The limits of a task, which a daemon has not.
fn complete_limits(job: &mut JobFields) -> Result<(), Invalid> {
    if *job.run_mode.get_or_insert_default() == RunMode::Daemon {
        const WHEN: &str = "in daemon mode";
        if job.scale_max_execution_time.is_some() {
            return Err(Invalid::Unwanted { field: "scale_max_execution_time", when: WHEN });
        }
        if job.scale_retry_limit.is_some() {
            return Err(Invalid::Unwanted { field: "scale_retry_limit", when: WHEN });
        }
        return Ok(());
    }
    let seconds = *job.scale_max_execution_time.get_or_insert(7200);
    if !(1..=86_400).contains(&seconds) {
        return Err(Invalid::value("scale_max_execution_time", "it must be 1 to 86400"));
    }
    if *job.scale_retry_limit.get_or_insert(3) > 5 {
        return Err(Invalid::value("scale_retry_limit", "it must be 0 to 5"));
    }
    Ok(())
}

fn check_length<T>(field: &'static str, list: &[T]) -> Result<(), Invalid> {
    if list.len() > LONGEST_LIST {
        return Err(Invalid::value(field, format!("more than {LONGEST_LIST} entries")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Fields {
        match value {
            Value::Object(fields) => fields,
            other => unreachable!("no object: {other}"),
        }
    }

    fn job() -> Fields {
        created(object(json!({"image_reference": "icr.io/a/b", "name": "j"}))).expect("it is valid")
    }

    #[test]
    fn a_job_has_the_defaults_of_code_engine() {
        let expected = json!({
            "image_reference": "icr.io/a/b", "run_arguments": [], "run_as_user": 0,
            "run_commands": [], "run_compute_resource_token_enabled": false,
            "run_env_variables": [], "run_mode": "task", "run_service_account": "default",
            "run_volume_mounts": [], "scale_array_spec": "0", "scale_cpu_limit": "1",
            "scale_ephemeral_storage_limit": "400M", "scale_max_execution_time": 7200,
            "scale_memory_limit": "4G", "scale_retry_limit": 3,
        });
        assert_eq!(Value::Object(job()), expected);
    }

    #[test]
    fn a_patch_replaces_and_null_brings_the_default_back() {
        let patch = object(json!({"scale_retry_limit": 1, "scale_array_spec": "0-4"}));
        let changed = patched(job(), &patch).expect("it is valid");
        assert_eq!(changed["scale_retry_limit"], 1);
        assert_eq!(changed["scale_array_spec"], "0-4");
        let back = patched(changed, &object(json!({"scale_retry_limit": null})));
        assert_eq!(back.expect("it is valid")["scale_retry_limit"], 3);
        let none = patched(job(), &object(json!({"image_reference": null})));
        assert_eq!(none, Err(Invalid::Missing("image_reference")));
    }

    #[test]
    fn a_daemon_has_no_time_limit_and_no_retries() {
        let daemon = patched(job(), &object(json!({"run_mode": "daemon"}))).expect("it is valid");
        assert!(!daemon.contains_key("scale_retry_limit"));
        let both = object(json!({"run_mode": "daemon", "scale_retry_limit": 0}));
        let unwanted = Invalid::Unwanted { field: "scale_retry_limit", when: "in daemon mode" };
        assert_eq!(patched(job(), &both), Err(unwanted));
    }

    #[test]
    fn a_run_inherits_and_may_not_change_its_image() {
        let run = run_of(job(), object(json!({"scale_array_spec": "0-9"}))).expect("it is valid");
        assert_eq!(run.scale_array_spec.as_deref(), Some("0-9"));
        assert_eq!(run.scale_cpu_limit.as_deref(), Some("1"));
        let other = run_of(job(), object(json!({"image_reference": "icr.io/a/c"})));
        let why = "it differs from the image of the job";
        assert_eq!(other.err(), Some(Invalid::value("image_reference", why)));
        for field in ["image_secret", "run_service_account"] {
            let given = object(json!({field: "none"}));
            assert!(matches!(run_of(job(), given), Err(Invalid::Unwanted { .. })), "{field}");
        }
    }

    #[test]
    fn wrong_types_name_the_field() {
        let given = object(json!({"image_reference": "icr.io/a/b", "scale_retry_limit": "3"}));
        let Err(Invalid::Type { path, .. }) = created(given) else {
            unreachable!("a text is no number")
        };
        assert_eq!(path, "scale_retry_limit");
    }
}
