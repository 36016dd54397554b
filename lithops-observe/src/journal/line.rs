//! The lines of a job's files.

use lithops_core::api::Progress;
use lithops_core::wire::{CallFailure, CallRecord, JobRecord, Logs};
use serde::{Deserialize, Serialize};

/// The version of these lines.
pub(super) const VERSION: u32 = 1;

/// A line of the file of a job's calls.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The first: what the job is.
    Job(Header),
    /// Calls that were settled.
    Calls(Vec<Row>),
    /// How far it is.
    Tick(Tick),
    /// The last: it has ended.
    End(End),
}

/// What a job is, and whose.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) version: u32,
    /// Its record as it was then, without calls.
    pub(super) record: JobRecord,
    /// Name of the storage.
    pub(super) storage: String,
    /// The client's program and its process.
    pub(super) program: String,
    pub(super) pid: u32,
}

/// How far a job was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// When, in nanoseconds of the Unix epoch.
    pub at_ns: u64,
    /// Calls that had their outcome.
    pub done: u64,
    /// Calls among them that failed.
    pub failed: u64,
    /// Calls that were with workers.
    pub running: u64,
    /// What the journal had no room for.
    #[serde(flatten)]
    pub omitted: Omitted,
}

/// How much of a job its journal has left out, because its files had become as large as they may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Omitted {
    /// Calls that had their outcome, and of which no more is known.
    #[serde(default, rename = "omitted", skip_serializing_if = "is_zero")]
    pub calls: u64,
    /// Calls that had written something, which is not there.
    #[serde(default, rename = "unlogged", skip_serializing_if = "is_zero")]
    pub logs: u64,
}

impl Tick {
    pub(super) fn of(at_ns: u64, progress: Progress, omitted: Omitted) -> Self {
        let Progress { done, failed, running, .. } = progress;
        let [done, failed, running] = [done, failed, running].map(|calls| calls as u64);
        Self { at_ns, done, failed, running, omitted }
    }

    /// Whether both tell of the same progress.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        Self { at_ns: 0, ..*self } == Self { at_ns: 0, ..*other }
    }
}

/// How a job ended.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct End {
    /// Its record, without calls.
    pub(super) record: JobRecord,
    pub(super) tick: Tick,
}

/// A call as an array: index, worker, attempts, start and settlement since the job's submission,
/// duration, processor time, memory, sizes of argument and result, kind and message of a failure.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Row(
    u32,
    u32,
    u32,
    i64,
    i64,
    u64,
    u64,
    Option<u64>,
    u64,
    u64,
    #[serde(default)] Option<(String, String)>,
);

impl Row {
    pub(super) fn of(call: CallRecord, submitted_ns: u64) -> Self {
        Self(
            call.index,
            call.worker,
            call.attempts,
            call.started_ns.wrapping_sub(submitted_ns).cast_signed(),
            call.settled_ns.wrapping_sub(submitted_ns).cast_signed(),
            call.busy_ns,
            call.cpu_ns,
            call.peak_bytes,
            call.argument_bytes,
            call.result_bytes,
            call.failure.map(|failure| (failure.kind, failure.message)),
        )
    }

    pub(super) fn record(self, submitted_ns: u64) -> CallRecord {
        let Self(index, worker, attempts, started, settled, busy_ns, cpu_ns, peak_bytes, ..) = self;
        let Self(.., argument_bytes, result_bytes, failure) = self;
        CallRecord {
            index,
            worker,
            attempts,
            started_ns: submitted_ns.wrapping_add_signed(started),
            settled_ns: submitted_ns.wrapping_add_signed(settled),
            busy_ns,
            cpu_ns,
            peak_bytes,
            argument_bytes,
            result_bytes,
            failure: failure.map(|(kind, message)| CallFailure { kind, message }),
        }
    }
}

/// What a call wrote to one of its streams: a line of the file of a job's logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The call's place in the job.
    pub call: u32,
    /// The attempt that counts.
    pub attempt: u32,
    /// Which stream.
    pub stream: Stream,
    /// The end of what it wrote there.
    pub text: String,
    /// Bytes that were left out of both streams of the call, told once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub omitted: u64,
}

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl LogLine {
    pub(super) fn of(call: &CallRecord, logs: Logs) -> Vec<Self> {
        let Logs { stdout, stderr, mut omitted } = logs;
        let streams = [(Stream::Stdout, stdout), (Stream::Stderr, stderr)];
        let written = streams.into_iter().filter(|(_, text)| !text.is_empty());
        written
            .map(|(stream, text)| {
                let omitted = std::mem::take(&mut omitted);
                Self { call: call.index, attempt: call.attempts, stream, text, omitted }
            })
            .collect()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn call() -> CallRecord {
        CallRecord {
            index: 7,
            worker: 2,
            attempts: 1,
            started_ns: 1_010,
            busy_ns: 40,
            settled_ns: 1_060,
            cpu_ns: 30,
            peak_bytes: None,
            argument_bytes: 5,
            result_bytes: 6,
            failure: None,
        }
    }

    #[test]
    fn a_call_is_a_short_array_and_comes_back_the_same() {
        let text = serde_json::to_string(&Row::of(call(), 1_000)).unwrap();
        assert_eq!(text, "[7,2,1,10,60,40,30,null,5,6,null]");
        let failure = CallFailure { kind: "failed".to_owned(), message: "no".to_owned() };
        // One that no worker has begun, and one of a clock that is behind.
        let never = CallRecord { started_ns: 0, failure: Some(failure), ..call() };
        for call in [call(), never] {
            let text = serde_json::to_string(&Row::of(call.clone(), u64::MAX / 4)).unwrap();
            let row: Row = serde_json::from_str(&text).unwrap();
            assert_eq!(row.record(u64::MAX / 4), call);
        }
    }

    #[test]
    fn what_was_left_out_of_logs_is_told_once() {
        let (stdout, stderr) = ("out\n".to_owned(), "err\n".to_owned());
        let lines = LogLine::of(&call(), Logs { stdout, stderr, omitted: 9 });
        assert_eq!(lines.iter().map(|line| line.omitted).collect::<Vec<_>>(), [9, 0]);
        let text = serde_json::to_string(&lines[1]).unwrap();
        assert_eq!(text, r#"{"call":7,"attempt":1,"stream":"stderr","text":"err\n"}"#);
    }
}
