//! What goes wrong with a cloud ends in the right results, or in the right error: in time, and with
//! nothing left.

mod consistency;
mod instances;
mod projects;
mod quotas;
mod requests;
mod runs;
mod tokens;

use std::collections::BTreeMap;

use lithops::{CallError, Error};
use lithops_codeengine_emulator::HttpFault;
use lithops_codeengine_emulator::run::{RunFault, RunFaultKind};

use crate::Case;
use crate::cloud::Cloud;

pub(crate) const RUNS: &str = "/v2/projects/{project}/job_runs";
pub(crate) const TOKEN: &str = "/identity/token";

pub(crate) fn cases() -> Vec<Case> {
    [
        requests::CASES,
        tokens::CASES,
        consistency::CASES,
        instances::CASES,
        runs::CASES,
        quotas::CASES,
        projects::CASES,
    ]
    .concat()
}

impl Cloud {
    /// Has requests suffer a fault; gives its number.
    pub(crate) fn suffer(&self, fault: HttpFault) -> u64 {
        self.emulator().faults().add(fault).unwrap()
    }

    /// Has all runs of names like this suffer a fault: these of their indices, or all.
    fn runs_suffer(&self, run: &str, indices: Option<Vec<u64>>, kind: RunFaultKind) {
        let fault = RunFault { run: run.to_owned(), indices, times: None, kind };
        self.emulator().run_faults().add(fault).unwrap();
    }

    /// How many requests there were, by the status of their answers; 0 is none.
    pub(crate) fn answers(&self, method: &str, path: &str) -> BTreeMap<u16, u64> {
        let seen = self.emulator().requests().list().into_iter();
        let mut of_path = seen.filter(|seen| seen.method == method && seen.path == path);
        of_path.next().map(|seen| seen.statuses).unwrap_or_default()
    }
}

/// Why a job could not run.
fn failure(error: Error) -> String {
    match error {
        Error::Call { cause: CallError::JobFailed { reason }, .. } => reason,
        other => panic!("{other:?}"),
    }
}

/// Why a call's worker was lost.
fn lost<T: std::fmt::Debug>(outcome: &Result<T, CallError>) -> &str {
    match outcome {
        Err(CallError::WorkerLost { reason }) => reason,
        other => panic!("{other:?}"),
    }
}
