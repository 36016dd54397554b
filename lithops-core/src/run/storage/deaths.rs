//! Workers that ended before their calls did: who is to blame, and where the others go.

use std::collections::HashSet;

use tokio::time::Instant;

use super::driver::{Driver, worker_number};
use crate::ports::{Running, WorkerState, WorkerStatus};
use crate::wire::CallError;

/// After so many workers in a row that died on no call or could not be started, none can be had.
pub(super) const DEATHS: u32 = 4;

/// How a worker ended.
pub(super) struct End {
    /// The call that it was running, where the platform can tell.
    running: Option<u32>,
    /// Whether it had begun and nobody saw which call it was running.
    unseen: bool,
    cause: CallError,
}

impl End {
    /// The end of a worker that somebody saw who knows what it was running.
    pub(super) fn told(running: Option<Running>, cause: CallError) -> Self {
        Self { running: running.map(|running| running.index), unseen: false, cause }
    }

    /// The end of a worker that was between two calls, or before the first, for all that is known.
    fn idle(reason: String) -> Self {
        Self { running: None, unseen: false, cause: CallError::WorkerLost { reason } }
    }
}

impl Driver {
    /// Ends what workers that the platform reports as ended have left undone.
    pub(super) fn judge(&mut self, statuses: Vec<WorkerStatus>) {
        let mut ends = self.unknown_to(&statuses);
        for status in statuses {
            let place = (status.wave, status.worker);
            let end = match status.state {
                WorkerState::Pending => {
                    // One that has written something knows better.
                    if let Some(share) = self.working.get_mut(&place).filter(|share| !share.spoke) {
                        share.heard = None;
                    }
                    continue;
                }
                WorkerState::Running => {
                    self.has_begun(place);
                    continue;
                }
                WorkerState::Succeeded => End::idle(
                    "the worker ended well, but this call's outcome is not in storage".into(),
                ),
                WorkerState::Failed { running, unseen, cause } => {
                    End { running: running.map(|r| r.index), unseen, cause }
                }
            };
            ends.push((place, end));
        }
        self.bury_all(ends);
    }

    /// Workers that the platform does not name although they were started before it was asked, and
    /// that nobody has heard of.
    fn unknown_to(&self, statuses: &[WorkerStatus]) -> Vec<((u32, u32), End)> {
        let named: HashSet<_> = statuses.iter().map(|told| (told.wave, told.worker)).collect();
        let asked = self.pace.asked();
        let unknown = self.working.iter().filter(|(place, share)| {
            share.heard.is_none() && share.begun < asked && !named.contains(*place)
        });
        let end = || End::idle("the platform does not know of it".to_owned());
        unknown.map(|(place, _)| (*place, end())).collect()
    }

    /// Whether a worker that owes outcomes has ended, says the platform.
    pub(super) fn has_ended(&self, statuses: &[WorkerStatus]) -> bool {
        let ended = |state: &WorkerState| {
            matches!(state, WorkerState::Succeeded | WorkerState::Failed { .. })
        };
        let owes = |status: &WorkerStatus| self.working.contains_key(&(status.wave, status.worker));
        statuses.iter().any(|status| ended(&status.state) && owes(status))
    }

    /// The workers that have said nothing for too long.
    fn silent(&self, now: Instant) -> impl Iterator<Item = (u32, u32)> {
        let bound = self.around.settings.silence_bound;
        let is_silent = move |heard: Instant| now.duration_since(heard) > bound;
        let silent =
            self.working.iter().filter(move |(_, share)| share.heard.is_some_and(is_silent));
        silent.map(|(place, _)| *place)
    }

    /// Whether a worker is to be ended because it has said nothing for too long.
    pub(super) fn is_any_silent(&self, now: Instant) -> bool {
        self.silent(now).next().is_some()
    }

    /// Ends workers that have said nothing for too long.
    pub(super) fn listen(&mut self, now: Instant) {
        let bound = self.around.settings.silence_bound;
        let silent: Vec<(u32, u32)> = self.silent(now).collect();
        let reason = || format!("it has said nothing for {bound:?}");
        self.bury_all(silent.into_iter().map(|place| (place, End::idle(reason()))));
    }

    /// Listens to a worker that the platform says it has started.
    fn has_begun(&mut self, place: (u32, u32)) {
        let now = Instant::now();
        let Some(share) = self.working.get_mut(&place) else { return };
        if share.heard.is_none() {
            share.heard = Some(now);
            share.begun = now;
            self.pace.news(now);
        }
        if !share.started {
            share.started = true;
            self.starts.begun(place.0, now);
        }
    }

    /// Ends workers that were found dead together. Deaths that no call is to blame for count once: one
    /// event may have taken many.
    pub(super) fn bury_all(&mut self, ends: impl IntoIterator<Item = ((u32, u32), End)>) {
        let ends = ends.into_iter();
        if let Some(cause) = ends.filter_map(|(place, end)| self.bury(place, end)).last() {
            self.count_death(&cause);
        }
    }

    /// The call that ran is to blame (the first without an outcome, if the platform can't tell); the
    /// others go elsewhere. Gives the cause if it says nothing of any call.
    fn bury(&mut self, place: (u32, u32), end: End) -> Option<CallError> {
        let share = self.working.remove(&place)?;
        let End { running, unseen, mut cause } = end;
        let worker = worker_number(place);
        let open = |(index, _): &&(u32, u32)| self.job.ledger.is_open(*index);
        let blamed = running.or_else(|| share.calls.iter().find(open).map(|(index, _)| *index));
        let unexplained = running.is_none() && !(unseen && blamed.is_some());
        if unseen && running.is_none() && share.calls.iter().filter(open).count() > 1 {
            // The first is likely, not certain: it runs again by itself, where its end would be its
            // own.
            cause = CallError::WorkerLost { reason: cause.to_string() };
        }
        for (index, attempt) in share.calls {
            let is_newest = attempt == self.job.ledger.attempt(index);
            if !is_newest || !self.job.ledger.is_open(index) || self.due.contains_key(&index) {
                continue;
            }
            if Some(index) == blamed {
                if let Some(wait) = self.job.record_failure(index, attempt, worker, cause.clone()) {
                    self.due.insert(index, Instant::now() + wait);
                }
            } else {
                self.due.insert(index, Instant::now());
            }
        }
        unexplained.then_some(cause)
    }

    /// Counts a death that no call is to blame for, and ends the job after some in a row.
    fn count_death(&mut self, cause: &CallError) {
        self.deaths += 1;
        self.not_before = Instant::now() + self.job.plan.options.retry.wait(self.deaths);
        if self.deaths >= DEATHS {
            let reason = format!(
                "workers ended {DEATHS} times in a row before any call did; the last: {cause}"
            );
            self.job.fail(&CallError::WorkerLost { reason });
        }
    }
}
