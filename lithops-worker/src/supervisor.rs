//! Looks after a worker: the limits of its calls, its memory, its signs of life.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::Thread;
use std::time::{Duration, Instant, SystemTime};

use lithops_core::ports::Running;
use lithops_core::wire::{CallError, FromWorker, Report, Timing};

use crate::outbox::Outbox;
use crate::page::Status;

/// How often a busy worker is looked at whose memory is limited, or whose reports may not wait.
const LOOK: Duration = Duration::from_millis(5);
/// How often an idle one is, unless it gets busy.
const IDLE: Duration = Duration::from_secs(1);

/// What the call that runs may use; 0 stands for no limit.
#[derive(Debug, Default)]
pub struct Limits {
    timeout_ms: AtomicU64,
    memory: AtomicU64,
}

impl Limits {
    pub(crate) fn set(&self, timeout_ms: Option<u64>, memory: Option<u64>) {
        self.timeout_ms.store(timeout_ms.unwrap_or(0), Ordering::Relaxed);
        self.memory.store(memory.unwrap_or(0), Ordering::Relaxed);
    }

    fn timeout_ms(&self) -> Option<u64> {
        Some(self.timeout_ms.load(Ordering::Relaxed)).filter(|limit| *limit > 0)
    }

    fn memory(&self) -> Option<u64> {
        Some(self.memory.load(Ordering::Relaxed)).filter(|limit| *limit > 0)
    }
}

/// Ends a worker whose call is past its limits; the last words have been sent.
pub type Stop = Box<dyn Fn() + Send>;

/// Looks after one worker, from a thread of its own.
#[derive(Debug)]
pub struct Supervisor {
    thread: Thread,
    idle: Arc<AtomicBool>,
}

struct Watched {
    status: Arc<Status>,
    limits: Arc<Limits>,
    outbox: Weak<Outbox>,
    idle: Arc<AtomicBool>,
    heartbeat: Duration,
    /// How long a report may wait.
    patience: Duration,
    stop: Stop,
}

impl Supervisor {
    /// Starts to look after a worker. Ends when its outbox is gone.
    ///
    /// `heartbeat` is how often the client is told that the worker lives; `stop` ends it.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(
        status: Arc<Status>,
        limits: Arc<Limits>,
        outbox: &Arc<Outbox>,
        heartbeat: Duration,
        stop: Stop,
    ) -> std::io::Result<Self> {
        let idle = Arc::new(AtomicBool::new(false));
        let (patience, outbox) = (outbox.patience(), Arc::downgrade(outbox));
        let watched =
            Watched { status, limits, outbox, idle: Arc::clone(&idle), heartbeat, patience, stop };
        let thread = std::thread::Builder::new()
            .name("lithops-watch".to_owned())
            .spawn(move || watched.watch())?;
        Ok(Self { thread: thread.thread().clone(), idle })
    }

    /// Says that the worker has got something to do.
    pub fn wake(&self) {
        if self.idle.swap(false, Ordering::Relaxed) {
            self.thread.unpark();
        }
    }
}

impl Watched {
    fn watch(&self) {
        let mut said = Instant::now();
        let mut idle_looks = 0u32;
        loop {
            let running = self.status.running();
            idle_looks = if running.is_some() { 0 } else { idle_looks.saturating_add(1) };
            if let Some((_, started_ms)) = running {
                std::thread::park_timeout(self.pause(now_ms().saturating_sub(started_ms)));
            } else if idle_looks > 2 {
                self.idle.store(true, Ordering::Relaxed);
                std::thread::park_timeout(IDLE.min(self.heartbeat));
                // Woken for work: more may follow, and must not wake this thread each time.
                if !self.idle.swap(false, Ordering::Relaxed) {
                    idle_looks = 0;
                }
            } else {
                std::thread::park_timeout(LOOK);
            }
            let Some(outbox) = self.outbox.upgrade() else { return };
            if let Some((running, cause)) = self.beyond_limits() {
                let report = Report::without_value(running.index, running.attempt, cause);
                let report = Report { timing: self.timing(), ..report };
                outbox.say_last(running.ticket, report);
                (self.stop)();
                return;
            }
            let now = Instant::now();
            outbox.flush_if_due(now);
            if now.duration_since(said) >= self.heartbeat {
                said = now;
                // One that does not get out ends nothing: limits go on, and the next one may.
                if !outbox.say(FromWorker::Alive) && outbox.is_shut() {
                    return;
                }
            }
        }
    }

    /// How long a call that has run for `ran_ms` need not be looked at. Thousands of workers on a
    /// machine would keep it busy by looking alone.
    fn pause(&self, ran_ms: u64) -> Duration {
        if self.limits.memory().is_some() {
            return LOOK;
        }
        let most = LOOK.max(self.patience / 2);
        // Never longer than the limit, which may be that of a call that begins meanwhile.
        let left = self.limits.timeout_ms().map(|limit| limit.saturating_sub(ran_ms));
        left.map_or(most, |left| Duration::from_millis(left).clamp(LOOK, most))
    }

    /// The call that runs, if it uses more than it may.
    fn beyond_limits(&self) -> Option<(Running, CallError)> {
        let (running, started_ms) = self.status.running()?;
        if let Some(limit) = self.limits.memory() {
            let resident = resident_bytes().unwrap_or(0);
            self.status.saw_memory(resident);
            if resident > limit {
                return Some((running, CallError::OutOfMemory { limit, peak: resident }));
            }
        }
        let limit_ms = self.limits.timeout_ms()?;
        let over = now_ms().saturating_sub(started_ms) >= limit_ms;
        // Looked at twice: in between the call may have ended and another begun.
        let same = self.status.running() == Some((running, started_ms));
        (over && same).then_some((running, CallError::TimedOut { limit_ms }))
    }

    fn timing(&self) -> Timing {
        let started_ms = self.status.running().map_or_else(now_ms, |(_, started)| started);
        let busy_ms = now_ms().saturating_sub(started_ms);
        Timing { started_ns: started_ms * 1_000_000, busy_ns: busy_ms * 1_000_000 }
    }
}

pub(crate) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.as_millis() as u64
}

/// Memory of this process that is in RAM.
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;
    use crate::outbox::tests::Failing;

    #[test]
    fn a_sign_of_life_that_fails_is_followed_by_others() {
        let destination = Failing::times(2, true);
        let outbox = Arc::new(Outbox::new(destination.clone()));
        let (status, limits) = (Arc::new(Status::on_heap()), Arc::default());
        let heartbeat = Duration::from_millis(10);
        let stop = Box::new(|| {});
        let _supervisor = Supervisor::start(status, limits, &outbox, heartbeat, stop).unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while destination.sent.lock().unwrap().len() < 2 {
            assert!(Instant::now() < deadline, "no sign of life came");
            std::thread::yield_now();
        }
        assert_eq!(*destination.failures.lock().unwrap(), 0);
        assert_eq!(destination.sent.lock().unwrap()[0], [FromWorker::Alive]);
    }
}
