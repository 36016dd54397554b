//! What client and worker say to each other.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::call::{CallHead, ReportHead};
use super::codec;
use super::job::FunctionId;
use super::payload::PayloadHead;
use super::{
    CallError, CallInput, CallRange, Frame, FrameError, JobHead, JobId, PROTOCOL, Payload, Report,
    Share, StorageLocation,
};
use crate::ports::Running;

/// From the client.
#[derive(Clone, Debug, PartialEq)]
pub enum ToWorker {
    /// A job whose calls will follow.
    Job(Box<JobHead>),
    /// Calls to run, in this order, after those that wait already.
    Run {
        /// The job's number on this link.
        ticket: u32,
        /// The calls.
        calls: Vec<CallInput>,
    },
    /// Give back the calls that have not begun.
    Recall,
    /// No more calls of this job will come.
    Forget {
        /// The job's number on this link.
        ticket: u32,
    },
    /// Which parts of the object that this stands in are each worker's, one after another behind
    /// this message.
    Shares(Vec<Share>),
}

/// From a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum FromWorker {
    /// The worker runs and speaks this protocol.
    Hello {
        /// Version of the wire that it speaks.
        protocol: u32,
    },
    /// Calls that ended.
    Reports {
        /// The job's number on this link.
        ticket: u32,
        /// One for each call.
        reports: Vec<Report>,
    },
    /// Calls given back on [`ToWorker::Recall`], not begun.
    Returned {
        /// Job numbers and calls.
        calls: Vec<(u32, CallRange)>,
    },
    /// Nothing has happened, but the worker lives.
    Alive,
    /// The worker has died, says its parent.
    Ended {
        /// The call that it was running.
        running: Option<Running>,
        /// Why.
        cause: CallError,
    },
    /// The worker has asked its job's storage so often since it said this last, what this is written
    /// with included.
    Requests(u32),
}

#[derive(Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time, while it is encoded")]
enum ToHead {
    Job {
        protocol: u32,
        job: JobId,
        ticket: u32,
        calls: u32,
        function: FunctionId,
        result_type: String,
        build: Vec<u8>,
        timeout_ms: Option<u64>,
        retry: (u32, u32, u64),
        memory: Option<u64>,
        store_above: Option<u64>,
        storage: StorageLocation,
        shared: Option<PayloadHead>,
    },
    Run(u32, Vec<CallHead>),
    Recall,
    Forget(u32),
    Shares(Vec<Share>),
}

#[derive(Serialize, Deserialize)]
enum FromHead {
    Hello(u32),
    Reports(u32, Vec<ReportHead>),
    Returned(Vec<(u32, CallRange)>),
    Alive,
    Ended(Option<(u32, u32, u32)>, CallError),
    Requests(u32),
}

/// An encoded message: bytes to write one after another.
pub type Encoded = Vec<Bytes>;

pub(super) fn encode(head: &impl Serialize, body: Vec<Bytes>) -> Encoded {
    /// Bodies up to this size are copied behind their head, so that they leave in one write.
    const COALESCE: u64 = 16 * 1024;
    // Serialising these types can't fail: they hold no map with odd keys and the writer is a `Vec`.
    let head = rmp_serde::to_vec(head).unwrap_or_default();
    let body_len = body.iter().map(|part| part.len() as u64).sum();
    let small = if body_len <= COALESCE { body_len as usize } else { 0 };
    let mut out = Vec::with_capacity(12 + head.len() + small);
    Frame::write_head(&head, body_len, &mut out);
    if body_len <= COALESCE {
        body.iter().for_each(|part| out.extend_from_slice(part));
        return vec![Bytes::from(out)];
    }
    let mut parts = Vec::with_capacity(1 + body.len());
    parts.push(Bytes::from(out));
    for part in body {
        coalesce(&mut parts, part);
    }
    parts
}

/// Appends `part`, joined with the one before where both are small.
fn coalesce(parts: &mut Vec<Bytes>, part: Bytes) {
    const SMALL: usize = 4096;
    if parts.len() > 1
        && part.len() < SMALL
        && let Some(last) = parts.pop()
    {
        if last.len() < SMALL * 4 {
            let mut joined = bytes::BytesMut::from(last);
            joined.extend_from_slice(&part);
            parts.push(joined.freeze());
            return;
        }
        parts.push(last);
    }
    parts.push(part);
}

