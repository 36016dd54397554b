//! What an instance died of, from the platform's word for it.

use std::time::Duration;

use lithops_core::ports::WorkerState;
use lithops_core::wire::{CallError, ExitReport};

use super::{Terms, lost};

/// How the words begin that tell an exit code.
const EXITED: &str = "ContainerExitedCode";

/// The end of each worker of an instance that failed.
///
/// A worker's own death is told by its instance, through storage; what the platform sees is the end of
/// the instance, and with it of all its workers. Where there are several nobody knows which is to
/// blame: then each is lost, and calls run again.
pub(super) fn state(
    reason: Option<&str>,
    begun: bool,
    run: &str,
    index: u32,
    terms: &Terms,
) -> WorkerState {
    let log = format!("its log: `ibmcloud ce jobrun logs --instance {run}-{index}-0`");
    let Some(reason) = reason else {
        return lost(format!("its instance failed, and Code Engine does not say why; {log}"));
    };
    if let Some(code) = reason.strip_prefix(EXITED).and_then(|code| code.parse().ok()) {
        return exited(code, &log, terms);
    }
    match reason {
        "OOMKilled" => out_of_memory(terms),
        // The run's limit, not the call's: who is at its twentieth call is not to blame.
        "MaxExecutionTimeExceeded" if begun => killed(format!(
            "its run has taken longer than {:?}; raise `runtime_timeout`, or spread the calls over \
             more workers",
            terms.timeout
        )),
        "MaxExecutionTimeExceeded" => lost(format!(
            "its run has taken longer than {:?}, and the instance had not even begun; raise \
             `runtime_timeout`",
            terms.timeout
        )),
        "ExecutableNotFound" => lost(
            "its image has no program to start (ExecutableNotFound): it is no runtime image of \
             lithops, or is for machines of another kind"
                .to_owned(),
        ),
        "ExceededEphemeralStorage" => killed(format!(
            "its instance wrote more than {} GB to its disk (ExceededEphemeralStorage); more memory \
             brings more of it",
            terms.combination.ephemeral_gb()
        )),
        other => lost(format!("its instance failed: {other}; {log}")),
    }
}

/// Instances that wait for too long; `why` is the platform's word for it.
pub(super) fn stuck(run: &str, why: Option<&str>, terms: &Terms) -> String {
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    format!(
        "its instance was not started while nothing else of the job happened for {:?}{why}: the \
         image can't be pulled, or others use up the project's quota; see `ibmcloud ce jobrun get \
         --name {run}`",
        terms.start_bound
    )
}

/// A run that could not be asked about for too long.
pub(super) fn silent(run: &str, since: Duration, error: &str) -> String {
    format!(
        "Code Engine could not be asked about its job run {run} for {}s, and had not started its \
         instance before; the last error: {error}",
        since.as_secs()
    )
}

/// A run that was removed.
pub(super) fn gone(run: &str) -> String {
    format!(
        "its job run {run} is not there any more: somebody has deleted it, or its job definition"
    )
}

fn exited(code: i32, log: &str, terms: &Terms) -> WorkerState {
    match (code, launcher(code)) {
        (_, Some(why)) => lost(format!("its launcher ended with code {code}: {why}; {log}")),
        (125, _) => lost(format!("its instance could not do its work (code 125); {log}")),
        (137, _) => killed("its instance was killed (code 137)".to_owned()),
        (143, _) => killed("the platform has ended its instance (code 143)".to_owned()),
        (code, _) if terms.slots == 1 => {
            unseen(CallError::Exited { code, report: ExitReport::default() })
        }
        (code, _) => killed(format!(
            "its instance, which {} workers shared, ended with code {code}; {log}",
            terms.slots
        )),
    }
}

/// What a launcher's exit code says: see `LaunchError` of `lithops-worker`.
fn launcher(code: i32) -> Option<&'static str> {
    Some(match code {
        110 => "it can't read its orders, so client and image are of different versions",
        111 => "the program is not in storage",
        112 => "storage can't be used",
        113 => "the program is damaged in storage",
        114 => "the program can't be written to the instance's disk",
        115 => "the program is for machines of another architecture",
        116 => "what was uploaded is no program",
        117 => "the image lacks the program's dynamic loader",
        118 => "the kernel does not run the program",
        _ => return None,
    })
}

fn out_of_memory(terms: &Terms) -> WorkerState {
    let limit = terms.combination.memory_bytes();
    if terms.slots == 1 {
        return unseen(CallError::OutOfMemory { limit, peak: limit });
    }
    killed(format!(
        "its instance, which {} workers shared, used all of its {} GB of memory (OOMKilled)",
        terms.slots,
        terms.combination.memory_gb()
    ))
}

/// The end of a worker that had begun, and was at nobody knows which call.
fn unseen(cause: CallError) -> WorkerState {
    WorkerState::Failed { running: None, unseen: true, cause }
}

fn killed(reason: String) -> WorkerState {
    unseen(CallError::WorkerLost { reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Combination;

    fn terms(slots: u32) -> Terms {
        Terms {
            slots,
            combination: Combination::DEFAULT,
            timeout: Duration::from_secs(600),
            start_bound: Duration::from_secs(900),
        }
    }

    fn died(reason: &str, begun: bool, slots: u32) -> (bool, CallError) {
        match state(Some(reason), begun, "r", 7, &terms(slots)) {
            WorkerState::Failed { running: None, unseen, cause } => (unseen, cause),
            state => panic!("{state:?}"),
        }
    }

    #[test]
    fn each_word_of_the_platform_has_its_cause() {
        let limit = 250_000_000;
        assert_eq!(
            died("OOMKilled", true, 1),
            (true, CallError::OutOfMemory { limit, peak: limit })
        );
        let code = |code| CallError::Exited { code, report: ExitReport::default() };
        assert_eq!(died("ContainerExitedCode1", true, 1), (true, code(1)));
    }

    #[test]
    fn what_is_no_calls_fault_is_told_as_a_lost_worker() {
        for (reason, begun, words, unseen) in [
            ("ContainerExitedCode137", true, "killed (code 137)", true),
            ("ContainerExitedCode143", true, "ended its instance", true),
            ("ContainerExitedCode125", true, "--instance r-7-0", false),
            ("ContainerExitedCode111", true, "the program is not in storage", false),
            ("ContainerExitedCode118", true, "the kernel does not run", false),
            ("ExecutableNotFound", true, "no runtime image", false),
            ("ExceededEphemeralStorage", true, "more than 0.4 GB", true),
            ("MaxExecutionTimeExceeded", true, "raise `runtime_timeout`", true),
            ("MaxExecutionTimeExceeded", false, "had not even begun", false),
            ("SomethingNew", true, "its instance failed: SomethingNew", false),
        ] {
            let (found, cause) = died(reason, begun, 1);
            assert!(matches!(cause, CallError::WorkerLost { .. }), "{reason}: {cause:?}");
            assert!(cause.to_string().contains(words), "{reason}: {cause}");
            assert_eq!(found, unseen, "{reason}");
        }
    }

    #[test]
    fn of_several_workers_in_an_instance_none_is_blamed_for_its_end() {
        for reason in ["OOMKilled", "ContainerExitedCode1"] {
            let (_, cause) = died(reason, true, 4);
            assert!(cause.to_string().contains("which 4 workers shared"), "{cause}");
            assert!(cause.is_worker_death());
        }
    }
}
