//! A run as the API shows it.

use std::collections::BTreeMap;

use serde::Serialize;

/// `status` and `status_details` of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunView {
    /// How the run is.
    pub status: RunStatus,
    /// How its indices are. Left out by Code Engine at times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_details: Option<StatusDetails>,
}

/// How a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// No instance has been started yet.
    Pending,
    /// An instance has been started, and not all have come to an end.
    Running,
    /// All instances came to a good end.
    Completed,
    /// All instances came to an end, not all of them to a good one.
    Failed,
}

impl RunStatus {
    /// Whether nothing will change any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// How the indices of a run are. `pending + running + succeeded + failed + unknown == requested`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatusDetails {
    /// When the last index came to an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_time: Option<String>,
    /// How many indices have failed for good.
    pub failed: u64,
    /// Which ones, as `2-4,6`; these texts are left out when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failed_indices: String,
    /// Each index by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indices_details: Option<BTreeMap<String, IndexDetails>>,
    /// How many indices wait.
    pub pending: u64,
    /// Which ones.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pending_indices: String,
    /// How many indices there are.
    pub requested: u64,
    /// How many are running.
    pub running: u64,
    /// Which ones.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub running_indices: String,
    /// When the first instance was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// How many indices came to a good end.
    pub succeeded: u64,
    /// Which ones.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub succeeded_indices: String,
    /// Of how many indices nothing is known.
    pub unknown: u64,
}

/// How one index is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IndexDetails {
    /// When it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// What its last bad end was, or why it still waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure_reason: Option<String>,
    /// How often it was tried again.
    pub retries: u32,
    /// When its latest instance was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// How it is.
    pub status: IndexStatus,
}

/// How an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexStatus {
    /// It waits for its instance.
    Pending,
    /// Its instance runs.
    Running,
    /// It came to a good end.
    Succeeded,
    /// It has failed for good.
    Failed,
    /// Nothing is known of it.
    Unknown,
}
