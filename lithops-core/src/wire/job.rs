//! A job as its workers see it.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::text::{from_text, to_text};
use super::{Digest, StorageLocation};

/// Name of a job, unique in its storage; safe in keys, file names and labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(String);

/// A text that no job can be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a job: letters, digits and dashes, then a dash and three digits")]
pub struct NoJobId(String);

impl TryFrom<String> for JobId {
    type Error = NoJobId;

    fn try_from(text: String) -> Result<Self, NoJobId> {
        Self::from_text(&text).ok_or(NoJobId(text))
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}

impl JobId {
    /// The longest name in bytes: keys have room for it, and so have labels and file names.
    pub const LONGEST: usize = 128;

    /// The job number `number` of the executor called `executor`.
    pub fn new(executor: &str, number: u32) -> Self {
        Self(format!("{executor}-{number:03}"))
    }

    /// Reads what [`as_str`](Self::as_str) gave; `None` for what no job can be called.
    pub fn from_text(text: &str) -> Option<Self> {
        let (executor, number) = text.rsplit_once('-')?;
        let is_name = !executor.is_empty()
            && executor.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_number = number.len() >= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
        (is_name && is_number && text.len() <= Self::LONGEST).then(|| Self(text.to_owned()))
    }

    /// The name of the executor whose job it was at first.
    pub fn executor(&self) -> &str {
        self.0.rsplit_once('-').map_or(&self.0, |(executor, _)| executor)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which function a job calls.
///
/// The same build finds it by `type_id`, which tells all functions and closures apart; another
/// build of the program by path and signature.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FunctionId {
    /// Path of the function's type, such as `crate::module::function`.
    pub path: String,
    /// Its argument and result types.
    pub signature: String,
    /// Identity inside one build.
    pub type_id: u128,
}

/// What a worker must know of a job before it runs calls of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobHead {
    /// The job's name.
    pub job: JobId,
    /// Short number of the job on a link, unique for the life of the client's executor.
    pub ticket: u32,
    /// How many calls the job has.
    pub calls: u32,
    /// What to call.
    pub function: FunctionId,
    /// The type of the results, as the client's compiler names it.
    pub result_type: String,
    /// Build of the client's program; empty if it has no build id.
    pub build: Vec<u8>,
    /// Limit of one call in milliseconds.
    pub timeout_ms: Option<u64>,
    /// How often a call is run again, for a client that takes the job up: attempts where workers
    /// die, repetitions for other causes, milliseconds before the first.
    pub retry: (u32, u32, u64),
    /// Limit of the worker's memory in bytes.
    pub memory: Option<u64>,
    /// Results larger than this many bytes go to storage and come back as a reference.
    pub store_above: Option<u64>,
    /// Where the job's objects are.
    pub storage: StorageLocation,
    /// The value that all calls share, encoded.
    pub shared: Option<Bytes>,
}

/// A run of calls of a job: `count` calls from `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRange {
    /// Index of the first call.
    pub first: u32,
    /// How many.
    pub count: u32,
}

impl CallRange {
    /// The calls' indices: none beyond the largest, whatever the range claims.
    pub fn indices(self) -> std::ops::Range<u32> {
        self.first..self.first.saturating_add(self.count)
    }
}

/// What a worker that works through storage is started with: references only, no input and no
/// credential. Its size does not grow with the job's: it fits into an environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOrder {
    /// Version of the wire.
    pub protocol: u32,
    /// Where the job is.
    pub storage: StorageLocation,
    /// The job, whose dispatch is the object that [`keys::wave`](super::keys::wave) names.
    pub job: JobId,
    /// Length in bytes of the two frames at its start: the job's head, and where each worker's
    /// calls stand.
    pub preface: u64,
    /// What these two are known by: the platform brings the order, so that whoever can only write to
    /// the storage starts no function of their own.
    pub digest: Digest,
    /// Length in bytes of the preface and all calls.
    pub len: u64,
    /// How many workers it has calls for.
    pub workers: u32,
    /// Which dispatch of the job this is, from 0; names the outcome objects of its workers.
    pub wave: u32,
    /// After how many milliseconds without an outcome a worker says that it lives.
    pub heartbeat_ms: u64,
}

impl WorkOrder {
    /// The order as text without spaces, for an environment variable or a file.
    pub fn to_text(&self) -> String {
        to_text(self)
    }

    /// Reads what [`to_text`](Self::to_text) wrote; `None` if it is something else.
    pub fn from_text(text: &str) -> Option<Self> {
        from_text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::JobId;

    #[test]
    fn only_what_a_job_can_be_called_is_read() {
        for number in [0, 7, 1000] {
            let job = JobId::new("0123456789ab", number);
            assert_eq!(JobId::from_text(job.as_str()), Some(job));
        }
        for wrong in ["", "a", "a-1", "-000", "a/b-000", "../a-000", "a-00x", "a-000/"] {
            assert_eq!(JobId::from_text(wrong), None, "{wrong}");
        }
    }
}
