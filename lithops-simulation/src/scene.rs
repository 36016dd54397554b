//! What all parts of a simulation share.

use std::fmt::Arguments as Text;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use lithops_core::function::Arguments;
use lithops_worker::WorkerJob;
use rustix::time::{ClockId, clock_gettime};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::chance::Chance;
use crate::desk::{Desk, Done};
use crate::faults::{Faults, Span};
use crate::log::EventLog;
use crate::tally::{Place, Tally};

/// What all parts of a simulation share: its chance, its faults, its log, its tally.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) faults: Faults,
    /// Whether the platform knows which call a worker died of.
    pub(crate) sees_calls: bool,
    /// Whether workers are on the client's machine.
    pub(crate) here: bool,
    pub(crate) workers: usize,
    pub(crate) slots: usize,
    begun: Instant,
    /// Time of the processor, in nanoseconds, that all but the client has taken.
    simulated_ns: AtomicU64,
    state: Mutex<State>,
    desk: Mutex<Desk>,
}

#[derive(Debug)]
struct State {
    chance: Chance,
    log: EventLog,
    tally: Tally,
    lanes: u64,
}

impl Scene {
    /// Set by a seed; must be made inside the simulation's runtime.
    pub(crate) fn set(seed: u64, faults: Faults, workers: usize) -> std::io::Result<Arc<Self>> {
        let mut chance = Chance::of_seed(seed);
        let (sees_calls, here) = (chance.happens(0.5), chance.happens(0.5));
        let slots = if chance.happens(0.3) { 2 } else { 1 };
        let (log, tally) = Default::default();
        Ok(Arc::new(Self {
            faults,
            sees_calls,
            here,
            workers,
            slots,
            begun: Instant::now(),
            simulated_ns: AtomicU64::new(0),
            state: Mutex::new(State { chance, log, tally, lanes: 0 }),
            desk: Mutex::new(Desk::open()?),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, what: Text<'_>) {
        let at = self.begun.elapsed();
        self.state().log.note(at, what);
    }

    /// Notes a fault.
    pub(crate) fn fault(&self, what: Text<'_>) {
        self.tally(Tally::fault);
        self.note(format_args!("FAULT {what}"));
    }

    /// Notes a fault that befalls a worker.
    pub(crate) fn disturb(&self, place: &Place, what: Text<'_>) {
        self.tally(|tally| tally.disturb(place));
        self.fault(format_args!("{place} {what}"));
    }

    pub(crate) fn tally<T>(&self, with: impl FnOnce(&mut Tally) -> T) -> T {
        with(&mut self.state().tally)
    }

    pub(crate) fn happens(&self, rate: f64) -> bool {
        self.state().chance.happens(rate)
    }

    pub(crate) fn below(&self, bound: u32) -> u32 {
        self.state().chance.below(bound)
    }

    pub(crate) fn between(&self, span: Span) -> Duration {
        self.state().chance.between(span)
    }

    /// A length of time up to `most`.
    pub(crate) fn up_to(&self, most: Duration) -> Duration {
        self.between((Duration::ZERO, most))
    }

    /// Does something that is no work of the client's.
    pub(crate) fn simulated<T>(&self, work: impl FnOnce() -> T) -> T {
        let begun = processor_ns();
        let done = work();
        self.simulated_ns.fetch_add(processor_ns() - begun, Ordering::Relaxed);
        done
    }

    /// Time of the processor that all but the client has taken.
    pub(crate) fn simulated_time(&self) -> Duration {
        Duration::from_nanos(self.simulated_ns.load(Ordering::Relaxed))
    }

    /// Lives on the simulation's runtime, as no part of the client.
    pub(crate) fn spawn(
        self: &Arc<Self>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> AbortHandle {
        let (scene, mut work) = (Arc::clone(self), Box::pin(work));
        let work =
            std::future::poll_fn(move |context| scene.simulated(|| work.as_mut().poll(context)));
        lithops_core::run::runtime().spawn(work).abort_handle()
    }

    /// The place of a new worker over a link.
    pub(crate) fn next_lane(&self) -> Place {
        let mut state = self.state();
        state.lanes += 1;
        Place::Lane(state.lanes)
    }

    /// Calls a function: all other parts stand still meanwhile, and so does the clock.
    pub(crate) fn call(
        &self,
        job: &Arc<WorkerJob>,
        call: (u32, u32),
        arguments: Arguments,
    ) -> Done {
        let desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.call(Arc::clone(job), call, arguments)
    }

    pub(crate) fn take(&self) -> (EventLog, Tally) {
        let mut state = self.state();
        (std::mem::take(&mut state.log), std::mem::take(&mut state.tally))
    }
}

/// What the clock of the processor says of this thread, in nanoseconds.
pub(crate) fn processor_ns() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let now = lithops_core::run::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Waits a while, if it is one.
pub(crate) async fn pass(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}
