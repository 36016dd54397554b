//! What a worker that goes by an order makes of objects that no client has written so.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use bytes::Bytes;
use lithops_core::ports::{PutMode, StorageBackend, StorageErrorKind};
use lithops_core::wire::{
    CallError, CallInput, Digest, Frame, FrameError, FromWorker, FunctionId, Input, JobHead, JobId,
    ObjectRef, PROTOCOL, Payload, Report, Share, ToWorker, WorkOrder, keys,
};
use lithops_storage::MemoryStorage;
use lithops_worker::{Status, StorageWorker, TaskEnd};

fn job() -> JobId {
    JobId::new("ab12cd34", 7)
}

/// A dispatch: the object, and the order that goes with it.
struct Dispatch {
    storage: MemoryStorage,
    head: JobHead,
    calls: Vec<u8>,
    /// One share of all calls where nothing else is said.
    shares: Option<Vec<Share>>,
    /// What the order says in place of what is right.
    preface: Option<u64>,
    digest: Option<Digest>,
    len: Option<u64>,
    workers: u32,
    protocol: u32,
}

fn encoded(message: &ToWorker) -> Vec<u8> {
    message.encode().concat()
}

fn call(ticket: u32, input: Payload) -> Vec<u8> {
    let calls = vec![CallInput { index: 0, attempt: 1, input: Input::One(input) }];
    encoded(&ToWorker::Run { ticket, calls })
}

impl Dispatch {
    /// One call of a function that no program has, for one worker.
    fn new() -> Self {
        let storage = MemoryStorage::new();
        let head = JobHead {
            job: job(),
            ticket: 7,
            calls: 1,
            function: FunctionId {
                path: "another::program".to_owned(),
                signature: "(u32) -> u32".to_owned(),
                type_id: 1,
            },
            result_type: "u32".to_owned(),
            build: vec![1, 2, 3],
            timeout_ms: None,
            retry: (3, 0, 50),
            memory: None,
            store_above: None,
            storage: storage.location(),
            shared: None,
        };
        let calls = call(7, Payload::Inline(Bytes::from_static(&[1])));
        let (shares, preface, digest, len) = (None, None, None, None);
        let (workers, protocol) = (1, PROTOCOL);
        Self { storage, head, calls, shares, preface, digest, len, workers, protocol }
    }

    fn run(self) -> (Result<(), TaskEnd>, MemoryStorage) {
        let mut object = encoded(&ToWorker::Job(Box::new(self.head)));
        let all = || vec![share(self.calls.len() as u64, &self.calls)];
        object.extend(encoded(&ToWorker::Shares(self.shares.unwrap_or_else(all))));
        let digest = self.digest.unwrap_or_else(|| Digest::of(&object));
        let preface = self.preface.unwrap_or(object.len() as u64);
        object.extend(self.calls);
        let len = self.len.unwrap_or(object.len() as u64);
        self.storage.store(object);
        let order = WorkOrder {
            protocol: self.protocol,
            storage: self.storage.location(),
            job: job(),
            preface,
            digest,
            len,
            workers: self.workers,
            wave: 0,
            heartbeat_ms: 5000,
        };
        (go(order, 0), self.storage)
    }
}

fn share(len: u64, bytes: &[u8]) -> Share {
    Share { len, digest: Digest::of(bytes) }
}

/// Puts the object of the dispatch.
trait Store {
    fn store(&self, object: Vec<u8>);
}

impl Store for MemoryStorage {
    fn store(&self, object: Vec<u8>) {
        let key = keys::wave(&job(), 0);
        let put = self.put(&key, object.into(), PutMode::Overwrite);
        lithops_core::run::block_on(put).unwrap();
    }
}

fn go(order: WorkOrder, worker: u32) -> Result<(), TaskEnd> {
    let worker = StorageWorker { order, worker };
    worker.run_on_thread(Arc::new(Status::on_heap()), Arc::default(), Box::new(|| {}))
}

/// What the worker has reported of its call.
fn reported(storage: &MemoryStorage) -> Report {
    let page = lithops_core::run::block_on(storage.list(&keys::outcomes(&job()), None)).unwrap();
    let bytes = lithops_core::run::block_on(storage.get(&page.objects[0].key)).unwrap();
    let messages = Frame::read_all(bytes).unwrap().into_iter().map(FromWorker::decode);
    let mut reports = messages.filter_map(|message| match message.unwrap() {
        FromWorker::Reports { reports, .. } => Some(reports),
        _ => None,
    });
    reports.next().unwrap().remove(0)
}

fn is_truncated(end: &TaskEnd) -> bool {
    matches!(end, TaskEnd::Frame(FrameError::Truncated))
}

