//! Who owes what: for each call of a job, its attempts and whether its outcome is recorded.

use std::collections::HashMap;
use std::time::Duration;

use crate::plan::RetryPolicy;
use crate::ports::{FailedAttempt, Settled};
use crate::wire::{CallError, Report};

/// The state of every call of one job. Keeps the promise that each gets exactly one outcome.
#[derive(Debug)]
pub(super) struct Ledger {
    calls: Vec<Call>,
    open: u32,
    policy: RetryPolicy,
    earlier: HashMap<u32, Vec<FailedAttempt>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Call {
    attempt: u32,
    failures: u32,
    settled: bool,
}

/// What a report comes to.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is the call's outcome.
    Settled(Settled),
    /// The call is to be run again after a wait.
    Again(Duration),
    /// It changes nothing: the outcome is recorded, or a later attempt is under way.
    Late,
}

impl Ledger {
    pub(super) fn new(calls: u32, policy: RetryPolicy) -> Self {
        let calls = vec![Call::default(); calls as usize];
        Self { open: calls.len() as u32, calls, policy, earlier: HashMap::new() }
    }

    /// How many calls have no outcome yet.
    pub(super) fn open(&self) -> u32 {
        self.open
    }

    pub(super) fn is_open(&self, index: u32) -> bool {
        self.calls.get(index as usize).is_some_and(|call| !call.settled)
    }

    /// Whether a worker has died on this call, so that it should run with no neighbour.
    pub(super) fn is_suspect(&self, index: u32) -> bool {
        self.earlier
            .get(&index)
            .is_some_and(|earlier| earlier.iter().any(|attempt| attempt.cause.is_worker_death()))
    }

    /// The number of the newest attempt at a call; 0 before the first.
    pub(super) fn attempt(&self, index: u32) -> u32 {
        self.calls.get(index as usize).map_or(0, |call| call.attempt)
    }

