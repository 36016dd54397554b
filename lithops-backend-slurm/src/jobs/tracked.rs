//! One array job, and what was last seen of its tasks.

use std::time::Duration;

use lithops_core::ports::{WorkerState, WorkerStatus};
use lithops_core::wire::CallError;
use tokio::time::Instant;

use super::Untold;
use crate::array::Part;
use crate::failure::{self, Terms};
use crate::queue::Sight;
use crate::task::Task;

/// How long a job that was just submitted may be unknown.
const UNKNOWN: Duration = Duration::from_secs(30);
/// How often in a row a task must be missing to be gone.
const MISSES: u32 = 2;
/// How many failed tasks' logs are read at a time: they fail alike.
const LOGS: usize = 4;

/// How long is waited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// How long no task may start or end while some wait.
    pub(crate) start: Duration,
    /// How long a task may run, if the configuration says it.
    pub(crate) time_limit: Option<Duration>,
}

/// An array job as it was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ordered {
    /// Slurm's number for it.
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) wave: u32,
    /// How many workers the wave has.
    pub(crate) workers: u32,
    /// How many of them share a task.
    pub(crate) slots: u32,
    /// Which tasks of the wave it has.
    pub(crate) part: Part,
}

#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) ordered: Ordered,
    tasks: Vec<Seen>,
    asked: Instant,
    /// When Slurm last said something of it; when it was submitted, if it never has.
    heard: Instant,
    /// Why Slurm's last answer was none.
    silence: Option<String>,
    /// Slurm's word for why tasks still wait.
    waits: String,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    task: Task,
    /// Whether it was ever seen.
    ever: bool,
    misses: u32,
    /// Whether its log was asked for.
    told: bool,
}

impl Tracked {
    pub(super) fn new(ordered: Ordered) -> Self {
        let now = Instant::now();
        let tasks = vec![Seen::default(); ordered.part.count as usize];
        let waits = "Slurm does not say why".to_owned();
        Self { ordered, tasks, asked: now, heard: now, silence: None, waits }
    }

    pub(super) fn is_open(&self) -> bool {
        self.tasks.iter().any(|seen| seen.task.is_open())
    }

    /// Takes an answer; gives whether a task has begun or ended since the last.
    pub(super) fn note(&mut self, sights: &[Sight]) -> bool {
        self.heard = Instant::now();
        self.silence = None;
        let young = self.asked.elapsed() < UNKNOWN;
        let mut found: Vec<Option<&Sight>> = vec![None; self.tasks.len()];
        for sight in sights.iter().filter(|sight| sight.array == self.ordered.id) {
            if let Some(found) = found.get_mut(sight.task as usize) {
                *found = Some(sight);
            }
        }
        let mut moved = false;
        for (seen, sight) in self.tasks.iter_mut().zip(found) {
            if !seen.task.is_open() {
                continue;
            }
            let task = match sight {
                Some(sight) => {
                    seen.ever = true;
                    seen.misses = 0;
                    if sight.state == "PENDING" {
                        self.waits.clone_from(&sight.reason);
                    }
                    Task::of(sight)
                }
                None => {
                    seen.misses += 1;
                    let forgotten = seen.misses >= MISSES && (seen.ever || !young);
                    if !forgotten {
                        continue;
                    }
                    Task::Gone
                }
            };
            moved |= task != seen.task;
            seen.task = task;
        }
        moved
    }

    /// Tasks that have failed, and whose logs may tell why; each once.
    pub(super) fn untold(&mut self) -> Vec<Untold> {
        let mut untold = Vec::new();
        for (number, seen) in self.tasks.iter_mut().enumerate() {
            let Task::Failed(failure) = &seen.task else { continue };
            let has_log = failure.cause.has_log();
            if has_log && !seen.told && untold.len() < LOGS {
                let (array, name) = (self.ordered.id, self.ordered.name.clone());
                untold.push(Untold { array, name, task: number as u32 });
            }
            seen.told |= has_log;
        }
        untold
    }

    pub(super) fn tell(&mut self, task: u32, said: &str) {
        if let Some(Seen { task: Task::Failed(failure), .. }) = self.tasks.get_mut(task as usize) {
            *failure = failure.clone().saying(said.to_owned());
        }
    }

    pub(super) fn note_silence(&mut self, why: &str, bounds: &Bounds) -> bool {
        self.silence = Some(why.to_owned());
        self.heard.elapsed() > bounds.start
    }

    /// The state of each of its workers. Those of tasks that wait are given up if `still` says that
    /// nothing of their job has moved for too long, or if nobody can be asked.
    pub(super) fn workers(&self, still: bool, bounds: &Bounds) -> Vec<WorkerStatus> {
        let Ordered { name, wave, workers, slots, part, .. } = &self.ordered;
        // While some run, those that wait for their room are in order.
        let still = still && self.tasks.iter().all(|seen| seen.task != Task::Running);
        let mut statuses = Vec::new();
        for (number, seen) in self.tasks.iter().enumerate() {
            let task = number as u32;
            let terms = Terms { name, task, slots: *slots, time_limit: bounds.time_limit };
            let state = match &seen.task {
                Task::Pending => match self.given_up(still, &terms, bounds) {
                    Some(reason) => lost(reason),
                    None => WorkerState::Pending,
                },
                Task::Running => WorkerState::Running,
                Task::Succeeded => WorkerState::Succeeded,
                Task::Failed(failure) => failure::state(failure, &terms),
                Task::Gone => lost(failure::gone(&terms)),
            };
            let first = (part.first + task).saturating_mul(*slots);
            let of_task = first..first.saturating_add(*slots).min(*workers);
            statuses.extend(of_task.map(|worker| WorkerStatus {
                wave: *wave,
                worker,
                state: state.clone(),
            }));
        }
        statuses
    }

    fn given_up(&self, still: bool, terms: &Terms<'_>, bounds: &Bounds) -> Option<String> {
        let since = self.heard.elapsed();
        match &self.silence {
            Some(error) if since > bounds.start => Some(failure::silent(terms, since, error)),
            _ => still.then(|| failure::stuck(terms, &self.waits, bounds.start)),
        }
    }
}

/// The end of a worker that had not begun, for all that is known.
fn lost(reason: String) -> WorkerState {
    WorkerState::Failed { running: None, unseen: false, cause: CallError::WorkerLost { reason } }
}
