//! The runs of this process's jobs, and what was last seen of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::Utc;
use lithops_core::ports::WorkerStatus;
use lithops_core::wire::JobId;
use tokio::time::Instant;

use crate::resource::Run;
use crate::status::{Index, Ordered, Sight, Stuck, Terms, held_up, seconds};

/// How long a run that was just made may be unknown.
const UNKNOWN: Duration = Duration::from_secs(60);
/// How often in a row a run must be missing to be gone.
const MISSES: u32 = 2;

/// The jobs that have runs.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    known: Mutex<HashMap<JobId, Job>>,
    begun: AtomicU64,
    /// Runs of forgotten jobs that could not be removed.
    left: Mutex<Vec<Forgotten>>,
}

/// Says that a job is wanted, until it is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(u64);

#[derive(Debug)]
struct Job {
    mark: Mark,
    runs: Vec<Tracked>,
    /// When an instance of it last began or ended, or was asked for.
    moved: Instant,
}

/// A run that was asked for.
#[derive(Debug)]
struct Tracked {
    ordered: Ordered,
    asked: Instant,
    seen: bool,
    misses: u32,
    indices: Vec<(u32, Index)>,
    /// The platform's word for why an instance still waits.
    held_up: Option<String>,
    /// Whether nothing of it runs while some of it waits.
    waits: bool,
    told_stuck: bool,
    /// When the platform last said something of it; when it was asked for, if it never has.
    heard: Instant,
    /// Why the platform's last answer was none.
    silence: Option<String>,
    seconds: Option<f64>,
}

impl Jobs {
    fn jobs(&self) -> MutexGuard<'_, HashMap<JobId, Job>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job is to have workers.
    pub(crate) fn begin(&self, job: &JobId) -> Mark {
        let moved = Instant::now();
        let mark = || Mark(self.begun.fetch_add(1, Ordering::Relaxed));
        let begin = || Job { mark: mark(), runs: Vec::new(), moved };
        self.jobs().entry(job.clone()).or_insert_with(begin).mark
    }

    /// Remembers runs before they are asked for, so that they are removed whatever comes of it. Gives
    /// `false` if the job was forgotten since this mark: then there must be none.
    pub(crate) fn add(
        &self,
        job: &JobId,
        mark: Mark,
        runs: impl IntoIterator<Item = Ordered>,
    ) -> bool {
        let now = Instant::now();
        let mut jobs = self.jobs();
        let Some(job) = jobs.get_mut(job).filter(|job| job.mark == mark) else { return false };
        job.moved = now;
        job.runs.extend(runs.into_iter().map(|ordered| Tracked {
            indices: ordered.indices(Sight::NotYet),
            ordered,
            asked: now,
            seen: false,
            misses: 0,
            held_up: None,
            waits: true,
            told_stuck: false,
            heard: now,
            silence: None,
            seconds: None,
        }));
        true
    }

    /// Whether a run is still wanted.
    pub(crate) fn has(&self, job: &JobId, run: &str) -> bool {
        let jobs = self.jobs();
        jobs.get(job).is_some_and(|job| job.runs.iter().any(|known| known.ordered.name == run))
    }

    /// Forgets runs that were not started after all.
    pub(crate) fn drop_runs(&self, job: &JobId, runs: &[String]) {
        if let Some(job) = self.jobs().get_mut(job) {
            job.runs.retain(|known| !runs.contains(&known.ordered.name));
        }
    }

    /// Forgets a job; gives its runs, or `None` if it was unknown.
    pub(crate) fn forget(&self, job: &JobId) -> Option<Vec<Forgotten>> {
        let job = self.jobs().remove(job)?;
        Some(job.runs.into_iter().map(Tracked::forgotten).collect())
    }

