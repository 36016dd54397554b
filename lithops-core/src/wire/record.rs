//! What became of a job and of each of its calls, as data that outlives the job.

use serde::{Deserialize, Serialize};

use super::JobId;

/// What became of a job and of each of its calls: what reports are drawn from and journals keep.
///
/// Serialise it with any serde format. It holds no argument, no result and no credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The job.
    pub job: JobId,
    /// What was called.
    pub title: String,
    /// The backend that ran it.
    pub backend: String,
    /// When it was submitted, in nanoseconds of the Unix epoch.
    pub submitted_ns: u64,
    /// When its last call was settled, in nanoseconds of the Unix epoch; `None` while it runs.
    pub ended_ns: Option<u64>,
    /// How many calls it has.
    pub total: u32,
    /// Its calls that have their outcome, in the order in which they got it.
    pub calls: Vec<CallRecord>,
    /// Whether another client can take it up when this one dies: it goes through a storage that other
    /// processes reach, and its arguments are no results of another job.
    #[serde(default)]
    pub durable: bool,
    /// How many workers had a part in it.
    pub workers: u32,
    /// How often its client asked storage for it.
    pub client_requests: u64,
    /// How often its workers asked storage for it, as far as they have told.
    pub worker_requests: u64,
    /// What it was expected to cost.
    pub estimate: Option<Cost>,
    /// What it has used by the platform's own count.
    pub used: Option<Cost>,
}

/// What became of one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Its place in the job, from 0.
    pub index: u32,
    /// Which worker made the attempt that counts; meaningless if no attempt has begun.
    pub worker: u32,
    /// How many attempts it took; 0 if none has begun.
    pub attempts: u32,
    /// When the attempt that counts began, in nanoseconds of the Unix epoch by the worker's clock.
    pub started_ns: u64,
    /// How long it ran, in nanoseconds.
    pub busy_ns: u64,
    /// When the client knew its outcome, in nanoseconds of the Unix epoch by the client's clock.
    pub settled_ns: u64,
    /// See [`Spent::cpu_ns`](super::Spent::cpu_ns).
    pub cpu_ns: u64,
    /// See [`Spent::peak_bytes`](super::Spent::peak_bytes).
    pub peak_bytes: Option<u64>,
    /// Size of the encoded argument in bytes.
    pub argument_bytes: u64,
    /// Size of the encoded result in bytes.
    pub result_bytes: u64,
    /// Why it has no value, if it has none.
    pub failure: Option<CallFailure>,
}

/// Why a call has no value, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFailure {
    /// The [kind](super::CallError::kind) of cause, such as `panicked`.
    pub kind: String,
    /// The cause.
    pub message: String,
}

/// What a job uses of a platform that bills for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Seconds of processors.
    pub vcpu_seconds: f64,
    /// Seconds of gigabytes of memory.
    pub gb_seconds: f64,
    /// What both cost.
    pub price: f64,
    /// The currency of the price, such as `USD`.
    pub currency: String,
}
