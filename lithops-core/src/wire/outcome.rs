//! Why a call has no value: a closed list, each with its cause and the next step for the user.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a call has no value.
///
/// Every call ends in exactly one recorded outcome: its value, or one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The function returned an error.
    #[error("the function failed: {0}")]
    Failed(FunctionError),
    /// The function panicked.
    #[error("the function panicked at {0}")]
    Panicked(PanicReport),
    /// The call ran longer than its limit and was stopped.
    #[error(
        "the call ran longer than its limit of {}; raise it with `.timeout(..)`",
        Millis(*.limit_ms)
    )]
    TimedOut {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// The call was cancelled before it ended.
    #[error("the call was cancelled")]
    Cancelled,
    /// The call needed more memory than its limit.
    #[error(
        "the call needed more memory than its limit of {limit} bytes ({peak} were seen in use); raise it \
         with `.memory(..)`"
    )]
    OutOfMemory {
        /// The limit in bytes.
        limit: u64,
        /// The most that was seen in use, in bytes.
        peak: u64,
    },
    /// The worker process was killed by a signal while the call ran.
    #[error("the worker process died of signal {}{}", signal_name(*.signal), .report)]
    Signalled {
        /// The signal's number.
        signal: i32,
        /// What the process left behind.
        report: ExitReport,
    },
    /// The worker process exited while the call ran: the function called `exit`.
    #[error("the worker process exited with code {code}{report}")]
    Exited {
        /// The exit code.
        code: i32,
        /// What the process left behind.
        report: ExitReport,
    },
    /// The worker was lost, or never started.
    #[error("the worker was lost: {reason}")]
    WorkerLost {
        /// What the platform says.
        reason: String,
    },
    /// The argument could not be decoded by the worker.
    #[error("the argument can't be decoded: {0}")]
    Argument(ValueError),
    /// The result could not be encoded by the worker.
    #[error("the result can't be sent back: {0}")]
    Output(ValueError),
    /// The result or the argument could not be moved through storage.
    #[error("the call's data did not get through storage: {reason}")]
    Storage {
        /// The storage's error.
        reason: String,
        /// Whether the same request may succeed later.
        retryable: bool,
    },
    /// An argument or a result that was put in an object of its own is not there as it was written.
    #[error(
        "object `{key}` does not hold what was written there: somebody has replaced it, or the \
         storage has damaged it; see who may write to the storage, and run the job again"
    )]
    Replaced {
        /// The object's key.
        key: String,
    },
    /// The worker's program has no such function.
    #[error(
        "function `{path}` {signature} is not in the worker's program{}",
        known_functions(.known)
    )]
    UnknownFunction {
        /// The function's path.
        path: String,
        /// Its argument and result types.
        signature: String,
        /// Functions of the worker's program with a like name, or all.
        known: Vec<String>,
    },
    /// A call whose result was this call's argument has no value.
    #[error("call {index} of {job}, whose result this call needs, has no value: {cause}")]
    Upstream {
        /// The job of that call.
        job: String,
        /// Its place there.
        index: u32,
        /// Why it has no value.
        cause: Box<CallError>,
    },
    /// The job could not run at all.
    #[error("the job could not run: {reason}")]
    JobFailed {
        /// Why.
        reason: String,
    },
}

/// An error that a function returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionError {
    /// The error's type.
    pub kind: String,
    /// Its text.
    pub message: String,
    /// The texts of its sources, outermost first.
    pub chain: Vec<String>,
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.chain.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// A panic, as its hook saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanicReport {
    /// The panic's message.
    pub message: String,
    /// Source file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Backtrace of the panicking thread.
    pub backtrace: String,
}

impl fmt::Display for PanicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// What a worker process left behind when it died.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitReport {
    /// The end of what the call wrote to standard error.
    pub stderr: String,
    /// What such a death usually means, if known.
    pub hint: String,
}

impl fmt::Display for ExitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        let stderr = self.stderr.trim_end();
        if stderr.is_empty() { Ok(()) } else { write!(f, "; it wrote: {stderr}") }
    }
}

/// A value that could not be turned into bytes, or back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{type_name}{}: {message}", at(.path))]
pub struct ValueError {
    /// The value's type.
    pub type_name: String,
    /// The field where it failed, such as `rows[3].name`; empty if at the top.
    pub path: String,
    /// What the codec says.
    pub message: String,
}

impl CallError {
    /// Whether the worker, not the function, is to blame, so that running the call again may help.
    pub fn is_worker_death(&self) -> bool {
        matches!(self, Self::Signalled { .. } | Self::WorkerLost { .. })
            || matches!(self, Self::Storage { retryable: true, .. })
    }

    /// Whether running the call again could ever help.
    pub fn is_repeatable(&self) -> bool {
        !matches!(
            self,
            Self::Cancelled
                | Self::Argument(_)
                | Self::Output(_)
                | Self::Replaced { .. }
                | Self::UnknownFunction { .. }
                | Self::Upstream { .. }
                | Self::JobFailed { .. }
        )
    }

    /// One word for the cause, for counts and fields of a log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Failed(_) => "failed",
            Self::Panicked(_) => "panicked",
            Self::TimedOut { .. } => "timed_out",
            Self::Cancelled => "cancelled",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::Signalled { .. } => "signalled",
            Self::Exited { .. } => "exited",
            Self::WorkerLost { .. } => "worker_lost",
            Self::Argument(_) => "argument",
            Self::Output(_) => "output",
            Self::Storage { .. } => "storage",
            Self::Replaced { .. } => "replaced",
            Self::UnknownFunction { .. } => "unknown_function",
            Self::Upstream { .. } => "upstream",
            Self::JobFailed { .. } => "job_failed",
        }
    }
}

struct Millis(u64);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&std::time::Duration::from_millis(self.0), f)
    }
}

fn at(path: &str) -> String {
    if path.is_empty() || path == "." { String::new() } else { format!(" at `{path}`") }
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        other => return other.to_string(),
    };
    format!("{signal} ({name})")
}

fn known_functions(known: &[String]) -> String {
    if known.is_empty() {
        "; it has none: the program that runs as worker must contain the same `map` call".to_owned()
    } else {
        format!("; it has: {}", known.join(", "))
    }
}
