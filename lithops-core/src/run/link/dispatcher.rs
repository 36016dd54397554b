//! The actor that owns all jobs and all lanes of an executor.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::lane::LaneState;
use super::queue::Queue;
use crate::ports::{
    ComputeBackend, ComputeError, Death, Isolation, JobEvent, Lane, LaneEvent, LaneSink, News,
    Supply, WorkerProfile,
};
use crate::run::job::RunningJob;
use crate::wire::{CallError, CallInput, CallRange, FromWorker, PROTOCOL, Report, ToWorker};

/// Work that a worker has been sent and not done is kept near this length.
const AHEAD: Duration = Duration::from_millis(4);
/// The most calls that a worker is sent ahead.
const MOST_AHEAD: u32 = 4096;
/// The most bytes that a worker is sent ahead.
const BYTES_AHEAD: u64 = 16 << 20;
/// How often a dispatcher with calls under way looks after them.
const LOOK: Duration = Duration::from_millis(20);
/// After so many deaths with no report between them, workers can't be had.
const DEATHS: u32 = 4;

/// How long workers that were killed may take to end.
const LAST_CALLS: Duration = Duration::from_secs(2);

/// What the dispatcher is told by its executor.
#[derive(Debug)]
pub(in crate::run) enum Command {
    Submit {
        job: Box<RunningJob>,
        nested: bool,
    },
    Supply {
        ticket: u32,
        inputs: Supply,
    },
    Cancel {
        ticket: u32,
    },
    /// Stops a job, and says when no worker works for it any more.
    Release {
        ticket: u32,
        ended: oneshot::Sender<()>,
    },
    Shutdown {
        done: oneshot::Sender<()>,
    },
}

/// Bounds of waiting.
#[derive(Clone, Copy, Debug)]
pub(in crate::run) struct Bounds {
    pub(in crate::run) start: Duration,
    pub(in crate::run) silence: Duration,
}

/// Starts the actor; it ends when the sender is dropped, and its workers with it.
pub(in crate::run) fn start(
    backend: Arc<dyn ComputeBackend>,
    bounds: Bounds,
) -> mpsc::UnboundedSender<Command> {
    let (commands, inbox) = mpsc::unbounded_channel();
    crate::run::runtime().spawn(Dispatcher::new(backend, bounds).run(inbox));
    commands
}

type Opened = (u64, Result<Box<dyn Lane>, ComputeError>);

struct Job {
    running: RunningJob,
    queue: Queue,
    nested: bool,
    /// Mean length of a call, in nanoseconds, once one has ended.
    call_ns: Option<f64>,
    in_flight: u32,
    told_in_flight: u32,
    workers: HashSet<u64>,
}

struct Dispatcher {
    backend: Arc<dyn ComputeBackend>,
    slots: usize,
    watch_silence: bool,
    /// How long a lane without calls is kept.
    idle: Option<Duration>,
    bounds: Bounds,
    /// By ticket: later jobs are nested ones or ones that came later.
    jobs: BTreeMap<u32, Job>,
    lanes: BTreeMap<u64, LaneState>,
    /// Lanes that were dropped and whose workers have not ended yet, with the jobs they knew.
    dying: BTreeMap<u64, HashSet<u32>>,
    /// Who waits for the end of the workers of a job.
    waiting: Vec<(u32, oneshot::Sender<()>)>,
    next_lane: u64,
    news: mpsc::UnboundedSender<LaneEvent>,
    news_inbox: Option<mpsc::UnboundedReceiver<LaneEvent>>,
    opened: mpsc::UnboundedSender<Opened>,
    opened_inbox: Option<mpsc::UnboundedReceiver<Opened>>,
    /// Deaths since the last report, and the last one's cause.
    deaths: u32,
}