    /// The attempts at a call that have failed; none of one that has its outcome.
    pub(super) fn failed_attempts(&self, index: u32) -> &[FailedAttempt] {
        self.earlier.get(&index).map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes over what another client has counted of a call's failures.
    pub(super) fn restore(&mut self, index: u32, failed: Vec<FailedAttempt>) {
        let Some(call) = self.calls.get_mut(index as usize).filter(|call| !call.settled) else {
            return;
        };
        call.failures = call.failures.max(u32::try_from(failed.len()).unwrap_or(u32::MAX));
        self.earlier.insert(index, failed);
    }

    /// Counts a new attempt and gives its number.
    pub(super) fn begin(&mut self, index: u32) -> u32 {
        let call = &mut self.calls[index as usize];
        call.attempt = call.attempt.saturating_add(1);
        call.attempt
    }

    /// Takes back an attempt that came back not begun.
    pub(super) fn not_begun(&mut self, index: u32) {
        if let Some(call) = self.calls.get_mut(index as usize) {
            call.attempt = call.attempt.saturating_sub(1);
        }
    }

    /// Whether some worker was given this attempt.
    pub(super) fn was_given(&self, index: u32, attempt: u32) -> bool {
        let call = self.calls.get(index as usize);
        call.is_some_and(|call| (1..=call.attempt).contains(&attempt))
    }

    /// Raises the attempt number to one that was seen in storage.
    pub(super) fn begun(&mut self, index: u32, attempt: u32) {
        if let Some(call) = self.calls.get_mut(index as usize) {
            call.attempt = call.attempt.max(attempt);
        }
    }

    /// Takes a report and decides.
    pub(super) fn record(&mut self, report: Report, worker: u32) -> Verdict {
        let Some(call) = self.calls.get_mut(report.index as usize) else { return Verdict::Late };
        if call.settled {
            return Verdict::Late;
        }
        let again = match &report.outcome {
            Ok(_) if !report.returned_err => None,
            // An older attempt's failure says nothing of the one that runs, nor does an `Err` of a
            // call that is run again for one.
            Err(_) if report.attempt < call.attempt => return Verdict::Late,
            Ok(_) if report.attempt < call.attempt && self.policy.retries > 0 => {
                return Verdict::Late;
            }
            Ok(_) => {
                let allowed = call.failures < self.policy.retries;
                allowed.then(|| (returned_err(), self.policy.wait(1)))
            }
            Err(cause) => self
                .policy
                .again(cause, call.failures.saturating_add(1))
                .map(|wait| (cause.clone(), wait)),
        };
        if let Some((cause, wait)) = again {
            call.failures = call.failures.saturating_add(1);
            let failed = FailedAttempt { attempt: report.attempt, worker, cause };
            self.earlier.entry(report.index).or_default().push(failed);
            return Verdict::Again(wait);
        }
        call.settled = true;
        self.open -= 1;
        let earlier = if self.earlier.is_empty() {
            Vec::new()
        } else {
            self.earlier.remove(&report.index).unwrap_or_default()
        };
        Verdict::Settled(Settled { report, worker, earlier })
    }

    /// Records that an attempt failed in a way no report tells of: its worker died, or the like.
    pub(super) fn record_failure(
        &mut self,
        index: u32,
        attempt: u32,
        worker: u32,
        cause: CallError,
    ) -> Verdict {
        self.record(Report::without_value(index, attempt, cause), worker)
    }

    /// Ends every call that has no outcome with `cause`.
    pub(super) fn settle_open(&mut self, cause: &CallError) -> Vec<Settled> {
        let open: Vec<u32> =
            (0..self.calls.len() as u32).filter(|index| self.is_open(*index)).collect();
        open.into_iter().filter_map(|index| self.settle(index, cause.clone())).collect()
    }

    /// Ends one call with `cause`, whatever the policy says; `None` if it has its outcome.
    pub(super) fn settle(&mut self, index: u32, cause: CallError) -> Option<Settled> {
        let call = self.calls.get_mut(index as usize).filter(|call| !call.settled)?;
        call.settled = true;
        self.open -= 1;
        let attempt = call.attempt;
        let earlier = self.earlier.remove(&index).unwrap_or_default();
        let report = Report::without_value(index, attempt, cause);
        Some(Settled { report, worker: 0, earlier })
    }
}

fn returned_err() -> CallError {
    CallError::Failed(crate::wire::FunctionError {
        kind: "Err".to_owned(),
        message: "the function returned an `Err` value".to_owned(),
        chain: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::wire::Payload;

    fn value(index: u32, attempt: u32) -> Report {
        let outcome = Ok(Payload::Inline(Bytes::new()));
        Report { outcome, ..Report::without_value(index, attempt, CallError::Cancelled) }
    }

    fn lost() -> CallError {
        CallError::WorkerLost { reason: "gone".to_owned() }
    }

    #[test]
    fn the_first_value_counts_and_a_second_is_late() {
        let mut ledger = Ledger::new(2, RetryPolicy::default());
        ledger.begin(1);
        assert!(matches!(ledger.record(value(1, 1), 0), Verdict::Settled(_)));
        assert!(matches!(ledger.record(value(1, 1), 0), Verdict::Late));
        assert_eq!(ledger.open(), 1);
    }

    #[test]
    fn a_late_failure_of_an_older_attempt_changes_nothing() {
        let mut ledger = Ledger::new(1, RetryPolicy::default());
        ledger.begin(0);
        ledger.begin(0);
        assert!(matches!(ledger.record_failure(0, 1, 0, lost()), Verdict::Late));
        assert!(matches!(ledger.record(value(0, 1), 0), Verdict::Settled(_)));
    }

    #[test]
    fn an_err_of_an_older_attempt_is_no_outcome_where_it_is_run_again_for_one() {
        let refused = |attempt| Report { returned_err: true, ..value(0, attempt) };
        let twice = RetryPolicy { retries: 1, ..RetryPolicy::default() };
        for (policy, settles) in [(twice, false), (RetryPolicy::default(), true)] {
            let mut ledger = Ledger::new(1, policy);
            ledger.begin(0);
            ledger.begin(0);
            let verdict = ledger.record(refused(1), 0);
            assert_eq!(matches!(verdict, Verdict::Settled(_)), settles, "{verdict:?}");
        }
    }

    #[test]
    fn what_another_client_has_counted_counts() {
        let mut ledger = Ledger::new(1, RetryPolicy::default());
        ledger.begun(0, 2);
        let failed = |attempt| FailedAttempt { attempt, worker: 0, cause: lost() };
        ledger.restore(0, vec![failed(1), failed(2)]);
        assert_eq!(ledger.begin(0), 3);
        let Verdict::Settled(settled) = ledger.record_failure(0, 3, 0, lost()) else {
            panic!("the third death is final")
        };
        assert_eq!(settled.earlier, [failed(1), failed(2)]);
    }

    #[test]
    fn attempts_that_failed_are_told_with_the_outcome() {
        let mut ledger = Ledger::new(1, RetryPolicy::default());
        for attempt in 1..=2 {
            assert_eq!(ledger.begin(0), attempt);
            assert!(matches!(ledger.record_failure(0, attempt, 5, lost()), Verdict::Again(_)));
            assert!(ledger.is_suspect(0));
        }
        ledger.begin(0);
        let Verdict::Settled(settled) = ledger.record_failure(0, 3, 5, lost()) else {
            panic!("the third death is final")
        };
        assert_eq!(settled.earlier.len(), 2);
        assert_eq!(settled.report.outcome, Err(lost()));
    }

    #[test]
    fn only_what_was_begun_was_given() {
        let mut ledger = Ledger::new(1, RetryPolicy::default());
        assert!(!ledger.was_given(0, 1));
        ledger.begin(0);
        ledger.begin(0);
        let given: Vec<u32> = (0..4).filter(|attempt| ledger.was_given(0, *attempt)).collect();
        assert_eq!(given, [1, 2]);
        assert!(!ledger.was_given(1, 1));
    }

    #[test]
    fn an_index_that_the_job_does_not_have_is_ignored() {
        let mut ledger = Ledger::new(1, RetryPolicy::default());
        assert!(matches!(ledger.record(value(7, 1), 0), Verdict::Late));
    }
}
