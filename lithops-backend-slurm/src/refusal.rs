//! What Slurm's commands say when they refuse, as kinds. Slurm has no other way to tell than text.

use lithops_core::ports::ComputeErrorKind;

/// What to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: ComputeErrorKind,
    /// The next step.
    pub(crate) hint: &'static str,
}

use ComputeErrorKind::{Denied, Quota, Unavailable, Unsupported};

/// What is found in what they say, from `slurm_errno.c` of Slurm 17.11 to 24.05. The first that is
/// found holds.
const KNOWN: &[(&str, ComputeErrorKind, &str)] = &[
    ("not found", Unsupported, "install Slurm's commands, or name a login node in `slurm.login`"),
    ("Unable to contact slurm controller", Unavailable, "see `scontrol ping`"),
    ("Socket timed out", Unavailable, "the controller is busy: see `sdiag`"),
    (
        "Unable to establish controller machine",
        Unavailable,
        "see `scontrol ping`, and `SLURM_CONF`",
    ),
    (
        "Could not establish a configuration source",
        Unsupported,
        "set `SLURM_CONF`, or name a login node in `slurm.login`",
    ),
    (
        "Unable to process configuration file",
        Unsupported,
        "see that `SLURM_CONF` names the cluster's settings, or name a login node in `slurm.login`",
    ),
    ("fetch_config", Unsupported, "set `SLURM_CONF`, or name a login node in `slurm.login`"),
    (
        "Slurm temporarily unable to accept job",
        Unavailable,
        "the cluster has as many jobs as it takes: see `squeue`",
    ),
    ("Resource temporarily unavailable", Unavailable, "try again in a moment"),
    (
        "Protocol authentication error",
        Denied,
        "see that `munge` runs here and has the cluster's key",
    ),
    ("Munge", Denied, "see that `munged` runs here: `munge -n | unmunge`"),
    ("Access/permission denied", Denied, "see `sacctmgr show assoc user=$USER`"),
    (
        "Invalid account or account/partition",
        Denied,
        "say the account in `slurm.account`: see `sacctmgr show assoc user=$USER`",
    ),
    ("Invalid qos", Unsupported, "say another in `slurm.qos`: see `sacctmgr show qos`"),
    ("User's group not permitted", Denied, "say another in `slurm.partition`: see `sinfo`"),
    ("Invalid partition", Unsupported, "say another in `slurm.partition`: see `sinfo`"),
    ("invalid partition", Unsupported, "say another in `slurm.partition`: see `sinfo`"),
    ("No partition specified", Unsupported, "say one in `slurm.partition`: see `sinfo`"),
    (
        "Invalid feature specification",
        Unsupported,
        "see `sinfo -o %f` for what `slurm.constraint` may say",
    ),
    (
        "Requested reservation",
        Unsupported,
        "see `scontrol show reservation` for what `slurm.reservation` may say",
    ),
    (
        "Requested time limit is invalid",
        Unsupported,
        "lower `slurm.time_limit`: see `sinfo -o '%P %l'`",
    ),
    ("time limit exceeds", Unsupported, "lower `slurm.time_limit`: see `sinfo -o '%P %l'`"),
    (
        "Memory specification can not be satisfied",
        Unsupported,
        "lower `slurm.runtime_memory` or `.memory(..)`: see `sinfo -o '%P %m'`",
    ),
    (
        "Memory required by task is not available",
        Unsupported,
        "lower `slurm.runtime_memory` or `.memory(..)`: see `sinfo -o '%P %m'`",
    ),
    (
        "CPU count per node can not be satisfied",
        Unsupported,
        "lower `slurm.worker_processes` or `slurm.runtime_cpu`: see `sinfo -o '%P %c'`",
    ),
    (
        "Requested node configuration is not available",
        Unsupported,
        "no node has that: see `sinfo -o '%P %c %m %f'`",
    ),
    (
        "violates accounting/QOS policy",
        Quota,
        "see `sacctmgr show assoc user=$USER` and `sacctmgr show qos`",
    ),
    ("Invalid job array specification", Quota, "see `scontrol show config | grep MaxArraySize`"),
    ("Job size specification", Quota, "see the limits of the partition: `scontrol show partition`"),
    (
        "unrecognized option",
        Unsupported,
        "see `man sbatch` for what `slurm.sbatch_options` may say",
    ),
    ("invalid option", Unsupported, "see `man sbatch` for what `slurm.sbatch_options` may say"),
    ("Permission denied", Denied, "see that the folder in `slurm.folder` is yours"),
    ("No space left", Quota, "make room, or say another folder in `slurm.folder`"),
    ("Disk quota exceeded", Quota, "make room, or say another folder in `slurm.folder`"),
    ("Read-only file system", Unsupported, "say another folder in `slurm.folder`"),
];

/// What `said` means; nothing if it is not known.
pub(crate) fn refusal(said: &str) -> Option<Refusal> {
    let found = KNOWN.iter().find(|(words, ..)| said.contains(words));
    found.map(|(_, kind, hint)| Refusal { kind: *kind, hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sbatch_says_is_told_apart() {
        let kind = |said| refusal(said).map(|refusal| refusal.kind);
        // As Slurm 22.05 prints them.
        for (said, expected) in [
            (
                "sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission \
                 failed: Invalid partition name specified",
                Unsupported,
            ),
            (
                "sbatch: error: CPU count per node can not be satisfied\nsbatch: error: Batch job \
                 submission failed: Requested node configuration is not available",
                Unsupported,
            ),
            ("sbatch: error: Batch job submission failed: Invalid job array specification", Quota),
            (
                "sbatch: error: Batch job submission failed: Unable to contact slurm controller \
                 (connect failure)",
                Unavailable,
            ),
            ("sh: 1: sbatch: not found", Unsupported),
            (
                "scontrol: error: ClusterName needs to be specified\nscontrol: fatal: Unable to process \
                 configuration file",
                Unsupported,
            ),
        ] {
            assert_eq!(kind(said), Some(expected), "{said}");
        }
        assert_eq!(refusal("sbatch: error: something new"), None);
    }
}
