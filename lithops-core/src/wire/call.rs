//! One call as it goes out and as it comes back.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::payload::PayloadHead;
use super::{CallError, Payload};

/// What a call is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// One value.
    One(Payload),
    /// The results of other calls, in their order: the argument of a reducer.
    Many(Vec<Payload>),
}

/// A call on its way to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallInput {
    /// Place of the call in its job, from 0.
    pub index: u32,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// Its argument.
    pub input: Input,
}

/// What a worker says of a call that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Place of the call in its job.
    pub index: u32,
    /// Which try this was.
    pub attempt: u32,
    /// The encoded value, or the cause of its absence.
    pub outcome: Result<Payload, CallError>,
    /// Whether the value is an `Err` that the function returned as data.
    pub returned_err: bool,
    /// When and how long the function ran.
    pub timing: Timing,
    /// What the call took of its machine.
    pub spent: Spent,
    /// What the call wrote to its standard streams, if anything.
    pub logs: Option<Box<Logs>>,
}

impl Report {
    /// The report of a call that ended without a value, and of which no more is known.
    pub fn without_value(index: u32, attempt: u32, cause: CallError) -> Self {
        let (timing, spent) = (Timing::default(), Spent::default());
        let outcome = Err(cause);
        Self { index, attempt, outcome, returned_err: false, timing, spent, logs: None }
    }
}

/// When and how long a function ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Start, in nanoseconds of the Unix epoch by the worker's clock.
    pub started_ns: u64,
    /// From start to end, in nanoseconds, decoding and encoding included.
    pub busy_ns: u64,
}

/// What a call took of its machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Time on processors, in nanoseconds: of all threads of the worker's process; on the backend
    /// `threads`, of the call's own thread alone. Programs that the call started are left out; a call of less than
    /// 50 µs counts as at work all the time.
    pub cpu_ns: u64,
    /// The most memory that the worker's process held while the call ran, in bytes, the program's
    /// own included; `None` for a call of less than a millisecond, and where several calls share a
    /// process.
    pub peak_bytes: Option<u64>,
    /// Size of the encoded argument in bytes.
    pub argument_bytes: u64,
}

/// What a call wrote, up to a limit for each stream (the tail is kept).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logs {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Bytes left out of the two because they were too many.
    pub omitted: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) enum InputHead {
    One(PayloadHead),
    Many(Vec<PayloadHead>),
}

#[derive(Serialize, Deserialize)]
pub(super) struct CallHead(u32, u32, InputHead);

impl CallHead {
    pub(super) fn split(call: &CallInput, body: &mut Vec<Bytes>) -> Self {
        let input = match &call.input {
            Input::One(payload) => InputHead::One(PayloadHead::split(payload, body)),
            Input::Many(payloads) => InputHead::Many(
                payloads.iter().map(|payload| PayloadHead::split(payload, body)).collect(),
            ),
        };
        Self(call.index, call.attempt, input)
    }

    pub(super) fn join(self, body: &mut Bytes) -> Option<CallInput> {
        let Self(index, attempt, input) = self;
        let input = match input {
            InputHead::One(payload) => Input::One(payload.join(body)?),
            InputHead::Many(payloads) => Input::Many(
                payloads.into_iter().map(|payload| payload.join(body)).collect::<Option<_>>()?,
            ),
        };
        Some(CallInput { index, attempt, input })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReportHead(
    u32,
    u32,
    Result<PayloadHead, CallError>,
    bool,
    Timing,
    Spent,
    Option<Box<Logs>>,
);

impl ReportHead {
    pub(super) fn split(report: Report, body: &mut Vec<Bytes>) -> Self {
        let Report { index, attempt, outcome, returned_err, timing, spent, logs } = report;
        let outcome = outcome.map(|payload| PayloadHead::split(&payload, body));

        Self(index, attempt, outcome, returned_err, timing, spent, logs)
    }

    pub(super) fn join(self, body: &mut Bytes) -> Option<Report> {
        let Self(index, attempt, outcome, returned_err, timing, spent, logs) = self;
        let outcome = match outcome {
            Ok(payload) => Ok(payload.join(body)?),
            Err(error) => Err(error),
        };
        Some(Report { index, attempt, outcome, returned_err, timing, spent, logs })
    }
}
