//! A job among others who write to its bucket, and workers that say what is not so: every result is
//! right, or the failure tells what was found.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use lithops::prelude::*;
use lithops::{Capability, ComputeBackend, ComputeError, JobId, RetryPolicy, StorageBackend};
use lithops_backend_local::{ThreadBackend, ThreadConfig};
use lithops_core::ports::{
    CleanScope, Lane, LaneEvent, LaneSink, Launch, Link, News, PutMode, Running, WorkerProfile,
    WorkerStatus,
};
use lithops_core::run::{Engine, EngineSettings};
use lithops_core::wire::{
    CallInput, CallRange, FromWorker, FunctionId, Input, JobHead, Payload, Report, SavedJob,
    ToWorker, keys,
};
use lithops_storage::MemoryStorage;
use tokio::sync::mpsc;

/// What somebody does between the dispatch of calls and the start of their workers.
type Meddle = fn(&MemoryStorage, &mut Launch);

/// Threads through storage, with somebody who meddles before each start.
#[derive(Debug)]
struct Meddled {
    threads: ThreadBackend,
    storage: MemoryStorage,
    meddle: Meddle,
}

#[async_trait]
impl ComputeBackend for Meddled {
    fn capability(&self) -> Capability {
        self.threads.capability()
    }

    fn link(&self) -> Option<&dyn Link> {
        None
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        self.threads.deploy().await
    }

    async fn start(&self, mut launch: Launch) -> Result<(), ComputeError> {
        (self.meddle)(&self.storage, &mut launch);
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

fn meddled(meddle: Meddle) -> (Engine, MemoryStorage) {
    lithops_storage::install();
    let storage = MemoryStorage::new();
    let threads = ThreadBackend::new(ThreadConfig { workers: 2 });
    let backend = Arc::new(Meddled { threads, storage: storage.clone(), meddle });
    let shared: Arc<dyn StorageBackend> = Arc::new(storage.clone());
    (Engine::new(backend, shared, EngineSettings::default(), None), storage)
}

/// Writes an object of somebody else's.
fn put(storage: &MemoryStorage, key: &str, body: impl Into<Bytes>) {
    let put = storage.put(key, body.into(), PutMode::Overwrite);
    futures_of_memory(put).unwrap();
}

/// What the storage in memory does is done at once, wherever it is asked.
fn futures_of_memory<F: Future>(future: F) -> F::Output {
    lithops_core::run::wait_here(future)
}

/// Replaces the objects below a prefix by as many bytes that are others; gives how many.
fn replace_all(storage: &MemoryStorage, prefix: &str) -> usize {
    let page = futures_of_memory(storage.list(prefix, None)).unwrap();
    for object in &page.objects {
        put(storage, &object.key, vec![0xee; object.size as usize]);
    }
    page.objects.len()
}

fn double(x: u32) -> u32 {
    x * 2
}

fn doubled() -> Vec<u32> {
    (0..8).map(double).collect()
}

fn value(index: u32, attempt: u32) -> Report {
    // MessagePack for 99, which no call gives.
    let outcome = Ok(Payload::Inline(Bytes::from_static(&[99])));
    Report { outcome, ..Report::without_value(index, attempt, CallError::Cancelled) }
}

fn batch(messages: impl IntoIterator<Item = FromWorker>) -> Vec<u8> {
    messages.into_iter().flat_map(FromWorker::encode).flatten().collect()
}

#[tokio::test]
async fn objects_among_the_outcomes_that_are_no_batches_cost_no_result() {
    let (exec, storage) = meddled(|storage, launch| {
        let job = &launch.job;
        let reports = |reports| FromWorker::Reports { ticket: 1, reports };
        let honest = batch([FromWorker::Alive]);
        let objects: [(&str, String, Vec<u8>); 8] = [
            ("another name", format!("{}readme", keys::outcomes(job)), b"hello".to_vec()),
            ("garbage", keys::batch(job, 1, 0, 0, 7, 1), vec![0xff; 64]),
            ("nothing", keys::batch(job, 2, 0, 0, 8, 1), Vec::new()),
            ("the half of a batch", keys::batch(job, 3, 0, 0, 9, 1), honest[..13].to_vec()),
            (
                "more behind a batch",
                keys::batch(job, 4, 0, 0, 10, 1),
                [honest.as_slice(), b"x"].concat(),
            ),
            (
                "a batch of a worker that was never started",
                keys::batch(job, 5, 9, 0, 0, 1),
                batch([reports((0..8).map(|index| value(index, 1)).collect())]),
            ),
            (
                "calls and attempts that were never given",
                keys::batch(job, 6, 0, 0, 11, 1),
                batch([reports(vec![
                    value(8, 1),
                    value(u32::MAX, 1),
                    value(0, 0),
                    value(1, 2),
                    value(2, u32::MAX),
                    Report::without_value(3, u32::MAX, CallError::Cancelled),
                ])]),
            ),
            (
                "requests without end, in a time to come",
                keys::batch(job, u64::MAX, 0, 0, 12, 1),
                batch([FromWorker::Requests(u32::MAX), FromWorker::Requests(u32::MAX)]),
            ),
        ];
        for (_, key, object) in objects {
            put(storage, &key, object);
        }
    });
    let handle = exec.map(double, 0..8).chunk_size(4).submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), doubled());
    let failed = (0..8).map(|index| handle.future(index).failed_attempts().len());
    assert_eq!(failed.sum::<usize>(), 0);
    drop(handle);
    exec.shutdown().await;
    assert_eq!(futures_of_memory(storage.list("", None)).unwrap().objects, []);
}

