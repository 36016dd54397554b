//! What happens to runs, by instances and by the clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::machine::{Knowledge, Next};
use super::state::{State, Ticket};
use super::{Mode, RunFaultKind, RunFaults, RunsSetup, attempt};
use crate::instance::{End, Variable};

/// What the runs of an emulator share with the tasks that look after them.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) setup: RunsSetup,
    pub(super) faults: RunFaults,
    state: Mutex<State>,
    /// Told when something else may be due next.
    due: Notify,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
    runtime: Handle,
}

impl Shared {
    /// Must be called within a tokio runtime.
    pub(super) fn new(setup: RunsSetup) -> Arc<Self> {
        let shared = Arc::new(Self {
            state: Mutex::new(State::new(setup.quota.clone(), setup.seed)),
            setup,
            faults: RunFaults::default(),
            due: Notify::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
        });
        shared.spawn(Arc::clone(&shared).watch_time());
        shared
    }

    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn_on(task, &self.runtime);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> SystemTime {
        self.setup.clock.now()
    }

    /// Starts what has room.
    pub(super) fn pump(self: &Arc<Self>, state: &mut State, project: &str) {
        if state.closed {
            return;
        }
        let tickets = state.admit(project, self.now());
        if !tickets.is_empty() {
            self.due.notify_one();
        }
        for ticket in tickets {
            self.spawn(attempt::run(Arc::clone(self), ticket));
        }
    }

    /// Takes a run away.
    pub(super) fn remove(self: &Arc<Self>, number: u64) -> bool {
        let mut state = self.state();
        let Some(id) = state.remove(number) else { return false };
        self.faults.forget(number);
        self.pump(&mut state, &id.project);
        true
    }

    /// An instance is about to be given these variables.
    pub(super) fn gives(&self, ticket: &Ticket, variables: &[Variable]) {
        if let Some(run) = self.state().runs.get_mut(&ticket.run) {
            let pairs = variables.iter().map(|it| (it.name.clone(), it.value.clone()));
            run.given.extend(pairs);
        }
    }

    /// An index can't be started yet.
    pub(super) fn held_up(&self, ticket: &Ticket, reason: &str) {
        if let Some(run) = self.state().runs.get_mut(&ticket.run) {
            run.machine.hold_up(ticket.index, reason);
        }
    }

    /// An index can't be started at all.
    pub(super) fn given_up(&self, ticket: &Ticket, reason: &str) {
        let now = self.now();
        if let Some(run) = self.state().runs.get_mut(&ticket.run) {
            run.machine.give_up(ticket.index, reason, now);
            if run.machine.completed_at.is_some() {
                run.stop.cancel();
                self.due.notify_one();
            }
        }
    }

    /// An instance was started. Gives whether it is wanted.
    pub(super) fn started(self: &Arc<Self>, ticket: &Ticket) -> bool {
        let now = self.now();
        let wanted = match self.state().runs.get_mut(&ticket.run) {
            Some(run) => run.machine.start(ticket.index, now),
            None => false,
        };
        if !wanted {
            return false;
        }
        self.due.notify_one();
        let run = (ticket.run, ticket.order.id.name.as_str());
        let obscured = self.faults.strike(run, Some(ticket.index), |kind| match kind {
            RunFaultKind::Unknown { lasting: true } => Some(Knowledge::Unknown),
            RunFaultKind::Unknown { lasting: false } => Some(Knowledge::UnknownUntilEnd),
            _ => None,
        });
        if let Some(knowledge) = obscured
            && let Some(run) = self.state().runs.get_mut(&ticket.run)
        {
            run.machine.obscure(ticket.index, knowledge);
        }
        let vanishing = self.faults.strike(run, None, |kind| match kind {
            RunFaultKind::Vanish { after_ms } => Some(Duration::from_millis(*after_ms)),
            _ => None,
        });
        if let Some(after) = vanishing {
            let (shared, ticket) = (Arc::clone(self), ticket.clone());
            self.spawn(async move {
                if shared.sleep(&ticket, after).await {
                    shared.remove(ticket.run);
                }
            });
        }
        true
    }

    /// An instance is gone: with an end, or because it was not wanted any more.
    pub(super) fn over(self: &Arc<Self>, ticket: Ticket, end: Option<End>) {
        let now = self.now();
        let mut state = self.state();
        state.queue.release(ticket.project(), ticket.waiting().need);
        let run = state.runs.get_mut(&ticket.run);
        let next = match (run, end) {
            (Some(run), Some(end)) => {
                let next = run.machine.end(ticket.index, end, now);
                if run.machine.completed_at.is_some() {
                    // Ends what a fault has started beside.
                    run.stop.cancel();
                    self.due.notify_one();
                }
                next
            }
            _ => None,
        };
        if next == Some(Next::Again) {
            let pause = match ticket.order.mode {
                Mode::Task => self.setup.rules.retry_pause,
                Mode::Daemon => self.setup.rules.daemon_pause,
            };
            if pause.is_zero() {
                state.queue.push_again(ticket.project(), ticket.waiting());
            } else {
                self.spawn(Arc::clone(self).again(ticket.clone(), pause));
            }
        }
        self.pump(&mut state, ticket.project());
    }

    /// Lets an index wait for room again, after a pause.
    async fn again(self: Arc<Self>, ticket: Ticket, pause: Duration) {
        if self.sleep(&ticket, pause).await {
            let mut state = self.state();
            if state.runs.contains_key(&ticket.run) {
                state.queue.push_again(ticket.project(), ticket.waiting());
                self.pump(&mut state, ticket.project());
            }
        }
    }

    /// Waits for a while; gives whether the run goes on.
    pub(super) async fn sleep(&self, ticket: &Ticket, duration: Duration) -> bool {
        tokio::select! {
            biased;
            () = ticket.stop.cancelled() => false,
            () = self.setup.clock.sleep(duration) => true,
        }
    }

    /// Ends runs whose time is over, and removes those that ended long ago.
    async fn watch_time(self: Arc<Self>) {
        loop {
            let next = self.next_due();
            let reached = async {
                match next {
                    Some(time) => self.setup.clock.reach(time).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.due.notified() => {}
                () = reached => self.settle_due(),
            }
        }
    }

    fn next_due(&self) -> Option<SystemTime> {
        self.dues().into_iter().map(|(_, due)| due.time()).min()
    }

    fn settle_due(self: &Arc<Self>) {
        let now = self.now();
        for (number, due) in self.dues().into_iter().filter(|(_, due)| due.time() <= now) {
            match due {
                Due::Deadline(_) => self.state().expire(number, now),
                Due::Removal(_) => {
                    self.remove(number);
                }
            }
        }
    }

    fn dues(&self) -> Vec<(u64, Due)> {
        let kept = self.setup.rules.kept;
        let state = self.state();
        let dues = state.runs.iter().filter_map(|(number, run)| {
            let removal = run.machine.completed_at.map(|time| Due::Removal(time + kept));
            Some((*number, run.machine.deadline().map(Due::Deadline).or(removal)?))
        });
        dues.collect()
    }
}

/// What time will bring to a run.
#[derive(Clone, Copy, Debug)]
enum Due {
    Deadline(SystemTime),
    Removal(SystemTime),
}

impl Due {
    fn time(self) -> SystemTime {
        match self {
            Self::Deadline(time) | Self::Removal(time) => time,
        }
    }
}
