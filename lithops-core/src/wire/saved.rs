//! A job put aside for another process.

use serde::{Deserialize, Serialize};

use super::{JobId, StorageLocation};

/// A job put aside, for another process to take up: names only, no credential.
///
/// Serialise it with any serde format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedJob {
    /// The job.
    pub job: JobId,
    /// Where its objects are.
    pub storage: StorageLocation,
    /// How many calls it has.
    pub calls: u32,
    /// The type of its results, as the compiler names it.
    pub result_type: String,
}
