//! How a worker finds the storage of a job.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::text::{from_text, to_text};

/// How to open a storage again from another process: a scheme and its settings, free of secrets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StorageLocation {
    /// The provider, such as `file` or `memory`.
    pub scheme: String,
    /// The provider's settings by name.
    pub settings: BTreeMap<String, String>,
}

impl StorageLocation {
    /// Whether only threads of the client's own process can open the place.
    pub fn is_in_process(&self) -> bool {
        self.scheme == "memory"
    }

    /// The location as text without spaces, for an environment variable.
    pub fn to_text(&self) -> String {
        to_text(self)
    }

    /// Reads what [`to_text`](Self::to_text) wrote; `None` if it is something else.
    pub fn from_text(text: &str) -> Option<Self> {
        from_text(text)
    }
}