    /// Forgets all jobs; gives their runs, and those that could not be removed before.
    pub(crate) fn forget_all(&self) -> Vec<Forgotten> {
        let jobs = std::mem::take(&mut *self.jobs());
        let runs = jobs.into_values().flat_map(|job| job.runs).map(Tracked::forgotten);
        let left = std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner));
        runs.chain(left).collect()
    }

    /// Keeps runs of forgotten jobs that could not be removed.
    pub(crate) fn keep(&self, runs: impl IntoIterator<Item = Forgotten>) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).extend(runs);
    }

    /// The runs of a job of which something may be new.
    pub(crate) fn open(&self, job: &JobId) -> Vec<String> {
        let jobs = self.jobs();
        let runs = jobs.get(job).map(|job| job.runs.as_slice()).unwrap_or_default();
        let open = runs.iter().filter(|run| !run.has_ended());
        open.map(|run| run.ordered.name.clone()).collect()
    }

    /// Notes what a run says of itself; `None` if it is unknown to the platform.
    pub(crate) fn note(&self, job: &JobId, run: &str, answer: Option<&Run>) {
        let mut jobs = self.jobs();
        let Some(job) = jobs.get_mut(job) else { return };
        let Some(known) = job.runs.iter_mut().find(|known| known.ordered.name == run) else {
            return;
        };
        if known.note(answer) {
            job.moved = Instant::now();
        }
    }

    /// Notes that a run could not be asked about; gives whether it has been so for longer than
    /// anything may wait, so that its workers are told as they are for all that is known.
    pub(crate) fn note_silence(&self, job: &JobId, run: &str, why: &str, terms: &Terms) -> bool {
        let mut jobs = self.jobs();
        let runs = jobs.get_mut(job).map(|job| job.runs.as_mut_slice()).unwrap_or_default();
        let Some(known) = runs.iter_mut().find(|known| known.ordered.name == run) else {
            return true;
        };
        known.silence = Some(why.to_owned());
        known.heard.elapsed() > terms.start_bound
    }

    /// Whether instances of a run have waited for too long of which that was not told before.
    pub(crate) fn has_stuck_anew(&self, job: &JobId, terms: &Terms) -> bool {
        let mut jobs = self.jobs();
        let Some(job) = jobs.get_mut(job) else { return false };
        let still = job.moved.elapsed() > terms.start_bound;
        let mut anew = false;
        for run in &mut job.runs {
            let waits = matches!(run.stuck(still, terms), Some(Stuck::Waits(_)))
                && run.indices.iter().any(|(_, index)| *index == Index::Pending);
            anew |= waits && !run.told_stuck;
            run.told_stuck |= waits;
        }
        anew
    }

    /// The states of a job's workers, as last seen.
    pub(crate) fn workers(&self, job: &JobId, terms: &Terms) -> Vec<WorkerStatus> {
        let jobs = self.jobs();
        let Some(job) = jobs.get(job) else { return Vec::new() };
        let stuck = job.moved.elapsed() > terms.start_bound;
        let workers =
            |run: &Tracked| run.ordered.workers(&run.indices, run.stuck(stuck, terms), terms);
        job.runs.iter().flat_map(workers).collect()
    }

    /// For how long a job's instances have run, as last seen; `None` if any run did not say, or there
    /// is none.
    pub(crate) fn seconds(&self, job: &JobId) -> Option<f64> {
        let jobs = self.jobs();
        let runs = &jobs.get(job)?.runs;
        if runs.is_empty() {
            return None;
        }
        runs.iter().map(|run| run.seconds).sum()
    }
}

/// A run that is not looked after any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forgotten {
    pub(crate) name: String,
    /// Whether nobody has seen it yet, so that it may be there although the platform denies it.
    pub(crate) unseen: bool,
}

impl Tracked {
    fn forgotten(self) -> Forgotten {
        let unseen = !self.seen && self.asked.elapsed() < UNKNOWN;
        Forgotten { name: self.ordered.name, unseen }
    }