impl Dispatcher {
    fn new(backend: Arc<dyn ComputeBackend>, bounds: Bounds) -> Self {
        let capability = backend.capability();
        let idle = backend.link().and_then(|link| link.idle());
        let (news, news_inbox) = mpsc::unbounded_channel();
        let (opened, opened_inbox) = mpsc::unbounded_channel();
        Self {
            backend,
            slots: capability.max_workers.max(1),
            // A thread can't be lost without its process.
            watch_silence: capability.isolation > Isolation::Thread,
            idle,
            bounds,
            jobs: BTreeMap::new(),
            lanes: BTreeMap::new(),
            dying: BTreeMap::new(),
            waiting: Vec::new(),
            next_lane: 0,
            news,
            news_inbox: Some(news_inbox),
            opened,
            opened_inbox: Some(opened_inbox),
            deaths: 0,
        }
    }

    async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let (Some(mut news), Some(mut opened)) = (self.news_inbox.take(), self.opened_inbox.take())
        else {
            return;
        };
        let mut events = Vec::with_capacity(64);
        loop {
            let wake = self.next_wake();
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::Shutdown { done }) => {
                        self.shut_down(&mut news).await;
                        // The one who asked may have given up waiting.
                        done.send(()).ok();
                        return;
                    }
                    Some(command) => self.obey(command),
                    None => return self.shut_down(&mut news).await,
                },
                Some(result) = opened.recv() => self.lane_opened(result),
                count = news.recv_many(&mut events, 64) => {
                    if count > 0 {
                        events.drain(..).for_each(|event| self.hear(event));
                    }
                }
                () = tokio::time::sleep_until(wake) => {}
            }
            self.look();
            self.fill();
            self.tell();
            if self.jobs.is_empty() {
                self.let_go(Instant::now());
            }
        }
    }

    fn next_wake(&self) -> Instant {
        let now = Instant::now();
        if self.lanes.values().any(|lane| !lane.is_idle() || (!lane.up && lane.control.is_some())) {
            return now + LOOK;
        }
        let due = self.jobs.values().filter_map(|job| job.queue.next_due()).min();
        let let_go = self.idle.filter(|_| !self.any_call_waits()).and_then(|idle| {
            let since = self.lanes.values().filter(|lane| lane.is_idle());
            since.map(|lane| lane.idle_since + idle).min()
        });
        due.into_iter().chain(let_go).min().unwrap_or(now + Duration::from_secs(3600))
    }

    fn any_call_waits(&self) -> bool {
        self.jobs.values().any(|job| !job.queue.is_empty())
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Submit { job, nested } => {
                let queue = Queue::new(&job.plan);
                let ticket = job.head.ticket;
                let workers = Default::default();
                let job = Job {
                    running: *job,
                    queue,
                    nested,
                    call_ns: None,
                    in_flight: 0,
                    told_in_flight: 0,
                    workers,
                };
                self.jobs.insert(ticket, job);
            }
            Command::Supply { ticket, inputs } => {
                let Some(job) = self.jobs.get_mut(&ticket) else { return };
                for (index, input) in inputs {
                    if job.running.supply(index, input) {
                        job.queue.push_back(CallRange { first: index, count: 1 });
                    }
                }
            }
            Command::Cancel { ticket } => self.cancel(ticket),
            Command::Release { ticket, ended } => {
                self.cancel(ticket);
                self.waiting.push((ticket, ended));
                self.answer();
            }
            Command::Shutdown { .. } => {}
        }
    }

    fn cancel(&mut self, ticket: u32) {
        let Some(job) = self.jobs.get_mut(&ticket) else { return };
        job.queue.clear();
        job.running.fail(&CallError::Cancelled);
        let working: Vec<u64> = self
            .lanes
            .iter()
            .filter(|(_, lane)| lane.works_for(ticket))
            .map(|(number, _)| *number)
            .collect();
        working.into_iter().for_each(|number| self.drop_lane(number));
    }

    /// Ends a worker whose call nobody wants; the calls of other jobs that it had go elsewhere.
    fn drop_lane(&mut self, number: u64) {
        let Some(mut lane) = self.lanes.remove(&number) else { return };
        // One that is on its way may wait for its platform for hours.
        lane.opening.take().inspect(AbortHandle::abort);
        if let Some(control) = &mut lane.control {
            control.kill();
            self.dying.insert(number, lane.knows.clone());
        }
        self.requeue(&mut lane, None);
    }

    /// Puts the calls of a lane back into their queues, but for `except`.
    fn requeue(&mut self, lane: &mut LaneState, except: Option<(u32, u32)>) {
        for sent in lane.drain().into_iter().rev() {
            let Some(job) = self.jobs.get_mut(&sent.ticket) else { continue };
            job.in_flight = job.in_flight.saturating_sub(1);
            if except != Some((sent.ticket, sent.index)) && job.running.ledger.is_open(sent.index) {
                job.queue.push_front(CallRange { first: sent.index, count: 1 });
            }
        }
    }

    fn lane_opened(&mut self, (number, result): Opened) {
        match result {
            Ok(mut control) => match self.lanes.get_mut(&number) {
                Some(lane) => {
                    lane.heard = Instant::now();
                    lane.control = Some(control);
                    lane.opening = None;
                }
                None => control.kill(),
            },
            Err(error) => {
                self.lanes.remove(&number);
                if error.is_final() {
                    return self.give_up(&CallError::JobFailed { reason: error.to_string() });
                }
                let cause = CallError::WorkerLost { reason: error.to_string() };
                self.count_death(&cause);
            }
        }
    }

    /// Tells those who wait for workers that have ended.
    fn answer(&mut self) {
        let dying = &self.dying;
        let over = |(ticket, _): &mut (u32, _)| !dying.values().any(|knew| knew.contains(ticket));
        for (_, ended) in self.waiting.extract_if(.., over) {
            // Whoever asked may have given up waiting.
            ended.send(()).ok();
        }
    }

    fn hear(&mut self, event: LaneEvent) {
        if matches!(event.news, News::Died(_)) && self.dying.remove(&event.lane).is_some() {
            self.answer();
        }
        let Some(lane) = self.lanes.get_mut(&event.lane) else { return };
        lane.heard = Instant::now();
        match event.news {
            News::Said(message) => {
                lane.up = true;
                match message {
                    FromWorker::Hello { protocol } if protocol != PROTOCOL => {
                        let reason = format!(
                            "the worker's program speaks protocol {protocol}, this client \
                             {PROTOCOL}: build both from the same version"
                        );
                        self.drop_lane(event.lane);
                        self.give_up(&CallError::WorkerLost { reason });
                    }
                    FromWorker::Hello { .. }
                    | FromWorker::Alive
                    // These are said through storage only.
                    | FromWorker::Ended { .. }
                    | FromWorker::Requests(_) => {}
                    FromWorker::Reports { ticket, reports } => {
                        self.take_reports(event.lane, ticket, reports);
                    }
                    FromWorker::Returned { calls } => self.take_back(event.lane, calls),
                }
            }
            News::Died(death) => self.bury(event.lane, death),
        }
    }

    fn take_reports(&mut self, number: u64, ticket: u32, reports: Vec<Report>) {
        self.deaths = 0;
        let Some(lane) = self.lanes.get_mut(&number) else { return };
        lane.recalled = false;
        let mut job = self.jobs.get_mut(&ticket);
        let (mut busy_ns, mut count) = (0u64, 0u32);
        for report in reports {
            if !lane.strike(ticket, report.index, report.attempt) {
                continue;
            }
            let Some(job) = &mut job else { continue };
            busy_ns = busy_ns.saturating_add(report.timing.busy_ns);
            count += 1;
            job.in_flight = job.in_flight.saturating_sub(1);
            let index = report.index;
            if let Some(wait) = job.running.record(report, number as u32) {
                job.queue.push_later(Instant::now() + wait, index);
            }
        }
        if lane.is_idle() {
            lane.alone = false;
        }
        if let (Some(job), true) = (job, count > 0) {
            let mean = busy_ns as f64 / f64::from(count);
            job.call_ns = Some(job.call_ns.map_or(mean, |old| old * 0.5 + mean * 0.5));
        }
    }

    fn take_back(&mut self, number: u64, calls: Vec<(u32, CallRange)>) {
        let Some(lane) = self.lanes.get_mut(&number) else { return };
        let Some(unanswered) = lane.recalls.checked_sub(1) else {
            tracing::warn!(lane = number, "a worker gives calls back that nobody wants back");
            return;
        };
        lane.recalls = unanswered;
        lane.recalled = false;
        for (ticket, range) in calls.into_iter().rev() {
            // Only what the worker had: whatever it says, no call is queued twice.
            let back = lane.take_back(ticket, range);
            if let Some(job) = self.jobs.get_mut(&ticket) {
                job.in_flight = job.in_flight.saturating_sub(back.len() as u32);
                for index in back.into_iter().rev() {
                    if job.running.ledger.is_open(index) {
                        job.running.ledger.not_begun(index);
                        job.queue.push_front(CallRange { first: index, count: 1 });
                    }
                }
            }
        }
    }

    fn bury(&mut self, number: u64, death: Death) {
        let Some(mut lane) = self.lanes.remove(&number) else { return };
        tracing::debug!(lane = number, cause = %death.cause, running = ?death.running, "worker died");
        let first = lane.first().filter(|_| death.unseen && death.was_up);
        let blamed = death
            .running
            .or(first)
            .filter(|running| lane.strike(running.ticket, running.index, running.attempt));
        if let Some(running) = blamed
            && let Some(job) = self.jobs.get_mut(&running.ticket)
        {
            job.in_flight = job.in_flight.saturating_sub(1);
            let (index, attempt) = (running.index, running.attempt);
            let cause = death.cause.clone();
            if let Some(wait) = job.running.record_failure(index, attempt, number as u32, cause) {
                job.queue.push_later(Instant::now() + wait, index);
            }
        }
        let had_work = !lane.is_idle();
        self.requeue(&mut lane, blamed.map(|running| (running.ticket, running.index)));
        if blamed.is_none() && (had_work || !death.was_up) {
            self.count_death(&death.cause);
        }
    }

    /// Deaths that no call is to blame for: after some in a row no worker can be had.
    fn count_death(&mut self, cause: &CallError) {
        self.deaths += 1;
        if self.deaths < DEATHS {
            return;
        }
        self.deaths = 0;
        let reason =
            format!("{DEATHS} workers in a row ended before any call did; the last: {cause}");
        self.give_up(&CallError::WorkerLost { reason });
    }

    /// Ends all jobs, for want of workers.
    fn give_up(&mut self, cause: &CallError) {
        tracing::error!(%cause, "no worker can be had");
        for job in self.jobs.values_mut() {
            job.queue.clear();
            job.running.fail(cause);
        }
    }

    /// Looks after calls under way: silent workers, waits that are over, uneven queues.
    fn look(&mut self) {
        let now = Instant::now();
        for job in self.jobs.values_mut() {
            job.queue.ripen(now);
        }
        for (number, lane) in &mut self.lanes {
            let bound = if lane.up { self.bounds.silence } else { self.bounds.start };
            // One that is being opened waits for its platform, which has a bound of its own.
            let is_open = lane.control.is_some();
            let waits = self.watch_silence && is_open && (!lane.up || !lane.is_idle());
            if waits && now.duration_since(lane.heard) > bound {
                tracing::warn!(lane = number, ?bound, up = lane.up, "worker is silent");
                lane.heard = now;
                if let Some(control) = &mut lane.control {
                    control.kill();
                }
            }
        }
        self.let_go(now);
        self.recall(now);
    }

    /// Ends lanes that have had no calls for longer than their platform wants them kept, and those that
    /// are still on their way when no job is left.
    fn let_go(&mut self, now: Instant) {
        let Some(idle) = self.idle.filter(|_| !self.any_call_waits()) else { return };
        let nobody_waits = self.jobs.is_empty();
        let is_over = |lane: &LaneState| {
            lane.is_idle() && now >= lane.idle_since + idle
                || nobody_waits && lane.opening.is_some()
        };
        let over: Vec<u64> =
            self.lanes.iter().filter(|(_, lane)| is_over(lane)).map(|(n, _)| *n).collect();
        over.into_iter().for_each(|number| self.drop_lane(number));
    }

    /// Takes back what busy workers were sent too early, if others have nothing to do.
    fn recall(&mut self, now: Instant) {
        if self.any_call_waits() {
            return;
        }
        let idle = self.lanes.values().filter(|lane| lane.up && lane.is_idle()).count();
        let unopened = self.most_lanes().saturating_sub(self.lanes.len());
        if idle + unopened == 0 {
            return;
        }
        for lane in self.lanes.values_mut() {
            if lane.in_flight() > 1
                && lane.is_stalled(now)
                && !lane.recalled
                && let Some(control) = &mut lane.control
            {
                lane.recalled = true;
                lane.recalls += 1;
                control.send(ToWorker::Recall);
            }
        }
    }

    /// Sends calls to lanes that have room, and opens lanes for calls that have none.
    fn fill(&mut self) {
        let now = Instant::now();
        for ticket in self.order() {
            let Some(job) = self.jobs.get_mut(&ticket) else { continue };
            if job.queue.is_empty() {
                continue;
            }
            let ahead = ahead(job.call_ns);
            let mut lanes: Vec<_> = self
                .lanes
                .iter_mut()
                .filter(|(_, lane)| lane.profile == job.running.profile && !lane.is_stalled(now))
                .collect();
            // Whoever has nothing to do comes first: a lane that is busy could take everything.
            lanes.sort_by_key(|(_, lane)| lane.in_flight());
            for (number, lane) in lanes {
                send(*number, lane, job, ahead);
            }
            if !job.queue.is_empty() {
                self.open_lanes(ticket);
            }
        }
    }

    /// The jobs in the order in which they are served: nested ones first, the newest of them before
    /// the older, because somebody holds a worker while waiting for it; then first come, first
    /// served.
    fn order(&self) -> Vec<u32> {
        let of = |nested: bool| {
            self.jobs.iter().filter(move |(_, job)| job.nested == nested).map(|(t, _)| *t)
        };
        of(true).rev().chain(of(false)).collect()
    }

    /// How many lanes there may be.
    ///
    /// Each job that a call waits for may hold one worker without using it, so there is one more for
    /// each: then never all of them wait.
    fn most_lanes(&self) -> usize {
        self.slots + self.jobs.values().filter(|job| job.nested).count()
    }

    fn open_lanes(&mut self, ticket: u32) {
        let Some(job) = self.jobs.get(&ticket) else { return };
        let profile = job.running.profile.clone();
        let most = self.most_lanes();
        let opening =
            self.lanes.values().filter(|lane| lane.profile == profile && lane.is_idle()).count();
        let mut wanted = job.queue.portions().saturating_sub(opening);
        if wanted > 0 && self.lanes.len() >= most {
            self.close_idle(&profile, self.lanes.len() + 1 - most);
        }
        while wanted > 0 && self.lanes.len() < most {
            self.open_lane(profile.clone());
            wanted -= 1;
        }
    }

    /// Ends up to `count` idle workers of other profiles.
    fn close_idle(&mut self, profile: &WorkerProfile, count: usize) {
        let idle: Vec<u64> = self
            .lanes
            .iter()
            .filter(|(_, lane)| lane.profile != *profile && lane.is_idle())
            .map(|(number, _)| *number)
            .take(count)
            .collect();
        idle.into_iter().for_each(|number| self.drop_lane(number));
    }

    fn open_lane(&mut self, profile: WorkerProfile) {
        let number = self.next_lane;
        self.next_lane += 1;
        let mut lane = LaneState::opening(profile.clone());
        let sink = LaneSink::new(number, self.news.clone());
        let (backend, opened) = (Arc::clone(&self.backend), self.opened.clone());
        let opening = crate::run::runtime().spawn(async move {
            if let Some(link) = backend.link() {
                let lane = link.open(&profile, sink).await;
                // If the dispatcher has ended, the lane ends here with it.
                opened.send((number, lane)).ok();
            }
        });
        lane.opening = Some(opening.abort_handle());
        self.lanes.insert(number, lane);
    }

    /// Tells listeners, and forgets jobs that are over.
    fn tell(&mut self) {
        let mut over = Vec::new();
        for (ticket, job) in &mut self.jobs {
            if job.in_flight != job.told_in_flight {
                job.told_in_flight = job.in_flight;
                job.running.tell(JobEvent::InFlight(job.in_flight));
            }
            if job.running.flush() {
                over.push(*ticket);
            }
        }
        for ticket in over {
            let job = self.jobs.remove(&ticket);
            let holds_memory = job.is_some_and(|job| job.running.head.shared.is_some());
            for lane in self.lanes.values_mut() {
                lane.job_is_over(ticket, holds_memory);
            }
        }
    }

    /// Stops everything, and waits a little for workers in the middle of a call: what those write
    /// must not come after what was written is removed.
    async fn shut_down(&mut self, news: &mut mpsc::UnboundedReceiver<LaneEvent>) {
        for job in self.jobs.values_mut() {
            job.running.fail(&CallError::Cancelled);
            job.running.flush();
        }
        self.jobs.clear();
        let mut controls = Vec::new();
        for (number, lane) in std::mem::take(&mut self.lanes) {
            let busy = !lane.is_idle();
            if let Some(mut control) = lane.control {
                control.kill();
                controls.push(control);
                if busy {
                    self.dying.insert(number, lane.knows);
                }
            }
        }
        drop(controls);
        let ended = async {
            while !self.dying.is_empty()
                && let Some(event) = news.recv().await
            {
                if matches!(event.news, News::Died(_)) {
                    self.dying.remove(&event.lane);
                }
            }
        };
        if tokio::time::timeout(LAST_CALLS, ended).await.is_err() {
            tracing::warn!("workers that were killed have not ended yet");
        }
        self.dying.clear();
        self.answer();
    }
}

