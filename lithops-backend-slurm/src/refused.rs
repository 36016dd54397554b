//! Refusals of the cluster, as errors of a backend.

use std::io;

use lithops_core::ports::{ComputeError, ComputeErrorKind};

use crate::login::CommandError;
use crate::refusal::refusal;

/// The backend's name in messages.
pub(crate) const BACKEND: &str = "slurm";

pub(crate) fn error(
    kind: ComputeErrorKind,
    operation: &'static str,
    message: impl Into<String>,
) -> ComputeError {
    ComputeError::new(BACKEND, kind, operation, message)
}

/// A command that failed while `operation` was tried.
pub(crate) fn from_command(operation: &'static str, source: CommandError) -> ComputeError {
    let (kind, hint) = match &source {
        CommandError::Start { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            (ComputeErrorKind::Unsupported, Some("install it"))
        }
        CommandError::Start { .. } | CommandError::Lost(_) => (ComputeErrorKind::Start, None),
        CommandError::NoWay { said, .. } if said.contains("Permission denied") => (
            ComputeErrorKind::Denied,
            Some("`ssh` must get there without a password: see `ssh-copy-id`"),
        ),
        CommandError::NoWay { .. } => (
            ComputeErrorKind::Unavailable,
            Some("see that `ssh` gets there without a question, from a shell of this machine"),
        ),
        CommandError::Silent(_) => {
            (ComputeErrorKind::Unavailable, Some("see whether `sinfo` answers there"))
        }
        CommandError::Failed { said, .. } => match refusal(said) {
            Some(refusal) => (refusal.kind, Some(refusal.hint)),
            None => (ComputeErrorKind::Start, None),
        },
    };
    let message = match hint {
        Some(hint) => format!("{source}; {hint}"),
        None => source.to_string(),
    };
    ComputeError { source: Some(Box::new(source)), ..error(kind, operation, message) }
}

/// The executor has ended.
pub(crate) fn closed(operation: &'static str) -> ComputeError {
    let message = "the executor was shut down: make another";
    error(ComputeErrorKind::Unsupported, operation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_its_kind_its_words_and_the_next_step() {
        let said =
            "sbatch: error: Batch job submission failed: Invalid qos specification".to_owned();
        let error = from_command("start workers", CommandError::Failed { code: Some(1), said });
        assert_eq!(error.kind, ComputeErrorKind::Unsupported);
        assert!(error.is_final());
        assert_eq!(
            error.to_string(),
            "slurm: start workers failed: not possible here: sbatch: error: Batch job submission \
             failed: Invalid qos specification; say another in `slurm.qos`: see `sacctmgr show qos`"
        );
    }
}