impl ToWorker {
    /// The message's bytes.
    pub fn encode(&self) -> Encoded {
        let mut body = Vec::new();
        let head = match self {
            Self::Job(head) => {
                let head = head.as_ref().clone();
                let shared =
                    head.shared.map(|bytes| PayloadHead::split(&Payload::Inline(bytes), &mut body));
                ToHead::Job {
                    protocol: PROTOCOL,
                    job: head.job,
                    ticket: head.ticket,
                    calls: head.calls,
                    function: head.function,
                    result_type: head.result_type,
                    build: head.build,
                    timeout_ms: head.timeout_ms,
                    retry: head.retry,
                    memory: head.memory,
                    store_above: head.store_above,
                    storage: head.storage,
                    shared,
                }
            }
            Self::Run { ticket, calls } => ToHead::Run(
                *ticket,
                calls.iter().map(|call| CallHead::split(call, &mut body)).collect(),
            ),
            Self::Recall => ToHead::Recall,
            Self::Forget { ticket } => ToHead::Forget(*ticket),
            Self::Shares(shares) => ToHead::Shares(shares.clone()),
        };
        encode(&head, body)
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`FrameError::Head`] if it is none, or of another protocol; [`FrameError::Body`] if its body is
    /// not as long as its head says.
    pub fn decode(frame: Frame) -> Result<Self, FrameError> {
        let mut body = frame.body;
        let message = match decode_head(&frame.head)? {
            ToHead::Job { protocol, .. } if protocol != PROTOCOL => {
                return Err(FrameError::Head(format!(
                    "the client speaks protocol {protocol}, this worker {PROTOCOL}"
                )));
            }
            ToHead::Job {
                job,
                ticket,
                calls,
                function,
                result_type,
                build,
                timeout_ms,
                retry,
                memory,
                store_above,
                storage,
                shared,
                ..
            } => {
                let shared = match shared.map(|head| head.join(&mut body)) {
                    None => None,
                    Some(Some(Payload::Inline(bytes))) => Some(bytes),
                    Some(_) => return Err(FrameError::Body),
                };
                Self::Job(Box::new(JobHead {
                    job,
                    ticket,
                    calls,
                    function,
                    result_type,
                    build,
                    timeout_ms,
                    retry,
                    memory,
                    store_above,
                    storage,
                    shared,
                }))
            }
            ToHead::Run(ticket, calls) => {
                let calls = calls.into_iter().map(|call| call.join(&mut body));
                Self::Run { ticket, calls: calls.collect::<Option<_>>().ok_or(FrameError::Body)? }
            }
            ToHead::Recall => Self::Recall,
            ToHead::Forget(ticket) => Self::Forget { ticket },
            ToHead::Shares(shares) => Self::Shares(shares),
        };
        all_taken(message, &body)
    }
}

impl FromWorker {
    /// The message's bytes.
    pub fn encode(self) -> Encoded {
        let mut body = Vec::new();
        let head = match self {
            Self::Hello { protocol } => FromHead::Hello(protocol),
            Self::Reports { ticket, reports } => FromHead::Reports(
                ticket,
                reports.into_iter().map(|report| ReportHead::split(report, &mut body)).collect(),
            ),
            Self::Returned { calls } => FromHead::Returned(calls),
            Self::Alive => FromHead::Alive,
            Self::Ended { running, cause } => FromHead::Ended(running.map(Running::numbers), cause),
            Self::Requests(count) => FromHead::Requests(count),
        };
        encode(&head, body)
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`FrameError::Head`] if it is none; [`FrameError::Body`] if its body is not as long as its head
    /// says.
    pub fn decode(frame: Frame) -> Result<Self, FrameError> {
        let mut body = frame.body;
        let message = match decode_head(&frame.head)? {
            FromHead::Hello(protocol) => Self::Hello { protocol },
            FromHead::Reports(ticket, reports) => {
                let reports = reports.into_iter().map(|report| report.join(&mut body));
                let reports = reports.collect::<Option<_>>().ok_or(FrameError::Body)?;
                Self::Reports { ticket, reports }
            }
            FromHead::Returned(calls) => Self::Returned { calls },
            FromHead::Alive => Self::Alive,
            FromHead::Ended(running, cause) => {
                Self::Ended { running: running.map(Running::of_numbers), cause }
            }
            FromHead::Requests(count) => Self::Requests(count),
        };
        all_taken(message, &body)
    }
}

pub(super) fn decode_head<T: serde::de::DeserializeOwned>(head: &[u8]) -> Result<T, FrameError> {
    codec::head(head).map_err(|error| FrameError::Head(error.to_string()))
}

/// Gives the message whose head has taken its part of `body`, of which nothing may be left.
fn all_taken<T>(message: T, body: &Bytes) -> Result<T, FrameError> {
    if body.is_empty() { Ok(message) } else { Err(FrameError::Body) }
}