/// How many calls a worker may have at once, for calls of this mean length.
fn ahead(call_ns: Option<f64>) -> u32 {
    match call_ns {
        None => 1,
        Some(ns) => ((AHEAD.as_nanos() as f64 / ns.max(1.0)) as u32).clamp(1, MOST_AHEAD),
    }
}

/// Sends calls of `job` to a lane as long as it has room.
fn send(number: u64, lane: &mut LaneState, job: &mut Job, ahead: u32) {
    let ahead = ahead as usize;
    if lane.control.is_none()
        || lane.alone
        || (lane.in_flight() > 0 && lane.in_flight() * 2 > ahead)
    {
        return;
    }
    let ticket = job.running.head.ticket;
    let fixed = job.running.plan.options.chunk_size.is_some();
    let mut calls: Vec<CallInput> = Vec::new();
    let mut bytes = lane.bytes();
    while lane.in_flight() + calls.len() < ahead.max(1) {
        let room = (ahead - lane.in_flight() - calls.len()) as u32;
        // A chunk of a size that the user chose stays whole.
        let most = if fixed || job.call_ns.is_none() { u32::MAX } else { room };
        let busy = lane.in_flight() > 0 || !calls.is_empty();
        if busy && bytes > BYTES_AHEAD {
            break;
        }
        let Some(range) = job.queue.pop(most) else { break };
        if range.count == 1 && job.running.ledger.is_suspect(range.first) {
            if busy {
                job.queue.push_front(range);
                break;
            }
            lane.alone = true;
        }
        for index in range.indices() {
            if !job.running.ledger.is_open(index) {
                continue;
            }
            let Some(input) = job.running.input(index) else { continue };
            if let crate::wire::Input::One(payload) = &input {
                bytes += payload.len();
            }
            let attempt = job.running.ledger.begin(index);
            calls.push(CallInput { index, attempt, input });
        }
        if lane.alone {
            break;
        }
    }
    if calls.is_empty() {
        lane.alone &= lane.in_flight() > 0;
        return;
    }
    if job.workers.insert(number) {
        job.running.tell(JobEvent::Workers(job.workers.len() as u32));
    }
    job.in_flight += calls.len() as u32;
    lane.note(ticket, &calls);
    if lane.in_flight() == calls.len() {
        lane.heard = Instant::now();
    }
    lane.tell_what_is_over();
    let Some(control) = &mut lane.control else { return };
    if lane.knows.insert(ticket) {
        control.send(ToWorker::Job(Box::new(job.running.head.as_ref().clone())));
    }
    control.send(ToWorker::Run { ticket, calls });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_calls_are_sent_ahead_and_long_ones_are_not() {
        assert_eq!(ahead(None), 1);
        assert_eq!(ahead(Some(1e9)), 1);
        assert_eq!(ahead(Some(1e5)), 40);
        assert_eq!(ahead(Some(1.0)), MOST_AHEAD);
    }
}
