//! A worker at the end of a lane, and the messages on their way.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use lithops_core::ports::{Death, Lane, LaneSink, News, Running, StorageBackend};
use lithops_core::wire::{CallInput, CallRange, FromWorker, PROTOCOL, ToWorker};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::execution::{Ended, Executor, Job};
use super::fate::{Fate, Turn};
use super::task::obituary;
use crate::scene::{Scene, pass};

/// How often the client hears of a worker that has nothing else to say.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How much longer a slow message takes.
const SLOW: u32 = 100;

/// The client's end of a lane.
#[derive(Debug)]
pub(crate) struct SimulatedLane {
    out: Way<ToWorker>,
    /// Dropped to end the worker.
    leash: Option<UnboundedSender<()>>,
}

impl Lane for SimulatedLane {
    fn send(&mut self, message: ToWorker) {
        self.out.send(message);
    }

    fn kill(&mut self) {
        self.leash = None;
    }
}

/// One way of a link: messages come in the order in which they were sent.
#[derive(Debug)]
struct Way<T> {
    scene: Arc<Scene>,
    sender: UnboundedSender<(Instant, T)>,
    last: Instant,
}

impl<T: Send + 'static> Way<T> {
    /// A way to `arrive`, which tells whether anybody is still there.
    fn to(scene: &Arc<Scene>, arrive: impl Fn(T) -> bool + Send + 'static) -> Self {
        let (sender, mut receiver) = unbounded_channel::<(Instant, T)>();
        scene.spawn(async move {
            while let Some((when, message)) = receiver.recv().await {
                sleep_until(when).await;
                if !arrive(message) {
                    return;
                }
            }
        });
        Self { scene: Arc::clone(scene), sender, last: Instant::now() }
    }

    fn send(&mut self, message: T) {
        let faults = &self.scene.faults;
        let length = self.scene.between(faults.message);
        let slow = self.scene.happens(faults.slow_messages);
        let length = if slow { length * SLOW } else { length };
        self.last = self.last.max(Instant::now() + length);
        // The other side may be gone: then nobody hears it.
        self.sender.send((self.last, message)).ok();
    }
}

/// Starts a worker at the end of a lane.
pub(crate) fn open(
    scene: &Arc<Scene>,
    storage: &Arc<dyn StorageBackend>,
    sink: LaneSink,
) -> SimulatedLane {
    let place = scene.next_lane();
    let fate = Fate::draw(scene, 6);
    let (arrived, inbox) = unbounded_channel();
    let out = Way::to(scene, move |message| arrived.send(message).is_ok());
    let news = Way::to(scene, move |news| sink.send(news));
    let (leash, end) = unbounded_channel();
    let (scene, storage) = (Arc::clone(scene), Arc::clone(storage));
    scene.note(format_args!("{place} is opened"));
    let on = Arc::clone(&scene);
    on.spawn(async move {
        let executor =
            Executor { scene: Arc::clone(&scene), storage, place: place.clone(), fate, begun: 0 };
        let worker = Worker { executor, news, queue: VecDeque::new(), jobs: Vec::new(), up: false };
        scene.tally(|tally| tally.up(&place));
        worker.live(inbox, end).await;
        scene.tally(|tally| tally.down(&place));
        scene.note(format_args!("{place} has ended"));
    });
    SimulatedLane { out, leash: Some(leash) }
}

enum Item {
    Job(u32, Job),
    Call(u32, CallInput),
    Forget(u32),
}

struct Worker {
    executor: Executor,
    news: Way<News>,
    queue: VecDeque<Item>,
    jobs: Vec<(u32, Job)>,
    up: bool,
}

/// What a worker is at.
type AtWork = std::pin::Pin<Box<dyn Future<Output = (Executor, Ended)> + Send>>;

impl Worker {
    /// Works until it dies or is ended, and says so.
    async fn live(
        mut self,
        mut inbox: UnboundedReceiver<ToWorker>,
        mut end: UnboundedReceiver<()>,
    ) {
        let scene = Arc::clone(&self.executor.scene);
        let mut running = None;
        let seen = self.executor.fate.seen;
        tokio::select! {
            biased;
            // Nothing is ever sent: it ends with the client's end of the lane, or is told to.
            _ = end.recv() => {}
            () = self.work(&mut inbox, &mut running) => {}
        }
        pass(scene.between(scene.faults.message)).await;
        let (running, unseen, cause) = obituary(seen, running);
        self.news.send(News::Died(Death { running, unseen, cause, was_up: self.up }));
    }

