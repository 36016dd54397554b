//! Workers of a platform that wants back what has no calls.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lithops::prelude::*;
use lithops::{Capability, ComputeBackend, ComputeError, JobId};
use lithops_backend_local::{ThreadBackend, ThreadConfig};
use lithops_core::ports::{CleanScope, Lane, LaneSink, Launch, Link, WorkerProfile, WorkerStatus};
use lithops_core::run::{Engine, EngineSettings};
use lithops_core::wire::ToWorker;
use lithops_storage::MemoryStorage;

/// How long a worker without calls is kept.
const IDLE: Duration = Duration::from_millis(50);

/// Threads, of which a few can be had at once: whoever wants more waits, for ever if it must be.
#[derive(Debug)]
struct Leased {
    threads: ThreadBackend,
    counts: Arc<Counts>,
    room: AtomicUsize,
    idle: Duration,
}

#[derive(Debug, Default)]
struct Counts {
    asked: AtomicUsize,
    opened: AtomicUsize,
    ended: AtomicUsize,
    given_up: AtomicUsize,
}

/// A lane whose end is counted.
#[derive(Debug)]
struct Counted {
    lane: Box<dyn Lane>,
    counts: Arc<Counts>,
}

impl Lane for Counted {
    fn send(&mut self, message: ToWorker) {
        self.lane.send(message);
    }

    fn kill(&mut self) {
        self.lane.kill();
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.counts.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// A worker that is waited for.
struct Waiting(Arc<Counts>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.given_up.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Link for Leased {
    async fn open(
        &self,
        profile: &WorkerProfile,
        sink: LaneSink,
    ) -> Result<Box<dyn Lane>, ComputeError> {
        self.counts.asked.fetch_add(1, Ordering::SeqCst);
        let less = |room: usize| room.checked_sub(1);
        if self.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_err() {
            let _waiting = Waiting(Arc::clone(&self.counts));
            std::future::pending::<()>().await;
        }
        let lane = self.threads.link().unwrap().open(profile, sink).await?;
        self.counts.opened.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Counted { lane, counts: Arc::clone(&self.counts) }))
    }

    fn idle(&self) -> Option<Duration> {
        Some(self.idle)
    }
}

#[async_trait]
impl ComputeBackend for Leased {
    fn capability(&self) -> Capability {
        self.threads.capability()
    }

    fn link(&self) -> Option<&dyn Link> {
        Some(self)
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        self.threads.deploy().await
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        self.threads.start(launch).await
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        self.threads.status(job).await
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        self.threads.cancel(job).await
    }

    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError> {
        self.threads.clean(scope).await
    }
}

/// An executor of four workers, of which `room` can be had.
fn leased(room: usize) -> (Engine, Arc<Counts>) {
    leased_for(IDLE, room)
}

/// The same, where a worker without calls is kept for so long.
fn leased_for(idle: Duration, room: usize) -> (Engine, Arc<Counts>) {
    lithops_storage::install();
    let counts = Arc::<Counts>::default();
    let threads = ThreadBackend::new(ThreadConfig { workers: 4 });
    let room = AtomicUsize::new(room);
    let backend = Leased { threads, counts: Arc::clone(&counts), room, idle };
    let storage = Arc::new(MemoryStorage::new());
    (Engine::new(Arc::new(backend), storage, EngineSettings::default(), None), counts)
}

/// Waits until a count is this.
async fn until(count: &AtomicUsize, expected: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while count.load(Ordering::SeqCst) != expected {
        assert!(Instant::now() < deadline, "{} and not {expected}", count.load(Ordering::SeqCst));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Takes its time, so that every worker gets a call.
fn double(x: u32) -> u32 {
    std::thread::sleep(Duration::from_millis(20));
    x * 2
}

/// Longer than any worker without calls is kept.
fn last(x: u32) -> u32 {
    std::thread::sleep(4 * IDLE);
    x
}

#[tokio::test]
async fn workers_without_calls_are_given_back_and_the_next_job_has_new_ones() {
    let (exec, counts) = leased(8);
    assert_eq!(exec.map(double, 0..4).await.unwrap(), [0, 2, 4, 6]);
    until(&counts.ended, 4).await;
    assert_eq!(exec.map(double, 4..8).await.unwrap(), [8, 10, 12, 14]);
    until(&counts.ended, 8).await;
    assert_eq!(counts.opened.load(Ordering::SeqCst), 8);
}

#[tokio::test]
async fn workers_on_their_way_are_given_up_when_the_last_call_has_ended() {
    let (exec, counts) = leased(1);
    assert_eq!(exec.map(double, 0..4).await.unwrap(), [0, 2, 4, 6]);
    until(&counts.given_up, 3).await;
    until(&counts.ended, 1).await;
    assert_eq!(counts.opened.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn workers_on_their_way_are_given_up_at_once_however_long_others_are_kept() {
    const HOUR: Duration = Duration::from_secs(3600);
    let (exec, counts) = leased_for(HOUR, 1);
    assert_eq!(exec.map(double, 0..4).await.unwrap(), [0, 2, 4, 6]);
    until(&counts.given_up, 3).await;
    assert_eq!(exec.map(double, 4..8).await.unwrap(), [8, 10, 12, 14]);
    until(&counts.given_up, 6).await;
    // No call of a job that is cancelled begins.
    let (exec, counts) = leased_for(HOUR, 0);
    let job = exec.map(double, 0..4).submit().unwrap();
    until(&counts.asked, 4).await;
    job.cancel();
    until(&counts.given_up, 4).await;
}

#[tokio::test]
async fn a_worker_at_a_long_call_is_not_without_calls() {
    let (exec, counts) = leased(2);
    let handle = exec.map(last, [1, 2]).submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), [1, 2]);
    assert_eq!(handle.future(0).failed_attempts(), []);
    until(&counts.ended, 2).await;
    assert_eq!(counts.opened.load(Ordering::SeqCst), 2);
}
