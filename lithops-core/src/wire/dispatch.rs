//! What a dispatch says beside its calls: who wrote it, and what has become of the calls before.
//!
//! The object of a dispatch is the job's head and the [shares](Share), then each worker's calls, then
//! this record, then the [seal](super::SealKey). Workers read the first two and their own calls;
//! another client, which takes the job up, reads it all.

use serde::{Deserialize, Serialize};

use super::message::{Encoded, decode_head, encode};
use super::{CallError, Digest, Frame, FrameError};

/// Where one worker's calls stand in the object of a dispatch: one after another behind the shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Length of its part in bytes.
    pub len: u64,
    /// What that part is known by.
    pub digest: Digest,
}

/// What a dispatch says beside its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchRecord {
    /// Name of the executor that wrote it.
    pub writer: String,
    /// Mark of the machine that the executor is on; empty where that can't be told.
    pub machine: String,
    /// Path of the program that its workers run, on that machine; empty where that can't be told. Who
    /// takes the job up without being that program starts workers from it.
    pub program: String,
    /// Names of the environment variables that the workers are given; what they are is in no object.
    pub environment: Vec<String>,
    /// Attempts that have failed, of calls that this dispatch runs again.
    pub failed: Vec<FailedCall>,
}

/// The attempts at one call that have failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCall {
    /// Place of the call in its job.
    pub index: u32,
    /// For each attempt its number, the worker that made it, and why it gave no outcome.
    pub attempts: Vec<(u32, u32, CallError)>,
}

impl DispatchRecord {
    /// The record's bytes.
    pub fn encode(&self) -> Encoded {
        encode(self, Vec::new())
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`FrameError::Head`] if it is none; [`FrameError::Body`].
    pub fn decode(frame: &Frame) -> Result<Self, FrameError> {
        if !frame.body.is_empty() {
            return Err(FrameError::Body);
        }
        decode_head(&frame.head)
    }
}