/// More than goes into a batch.
fn large(x: u8) -> Vec<u8> {
    vec![x; 2 << 20]
}

#[tokio::test]
async fn a_result_that_was_replaced_in_its_bucket_is_told_and_not_returned() {
    let (exec, storage) = meddled(|_, _| ());
    let handle = exec.map(large, [1]).submit().unwrap();
    handle.finished().await;
    let job = handle.id().clone();
    assert_eq!(replace_all(&storage, &format!("{}values/", keys::job(&job))), 1);
    let error = handle.results().await.unwrap_err();
    let Error::Call { index: 0, cause: CallError::Replaced { key }, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(key, keys::value(&job, 0, 1));
}

#[tokio::test]
async fn a_result_that_was_shortened_in_its_bucket_is_told_and_not_returned() {
    let (exec, storage) = meddled(|_, _| ());
    let handle = exec.map(large, [1]).submit().unwrap();
    handle.finished().await;
    put(&storage, &keys::value(handle.id(), 0, 1), vec![1; 100]);
    let error = handle.results().await.unwrap_err();
    // The range that was written is not there: the storage says so before any byte is compared.
    let Error::Call { cause: CallError::Storage { retryable: false, .. }, .. } = error else {
        panic!("{error}")
    };
}

#[tokio::test]
async fn an_argument_that_was_replaced_in_its_bucket_reaches_no_function() {
    let (exec, _) = meddled(|storage, launch| {
        assert_eq!(replace_all(storage, &format!("{}in/", keys::job(&launch.job))), 1);
    });
    let error = exec.map(|bytes: Vec<u8>| bytes.len(), [vec![1; 9 << 20]]).await.unwrap_err();
    let Error::Call { index: 0, cause: CallError::Replaced { key }, .. } = error else {
        panic!("{error}")
    };
    assert!(key.ends_with("/in/00000000"), "{key}");
}

#[tokio::test]
async fn a_result_that_was_replaced_on_its_way_to_the_next_stage_reaches_no_function() {
    let (exec, _) = meddled(|storage, _| {
        // Nothing the first time.
        let jobs = futures_of_memory(storage.list(keys::JOBS, None)).unwrap().objects;
        for object in jobs.iter().filter(|object| object.key.contains("/values/")) {
            put(storage, &object.key, vec![0xee; object.size as usize]);
        }
    });
    let chain = exec.map(large, [1]).map(|bytes: Vec<u8>| bytes.len());
    let error = chain.await.unwrap_err();
    let Error::Call { index: 0, cause: CallError::Replaced { key }, .. } = error else {
        panic!("{error}")
    };
    assert!(key.contains("/values/"), "{key}");
}

#[tokio::test]
async fn an_order_of_another_protocol_ends_the_job_and_tells_both_versions() {
    let (exec, _) = meddled(|_, launch| launch.order.protocol = 3);
    let policy = RetryPolicy { worker_deaths: 9, ..RetryPolicy::default() };
    let error = exec.map(double, [1]).retry_policy(policy).await.unwrap_err();
    let Error::Call { cause: CallError::WorkerLost { reason }, .. } = error else {
        panic!("{error}")
    };
    let told = "the order is of protocol 3, this worker speaks 4";
    assert!(reason.contains(told), "{reason}");
}

#[tokio::test]
async fn a_dispatch_that_was_replaced_runs_nothing_and_ends_the_job() {
    let (exec, _) = meddled(|storage, launch| {
        put(storage, &keys::wave(&launch.job, launch.order.wave), vec![0xff; 4096]);
        launch.order.len = 4096;
        launch.order.preface = 2048;
    });
    let policy = RetryPolicy { worker_deaths: 9, ..RetryPolicy::default() };
    let error = exec.map(double, [1]).retry_policy(policy).await.unwrap_err();
    let Error::Call { cause: CallError::WorkerLost { reason }, .. } = error else {
        panic!("{error}")
    };
    assert!(reason.contains("is not the object that this worker was started for"), "{reason}");
}

#[tokio::test]
async fn a_job_that_claims_four_billion_calls_is_not_taken_up() {
    let (exec, storage) = meddled(|_, _| ());
    let job = JobId::new("ab12cd34", 7);
    let head = JobHead {
        job: job.clone(),
        ticket: 1,
        calls: u32::MAX,
        function: FunctionId { path: String::new(), signature: String::new(), type_id: 1 },
        result_type: "u32".to_owned(),
        build: Vec::new(),
        timeout_ms: None,
        retry: (3, 9, u64::MAX),
        memory: None,
        store_above: None,
        storage: storage.location(),
        shared: None,
    };
    let input = Input::One(Payload::Inline(Bytes::from_static(&[1])));
    let calls = vec![CallInput { index: 0, attempt: 1, input }];
    let messages = [ToWorker::Job(Box::new(head)), ToWorker::Run { ticket: 1, calls }];
    let wave: Vec<u8> = messages.iter().flat_map(ToWorker::encode).flatten().collect();
    put(&storage, &keys::wave(&job, 0), wave);
    let (location, result_type) = (storage.location(), "u32".to_owned());
    let saved = SavedJob { job, storage: location, calls: u32::MAX, result_type };
    let error = exec.attach::<u32>(&saved).await.unwrap_err();
    let Error::Attach { reason, .. } = error else { panic!("{error}") };
    assert!(reason.contains("is not sealed with this client's key"), "{reason}");
}

/// Threads whose workers say more than is so.
#[derive(Debug)]
struct Lying {
    threads: ThreadBackend,
    lies: fn(&FromWorker) -> Vec<FromWorker>,
    told: Arc<Mutex<usize>>,
}

#[async_trait]
impl Link for Lying {
    async fn open(
        &self,
        profile: &WorkerProfile,
        sink: LaneSink,
    ) -> Result<Box<dyn Lane>, ComputeError> {
        let (events, mut heard) = mpsc::unbounded_channel::<LaneEvent>();
        let (lies, told) = (self.lies, Arc::clone(&self.told));
        tokio::spawn(async move {
            while let Some(event) = heard.recv().await {
                let News::Said(message) = event.news else {
                    sink.send(event.news);
                    continue;
                };
                for lie in lies(&message) {
                    *told.lock().unwrap() += 1;
                    sink.send(News::Said(lie));
                }
                sink.send(News::Said(message));
            }
        });
        let link = self.threads.link().expect("threads have one");
        link.open(profile, LaneSink::new(0, events)).await
    }
}

#[async_trait]
impl ComputeBackend for Lying {
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

fn lying(lies: fn(&FromWorker) -> Vec<FromWorker>) -> (Engine, Arc<Mutex<usize>>) {
    lithops_storage::install();
    let told = Arc::new(Mutex::new(0));
    let threads = ThreadBackend::new(ThreadConfig { workers: 2 });
    let backend = Arc::new(Lying { threads, lies, told: Arc::clone(&told) });
    let storage: Arc<dyn StorageBackend> = Arc::new(MemoryStorage::new());
    (Engine::new(backend, storage, EngineSettings::default(), None), told)
}

#[tokio::test]
async fn reports_of_what_a_worker_does_not_have_cost_no_result() {
    let (exec, told) = lying(|message| {
        let FromWorker::Reports { ticket, reports } = message else { return Vec::new() };
        let (ticket, index) = (*ticket, reports[0].index);
        let report = |ticket, report| FromWorker::Reports { ticket, reports: vec![report] };
        let all = CallRange { first: 0, count: u32::MAX };
        let beyond = CallRange { first: u32::MAX, count: u32::MAX };
        let running = Some(Running { ticket, index, attempt: 1 });
        vec![
            report(ticket.wrapping_add(1000), value(index, 1)),
            report(ticket, value(u32::MAX, 1)),
            report(ticket, value(index, 77)),
            report(ticket, value(index, 0)),
            FromWorker::Returned {
                calls: vec![(ticket.wrapping_add(1000), all), (ticket, beyond)],
            },
            FromWorker::Ended { running, cause: CallError::Cancelled },
            FromWorker::Requests(u32::MAX),
        ]
    });
    let handle = exec.map(double, 0..8).chunk_size(1).submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), doubled());
    assert!(*told.lock().unwrap() >= 7);
    let failed = (0..8).map(|index| handle.future(index).failed_attempts().len());
    assert_eq!(failed.sum::<usize>(), 0);
}

#[tokio::test]
async fn calls_that_a_worker_gives_back_though_it_runs_them_have_one_outcome_each() {
    let (exec, told) = lying(|message| {
        let FromWorker::Reports { ticket, .. } = message else { return Vec::new() };
        let all = CallRange { first: 0, count: u32::MAX };
        vec![FromWorker::Returned { calls: vec![(*ticket, all)] }]
    });
    let results = exec.map(double, 0..8).chunk_size(4).await.unwrap();
    assert_eq!(results, doubled());
    assert!(*told.lock().unwrap() >= 1);
}

#[tokio::test]
async fn a_worker_of_another_protocol_is_told_with_both_versions_over_a_link() {
    let (exec, _) = lying(|_| vec![FromWorker::Hello { protocol: 3 }]);
    let error = exec.map(double, [1]).await.unwrap_err();
    let Error::Call { cause: CallError::WorkerLost { reason }, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(
        reason,
        "the worker's program speaks protocol 3, this client 4: build both from the same version"
    );
}