    /// Takes an answer; gives whether an instance has begun or ended since the last.
    fn note(&mut self, answer: Option<&Run>) -> bool {
        self.heard = Instant::now();
        self.silence = None;
        let sight = match answer {
            Some(run) => {
                self.seen = true;
                self.misses = 0;
                self.seconds = seconds(run, Utc::now());
                self.held_up = held_up(run).map(str::to_owned);
                Sight::Seen(run)
            }
            None => {
                self.misses += 1;
                let young = !self.seen && self.asked.elapsed() < UNKNOWN;
                if young || self.misses < MISSES {
                    return false;
                }
                Sight::Gone
            }
        };
        let indices = self.ordered.indices(sight);
        let moved = indices != self.indices;
        // While instances run, those that wait for their room are in order.
        self.waits = answer.is_some_and(|run| run.status == "pending")
            || indices.iter().all(|(_, index)| *index != Index::Running);
        self.indices = indices;
        moved
    }

    /// Why its instances that wait are given up, if they are; `still` says that nothing of the job
    /// has moved for too long.
    fn stuck(&self, still: bool, terms: &Terms) -> Option<Stuck<'_>> {
        let since = self.heard.elapsed();
        match &self.silence {
            Some(error) if since > terms.start_bound => Some(Stuck::Silent { since, error }),
            _ => (still && self.waits).then_some(Stuck::Waits(self.held_up.as_deref())),
        }
    }

    fn has_ended(&self) -> bool {
        self.indices.iter().all(|(_, index)| !matches!(index, Index::Pending | Index::Running))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use lithops_core::ports::WorkerState;
    use lithops_core::wire::CallError;
    use serde_json::json;

    use super::*;
    use crate::Combination;

    const TERMS: Terms = Terms {
        slots: 1,
        combination: Combination::DEFAULT,
        timeout: Duration::from_secs(600),
        start_bound: Duration::from_secs(900),
    };

    fn jobs() -> (Jobs, JobId) {
        let (jobs, job) = (Jobs::default(), JobId::new("a", 1));
        let indices = vec![0, 1];
        let mark = jobs.begin(&job);
        assert!(jobs.add(&job, mark, [ordered(indices)]));
        (jobs, job)
    }

    fn ordered(indices: Vec<u32>) -> Ordered {
        Ordered { name: "r".to_owned(), wave: 0, workers: 2, alone: false, indices }
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_was_forgotten_meanwhile_has_no_runs_any_more() {
        let (jobs, job) = (Jobs::default(), JobId::new("a", 1));
        let mark = jobs.begin(&job);
        assert_eq!(jobs.begin(&job), mark);
        assert_eq!(jobs.forget(&job), Some(Vec::new()));
        assert!(!jobs.add(&job, mark, [ordered(vec![0])]));
        let anew = jobs.begin(&job);
        assert!(!jobs.add(&job, mark, [ordered(vec![0])]));
        assert!(jobs.add(&job, anew, [ordered(vec![0])]));
    }

    fn run(details: serde_json::Value) -> Run {
        let run = json!({"name": "r", "status": "running", "status_details": details});
        serde_json::from_value(run).unwrap()
    }

    fn is_failed(status: &WorkerStatus) -> bool {
        matches!(status.state, WorkerState::Failed { .. })
    }

    #[tokio::test(start_paused = true)]
    async fn instances_that_wait_are_given_up_only_when_nothing_else_happens() {
        let (jobs, job) = jobs();
        let pass = |seconds| tokio::time::advance(Duration::from_secs(seconds));
        jobs.note(&job, "r", Some(&run(json!({"pending_indices": "0-1"}))));
        pass(800).await;
        jobs.note(&job, "r", Some(&run(json!({"pending_indices": "1", "running_indices": "0"}))));
        pass(2000).await;
        // What runs may have no room for what waits.
        assert!(!jobs.workers(&job, &TERMS).iter().any(is_failed));
        jobs.note(&job, "r", Some(&run(json!({"pending_indices": "1", "succeeded_indices": "0"}))));
        pass(800).await;
        assert!(!jobs.workers(&job, &TERMS).iter().any(is_failed));
        pass(101).await;
        let told = jobs.workers(&job, &TERMS);
        assert_eq!(told[0].state, WorkerState::Succeeded);
        assert!(is_failed(&told[1]), "{told:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_can_not_be_asked_about_is_given_up_after_the_bound() {
        let (jobs, job) = jobs();
        jobs.note(&job, "r", Some(&run(json!({"pending_indices": "1", "running_indices": "0"}))));
        tokio::time::advance(Duration::from_secs(900)).await;
        assert!(!jobs.note_silence(&job, "r", "status 403", &TERMS));
        assert!(!jobs.workers(&job, &TERMS).iter().any(is_failed));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(jobs.note_silence(&job, "r", "status 403", &TERMS));
        let told = jobs.workers(&job, &TERMS);
        assert_eq!(told[0].state, WorkerState::Running);
        let WorkerState::Failed { cause: CallError::WorkerLost { reason }, .. } = &told[1].state
        else {
            panic!("{told:?}");
        };
        assert_eq!(
            reason,
            "Code Engine could not be asked about its job run r for 901s, and had not started its \
             instance before; the last error: status 403"
        );
        jobs.note(&job, "r", Some(&run(json!({"running_indices": "0-1"}))));
        assert!(!jobs.workers(&job, &TERMS).iter().any(is_failed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_without_runs_has_no_seconds() {
        let (jobs, job) = jobs();
        jobs.drop_runs(&job, &["r".to_owned()]);
        assert_eq!(jobs.seconds(&job), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_nobody_knows_yet_is_not_gone() {
        let (jobs, job) = jobs();
        for _ in 0..10 {
            jobs.note(&job, "r", None);
        }
        assert!(jobs.workers(&job, &TERMS).iter().all(|w| w.state == WorkerState::Pending));
        tokio::time::advance(UNKNOWN).await;
        jobs.note(&job, "r", None);
        assert!(jobs.workers(&job, &TERMS).iter().all(is_failed));
    }

    #[tokio::test(start_paused = true)]
    async fn one_miss_is_no_end_and_two_are() {
        let (jobs, job) = jobs();
        let seen = run(json!({"running_indices": "0-1"}));
        jobs.note(&job, "r", Some(&seen));
        jobs.note(&job, "r", None);
        assert!(!jobs.workers(&job, &TERMS).iter().any(is_failed));
        jobs.note(&job, "r", Some(&seen));
        jobs.note(&job, "r", None);
        assert!(!jobs.workers(&job, &TERMS).iter().any(is_failed));
        jobs.note(&job, "r", None);
        assert!(jobs.workers(&job, &TERMS).iter().all(is_failed));
        assert_eq!(jobs.open(&job), Vec::<String>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_has_ended_is_not_asked_about_again() {
        let (jobs, job) = jobs();
        assert_eq!(jobs.open(&job), ["r"]);
        let details = json!({"indices_details": {
            "0": {"status": "succeeded", "started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:02Z"},
            "1": {"status": "failed", "started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:01Z"},
        }});
        jobs.note(&job, "r", Some(&run(details)));
        assert_eq!(jobs.open(&job), Vec::<String>::new());
        assert_eq!(jobs.seconds(&job), Some(3.0));
        assert_eq!(
            jobs.forget(&job),
            Some(vec![Forgotten { name: "r".to_owned(), unseen: false }])
        );
        assert_eq!(jobs.forget(&job), None);
        assert_eq!(jobs.seconds(&job), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_young_run_may_be_there_although_nobody_has_seen_it() {
        for (age, unseen) in [(Duration::ZERO, true), (UNKNOWN, false)] {
            let (jobs, job) = jobs();
            tokio::time::advance(age).await;
            assert_eq!(jobs.forget(&job), Some(vec![Forgotten { name: "r".to_owned(), unseen }]));
        }
    }
}
