//! What a worker process died of.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use lithops_core::wire::{CallError, ExitReport};

use super::WorkerProcess;
use crate::output::tail;

/// How much of standard error is told.
const TAIL: u64 = 4096;

/// What std prints when memory can't be had, before it aborts.
const ALLOCATION_FAILED: &str = "memory allocation of ";

/// The cause of death of a process that ended with `status`.
pub(super) fn cause(process: &WorkerProcess, status: ExitStatus) -> CallError {
    let since = process.status.stderr_start();
    let end = process.stderr.metadata().map_or(since, |metadata| metadata.len());
    let stderr = tail(&process.stderr, since, end, TAIL);
    classify(status, stderr, process.memory, process.status.peak())
}

fn classify(status: ExitStatus, stderr: String, memory: Option<u64>, peak: u64) -> CallError {
    let Some(signal) = status.signal() else {
        let code = status.code().unwrap_or(-1);
        return CallError::Exited { code, report: ExitReport { stderr, hint: String::new() } };
    };
    if let Some(limit) = memory
        && stderr.contains(ALLOCATION_FAILED)
    {
        return CallError::OutOfMemory { limit, peak };
    }
    let hint = match signal {
        _ if stderr.contains("has overflowed its stack") => "a stack overflow",
        6 if stderr.contains(ALLOCATION_FAILED) => "out of memory",
        6 => "an abort",
        9 => "killed from outside, perhaps by the kernel for want of memory",
        11 => {
            "an access to bad memory; a stack overflow looks like this before `main`: \
               with `lithops::init()` first in `main` it says so"
        }
        _ => "",
    };
    CallError::Signalled { signal, report: ExitReport { stderr, hint: hint.to_owned() } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn died(raw: i32, stderr: &str, memory: Option<u64>) -> CallError {
        classify(ExitStatus::from_raw(raw), stderr.to_owned(), memory, 7)
    }

    #[test]
    fn an_allocation_that_failed_under_a_limit_is_out_of_memory() {
        let text = "memory allocation of 99 bytes failed";
        assert_eq!(died(6, text, Some(50)), CallError::OutOfMemory { limit: 50, peak: 7 });
        assert!(matches!(died(6, text, None), CallError::Signalled { signal: 6, .. }));
    }

    #[test]
    fn an_exit_keeps_its_code() {
        assert!(matches!(died(3 << 8, "", None), CallError::Exited { code: 3, .. }));
    }

    #[test]
    fn an_overflow_is_named_where_it_can_be() {
        let CallError::Signalled { signal: 6, report } =
            died(6, "thread 'x' has overflowed its stack", None)
        else {
            panic!("a signal")
        };
        assert_eq!(report.hint, "a stack overflow");
    }
}