/// How a dispatch is changed, and what the worker that finds it ends of.
type Case = (&'static str, fn(&mut Dispatch), fn(&TaskEnd) -> bool);

#[test]
fn a_dispatch_that_no_client_has_written_is_refused() {
    let cases: [Case; 12] = [
        ("another protocol", |d| d.protocol = 3, |end| matches!(end, TaskEnd::Protocol(3))),
        ("no share at all", |d| d.workers = 0, |end| matches!(end, TaskEnd::NoShare(0))),
        (
            "fewer shares than workers",
            |d| d.shares = Some(Vec::new()),
            |end| matches!(end, TaskEnd::NoShare(0)),
        ),
        ("a share past the object", |d| d.shares = Some(vec![share(1 << 40, b"")]), is_truncated),
        ("a share past all objects", |d| d.shares = Some(vec![share(u64::MAX, b"")]), is_truncated),
        ("a preface past the object", |d| d.preface = Some(1 << 20), is_truncated),
        (
            "a preface past all objects",
            |d| (d.len, d.preface) = (Some(u64::MAX), Some(u64::MAX)),
            |end| matches!(end, TaskEnd::Storage(error) if error.kind == StorageErrorKind::InvalidRange),
        ),
        (
            "the object of another job",
            |d| d.head.job = JobId::new("ef56", 8),
            |end| {
                matches!(end, TaskEnd::OtherJob { ordered, found }
                    if *ordered == job() && *found == JobId::new("ef56", 8))
            },
        ),
        (
            "calls that are none",
            |d| d.calls = vec![0xff; d.calls.len()],
            |end| matches!(end, TaskEnd::Frame(FrameError::TooLong { .. })),
        ),
        ("garbage behind the calls", |d| d.calls.extend(b"more"), is_truncated),
        (
            "a head that the order does not name",
            |d| d.digest = Some(Digest::of(b"another")),
            |end| matches!(end, TaskEnd::Forged(key) if *key == keys::wave(&job(), 0)),
        ),
        (
            "calls that the head does not name",
            |d| d.shares = Some(vec![share(d.calls.len() as u64, b"others")]),
            |end| matches!(end, TaskEnd::Forged(key) if *key == keys::wave(&job(), 0)),
        ),
    ];
    for (name, change, is_expected) in cases {
        let mut dispatch = Dispatch::new();
        change(&mut dispatch);
        let end = dispatch.run().0.unwrap_err();
        assert!(is_expected(&end), "{name}: {end:?}");
    }
}

#[test]
fn shares_whose_sum_no_number_holds_are_refused() {
    let dispatch = Dispatch::new();
    let shares = [u64::MAX, u64::MAX, 1].map(|len| share(len, b"")).to_vec();
    let storage = dispatch.storage.clone();
    let mut object = encoded(&ToWorker::Job(Box::new(dispatch.head)));
    object.extend(encoded(&ToWorker::Shares(shares)));
    let digest = Digest::of(&object);
    let len = object.len() as u64;
    storage.store(object);
    let order = WorkOrder {
        protocol: PROTOCOL,
        storage: storage.location(),
        job: job(),
        preface: len,
        digest,
        len,
        workers: 3,
        wave: 0,
        heartbeat_ms: u64::MAX,
    };
    assert!(is_truncated(&go(order, 2).unwrap_err()));
}

#[test]
fn a_function_of_another_program_is_told_as_unknown() {
    let (end, storage) = Dispatch::new().run();
    end.unwrap();
    let Err(CallError::UnknownFunction { path, signature, .. }) = reported(&storage).outcome else {
        panic!("it is not known here")
    };
    assert_eq!((path.as_str(), signature.as_str()), ("another::program", "(u32) -> u32"));
}

#[test]
fn a_call_of_a_job_that_was_never_told_is_lost_and_runs_nothing() {
    let mut dispatch = Dispatch::new();
    dispatch.calls = call(8, Payload::Inline(Bytes::from_static(&[1])));
    let (end, storage) = dispatch.run();
    end.unwrap();
    let Err(CallError::WorkerLost { reason }) = reported(&storage).outcome else {
        panic!("there is no such job")
    };
    assert_eq!(reason, "the worker was sent a call of a job that it doesn't know");
}

#[test]
fn an_object_that_is_not_what_was_referred_to_is_told_as_replaced() {
    let key = keys::argument(&job(), 0);
    let written = ObjectRef::whole(key.clone(), b"written");
    let longer = ObjectRef { len: 1 << 60, ..written.clone() };
    let endless = ObjectRef { offset: 9, len: u64::MAX, ..written.clone() };
    let other = ObjectRef { digest: Digest::of(b"other"), ..written.clone() };
    for object in [&longer, &endless, &other] {
        let storage = MemoryStorage::new();
        let put = storage.put(&key, Bytes::from_static(b"written"), PutMode::Overwrite);
        lithops_core::run::block_on(put).unwrap();
        let read = lithops_core::data::get_referenced(&storage, object);
        let error = lithops_core::run::block_on(read).unwrap_err();
        match error {
            CallError::Replaced { key: told } => assert_eq!(told, key),
            // More than there is can't be read.
            CallError::Storage { retryable: false, .. } => assert_eq!(object.len, longer.len),
            error => panic!("{error}"),
        }
    }
}