    /// Works until it dies; leaves in `running` what it was at.
    async fn work(
        &mut self,
        inbox: &mut UnboundedReceiver<ToWorker>,
        running: &mut Option<Running>,
    ) {
        let (scene, place) = (Arc::clone(&self.executor.scene), self.executor.place.clone());
        let fate = self.executor.fate.clone();
        let Some(start) = fate.start else {
            scene.disturb(&place, format_args!("is never started"));
            return std::future::pending().await;
        };
        pass(start).await;
        if fate.turn == Turn::DiesFirst {
            scene.disturb(&place, format_args!("dies before its first word"));
            return;
        }
        self.up = true;
        self.say(FromWorker::Hello { protocol: PROTOCOL });
        let mut executor = Some(Executor {
            scene: Arc::clone(&scene),
            storage: Arc::clone(&self.executor.storage),
            place,
            fate: fate.clone(),
            begun: 0,
        });
        let mut at_work: Option<(u32, AtWork)> = None;
        let mut beat = Instant::now() + HEARTBEAT;
        loop {
            if at_work.is_none()
                && let Some((ticket, job, call)) = self.next()
                && let Some(mut idle) = executor.take()
            {
                *running = Some(Running { ticket, index: call.index, attempt: call.attempt });
                if let Turn::Stalls(nth, length) = fate.turn
                    && nth == idle.begun
                {
                    // Its signs of life stop too.
                    let still = length.unwrap_or(Duration::from_secs(365 * 24 * 3600));
                    beat = Instant::now() + still;
                }
                let work = async move {
                    let ended = idle.run(&job, call).await;
                    (idle, ended)
                };
                at_work = Some((ticket, Box::pin(work)));
            }
            tokio::select! {
                biased;
                (idle, ended) = done(&mut at_work) => {
                    let ticket = at_work.take().map_or(0, |(ticket, _)| ticket);
                    executor = Some(idle);
                    match ended {
                        Ended::Reported(report) => {
                            *running = None;
                            self.say(FromWorker::Reports { ticket, reports: vec![report] });
                        }
                        Ended::Last(report) => {
                            return self.say(FromWorker::Reports { ticket, reports: vec![report] });
                        }
                        Ended::Died => return,
                        Ended::DiedAfter => {
                            *running = None;
                            return;
                        }
                    }
                }
                message = inbox.recv() => match message {
                    Some(message) => self.take(message),
                    None => return,
                },
                () = sleep_until(beat) => {
                    beat = Instant::now() + HEARTBEAT;
                    self.say(FromWorker::Alive);
                }
            }
        }
    }

    fn say(&mut self, message: FromWorker) {
        self.news.send(News::Said(message));
    }

    /// The next call, once what stands before it is done.
    fn next(&mut self) -> Option<(u32, Job, CallInput)> {
        while let Some(item) = self.queue.pop_front() {
            match item {
                Item::Job(ticket, job) => self.jobs.push((ticket, job)),
                Item::Forget(ticket) => self.jobs.retain(|(of, _)| *of != ticket),
                Item::Call(ticket, call) => {
                    let job = self.jobs.iter().rev().find(|(of, _)| *of == ticket);
                    let job = job.map(|(_, job)| job.clone());
                    return job.map(|job| (ticket, job, call));
                }
            }
        }
        None
    }

    fn take(&mut self, message: ToWorker) {
        match message {
            ToWorker::Job(head) => {
                let ticket = head.ticket;
                self.queue.push_back(Item::Job(ticket, Job::new(*head, None)));
            }
            ToWorker::Run { ticket, calls } => {
                self.queue.extend(calls.into_iter().map(|call| Item::Call(ticket, call)));
            }
            ToWorker::Forget { ticket } => self.queue.push_back(Item::Forget(ticket)),
            ToWorker::Shares(_) => {}
            ToWorker::Recall => {
                let (calls, rest) = std::mem::take(&mut self.queue)
                    .into_iter()
                    .partition(|item| matches!(item, Item::Call(..)));
                self.queue = rest;
                let calls: VecDeque<Item> = calls;
                let range = |item: Item| match item {
                    Item::Call(ticket, call) => {
                        Some((ticket, CallRange { first: call.index, count: 1 }))
                    }
                    _ => None,
                };
                let calls = calls.into_iter().filter_map(range).collect();
                self.say(FromWorker::Returned { calls });
            }
        }
    }
}

async fn done(at_work: &mut Option<(u32, AtWork)>) -> (Executor, Ended) {
    match at_work {
        Some((_, work)) => work.await,
        None => std::future::pending().await,
    }
}
