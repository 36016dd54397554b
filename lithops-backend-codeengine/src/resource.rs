//! What Code Engine answers: of each thing what is of use here.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A project.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ProjectFound {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) status: String,
}

/// Anything with a name.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) name: String,
    #[serde(default)]
    created_at: Option<String>,
}

/// What has a name.
pub(crate) trait Called {
    fn name(&self) -> &str;

    /// When it was made, as RFC 3339 writes it.
    fn created_at(&self) -> Option<&str>;
}

impl Called for Named {
    fn name(&self) -> &str {
        &self.name
    }

    fn created_at(&self) -> Option<&str> {
        self.created_at.as_deref()
    }
}

impl Called for Definition {
    fn name(&self) -> &str {
        &self.name
    }

    fn created_at(&self) -> Option<&str> {
        self.created_at.as_deref()
    }
}

impl Called for Run {
    fn name(&self) -> &str {
        &self.name
    }

    fn created_at(&self) -> Option<&str> {
        self.created_at.as_deref()
    }
}

/// A definition of a job.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Definition {
    pub(crate) name: String,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    pub(crate) image_secret: Option<String>,
    #[serde(default)]
    pub(crate) run_volume_mounts: Vec<MountFound>,
}

/// A mount of a definition.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MountFound {
    #[serde(default)]
    pub(crate) reference: String,
}

/// A run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Run {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) created_at: Option<String>,
    #[serde(default)]
    pub(crate) job_name: Option<String>,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) status_details: Option<Details>,
    #[serde(default)]
    pub(crate) run_env_variables: Vec<EnvFound>,
}

/// A variable of a run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct EnvFound {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) value: Option<String>,
}

impl Run {
    /// The value of a variable of its environment.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let found = self.run_env_variables.iter().find(|variable| variable.name == name);
        found?.value.as_deref()
    }

    /// Whether no instance of it will run any more.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "failed")
    }
}

/// How the instances of a run are doing. Code Engine promises none of it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Details {
    pub(crate) pending_indices: Option<String>,
    pub(crate) running_indices: Option<String>,
    pub(crate) succeeded_indices: Option<String>,
    pub(crate) failed_indices: Option<String>,
    pub(crate) indices_details: Option<BTreeMap<String, IndexDetails>>,
}

impl Details {
    /// Whether anything is said of any index.
    pub(crate) fn tell_of_indices(&self) -> bool {
        let lists = [
            &self.pending_indices,
            &self.running_indices,
            &self.succeeded_indices,
            &self.failed_indices,
        ];
        lists.into_iter().flatten().any(|list| !list.is_empty())
            || self.indices_details.as_ref().is_some_and(|details| !details.is_empty())
    }
}

/// How one instance is doing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct IndexDetails {
    pub(crate) status: Option<String>,
    pub(crate) last_failure_reason: Option<String>,
    pub(crate) started_at: Option<String>,
    pub(crate) finished_at: Option<String>,
}

/// Where the next page of a list is.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    pub(crate) start: Option<String>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_mock_of_ibms_own_tests_is_read() {
        let text = r#"{"name": "my-run", "status": "failed", "status_details": {
            "completion_time": "2022-09-22T17:40:00Z", "failed": 0, "failed_indices": "1,5",
            "indices_details": {"1": {"finished_at": "2024-12-23T16:30:45Z",
                "last_failure_reason": "OOMKilled", "retries": 3,
                "started_at": "2024-12-23T16:20:30Z", "status": "running"}},
            "pending": 0, "pending_indices": "9,12-15", "requested": 0, "running": 0,
            "running_indices": "10-11", "start_time": "2022-09-22T17:34:00Z", "succeeded": 1,
            "succeeded_indices": "2-4,6-8", "unknown": 0}}"#;
        let run: Run = serde_json::from_str(text).unwrap();
        assert!(run.has_ended());
        let details = run.status_details.unwrap();
        assert_eq!(details.pending_indices.as_deref(), Some("9,12-15"));
        let index = &details.indices_details.unwrap()["1"];
        assert_eq!(index.last_failure_reason.as_deref(), Some("OOMKilled"));
    }

    #[test]
    fn a_run_of_which_nothing_is_told_is_read() {
        let run: Run = serde_json::from_str(r#"{"name": "r", "status_details": null}"#).unwrap();
        assert_eq!(run, Run { name: "r".to_owned(), ..Run::default() });
    }
}
