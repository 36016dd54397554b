//! The wire is what it was: messages of each protocol version are kept as files.
//!
//! When the wire changes on purpose, raise `PROTOCOL`, and run with `BLESS=1` to write the files of
//! the new version; the old ones stay as the record of what others may still send.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use lithops_core::ports::{
    Access, ListPage, ObjectMeta, PutMode, Running, StorageCapability, StorageErrorKind,
};
use lithops_core::secret::Secret;
use lithops_core::wire::{
    Block, CallError, CallInput, CallRange, CallRuns, Digest, DispatchRecord, FailedCall, Frame,
    FrameError, FromRelay, FromWorker, FunctionError, FunctionId, Input, JobHead, JobId, Layout,
    Logs, ObjectRef, PROTOCOL, PartitionInput, Payload, Report, Section, Share, ShuffleTerms,
    Spent, StorageFailure, StorageLocation, Timing, ToRelay, ToWorker, ValueSink, WorkOrder,
    encode_value, pair_lengths,
};

fn location() -> StorageLocation {
    let settings = BTreeMap::from([("root".to_owned(), "/tmp/x".to_owned())]);
    StorageLocation { scheme: "file".to_owned(), settings }
}

fn share(len: u64, bytes: &[u8]) -> Share {
    Share { len, digest: Digest::of(bytes) }
}

fn to_worker() -> Vec<(&'static str, ToWorker)> {
    let inline = |bytes: &'static [u8]| Payload::Inline(Bytes::from_static(bytes));
    let digest = Digest::of(b"written");
    let object = ObjectRef { key: "jobs/a/in/1".to_owned(), offset: 5, len: 7, digest };
    let stored = Payload::Stored(Box::new(object));
    let head = JobHead {
        job: JobId::new("ab12cd34", 7),
        ticket: 7,
        calls: 3,
        function: FunctionId {
            path: "program::function".to_owned(),
            signature: "(u32) -> u32".to_owned(),
            type_id: 0x0123_4567_89ab_cdef,
        },
        result_type: "u32".to_owned(),
        build: vec![1, 2, 3],
        timeout_ms: Some(1000),
        retry: (3, 0, 50),
        memory: None,
        store_above: Some(65536),
        storage: location(),
        shared: Some(Bytes::from_static(b"shared")),
    };
    let calls = vec![
        CallInput { index: 0, attempt: 1, input: Input::One(inline(b"one")) },
        CallInput { index: 1, attempt: 2, input: Input::One(stored.clone()) },
        CallInput {
            index: 2,
            attempt: 1,
            input: Input::Many(vec![inline(b""), stored, inline(b"b")]),
        },
    ];
    vec![
        ("job", ToWorker::Job(Box::new(head))),
        ("run", ToWorker::Run { ticket: 7, calls }),
        ("recall", ToWorker::Recall),
        ("forget", ToWorker::Forget { ticket: 7 }),
        ("shares", ToWorker::Shares(vec![share(20, b"one"), share(70_000, b"two")])),
    ]
}

fn from_worker() -> Vec<(&'static str, FromWorker)> {
    let report = |index, outcome, logs| Report {
        index,
        attempt: 1,
        outcome,
        returned_err: false,
        timing: Timing { started_ns: 1, busy_ns: 2 },
        spent: Spent { cpu_ns: 3, peak_bytes: Some(4), argument_bytes: 5 },
        logs,
    };
    let failed = CallError::Failed(FunctionError {
        kind: "Error".to_owned(),
        message: "no".to_owned(),
        chain: vec!["cause".to_owned()],
    });
    let logs = Logs { stdout: "out".to_owned(), stderr: String::new(), omitted: 3 };
    let reports = vec![
        report(0, Ok(Payload::Inline(Bytes::from_static(b"value"))), None),
        report(1, Err(failed), Some(Box::new(logs))),
        report(2, Err(CallError::TimedOut { limit_ms: 9 }), None),
    ];
    let calls = vec![(7, CallRange { first: 2, count: 5 })];
    let running = Running { ticket: 7, index: 2, attempt: 1 };
    vec![
        ("hello", FromWorker::Hello { protocol: PROTOCOL }),
        ("reports", FromWorker::Reports { ticket: 7, reports }),
        ("returned", FromWorker::Returned { calls }),
        ("alive", FromWorker::Alive),
        ("ended", FromWorker::Ended { running: Some(running), cause: CallError::Cancelled }),
        ("requests", FromWorker::Requests(3)),
    ]
}

fn failure() -> StorageFailure {
    StorageFailure {
        kind: StorageErrorKind::Full,
        store: "file".to_owned(),
        operation: "put".to_owned(),
        key: "a/b".to_owned(),
        causes: vec!["outer".to_owned(), "inner".to_owned()],
    }
}

fn to_relay() -> Vec<(&'static str, ToRelay)> {
    let key = || "a/b".to_owned();
    let body = Bytes::from_static(b"bytes");
    let valid_for = Duration::from_millis(1500);
    vec![
        ("open", ToRelay::Open { protocol: PROTOCOL, location: location() }),
        ("capability", ToRelay::Capability),
        ("put", ToRelay::Put { key: key(), mode: PutMode::Create, body: body.clone() }),
        ("put-stream", ToRelay::PutStream { key: key() }),
        ("get", ToRelay::Get { key: key() }),
        ("get-range", ToRelay::GetRange { key: key(), range: 7..5_000_000_000 }),
        ("get-stream", ToRelay::GetStream { key: key(), range: None }),
        ("get-stream-range", ToRelay::GetStream { key: key(), range: Some(0..9) }),
        ("head", ToRelay::Head { key: key() }),
        ("list", ToRelay::List { prefix: "a".to_owned(), after: Some(key()) }),
        ("delete", ToRelay::Delete { keys: vec![key(), "c".to_owned()] }),
        ("copy", ToRelay::Copy { from: key(), to: "c".to_owned() }),
        ("presign", ToRelay::Presign { key: key(), access: Access::Write, valid_for }),
        ("piece", ToRelay::Piece(body)),
        ("end", ToRelay::End),
        ("broken", ToRelay::Broken(failure())),
    ]
}

fn from_relay() -> Vec<(&'static str, FromRelay)> {
    let capability =
        StorageCapability { create_if_absent: true, presign: false, write_and_list: true };
    let version = Some("\"1\"".to_owned());
    let meta = ObjectMeta { key: "a/b".to_owned(), size: 9, version, modified: None };
    let unversioned = ObjectMeta { version: None, ..meta.clone() };
    let page = ListPage { objects: vec![meta.clone(), unversioned], more: true };
    let body = Bytes::from_static(b"bytes");
    vec![
        ("opened", FromRelay::Opened),
        ("not-lent", FromRelay::NotLent),
        ("done", FromRelay::Done),
        ("capability", FromRelay::Capability(capability)),
        ("body", FromRelay::Body(body.clone())),
        ("stored", FromRelay::Stored(5_000_000_000)),
        ("meta", FromRelay::Meta(meta.clone())),
        ("page", FromRelay::Page(page)),
        ("address", FromRelay::Address(Secret::new("http://host/a?signed"))),
        ("stream", FromRelay::Stream(meta)),
        ("piece", FromRelay::Piece(body)),
        ("end", FromRelay::End),
        ("failed", FromRelay::Failed(failure())),
        ("alive", FromRelay::Alive),
    ]
}

/// What the calls of a shuffle tell each other, and pairs as they stand in a block.
fn shuffle() -> Vec<(&'static str, Vec<u8>)> {
    let block = |partition, first| Block {
        partition,
        bytes: 300,
        pairs: 2,
        checksum: 0xdead_beef,
        first: Bytes::from_static(first),
    };
    let runs = vec![vec![block(0, b"a"), block(3, b"")], vec![]];
    let section =
        Section { call: 1, attempt: 2, run: 0, offset: 70_000, blocks: vec![(300, 7), (1, 8)] };
    let input = PartitionInput {
        job: JobId::new("ab12cd34", 7),
        partition: 3,
        partitions: 4,
        budget: 1 << 27,
        lower: Some(Bytes::from_static(b"lower")),
        upper: None,
        sections: vec![section],
    };
    let terms = ShuffleTerms { partitions: 4, budget: 1 << 27, layout: Layout::Sorted };
    let mut sink = ValueSink::new();
    let mut encoded = Vec::new();
    encode_value(terms, &mut sink).unwrap();
    encoded.push(("shuffle-terms", sink.take().to_vec()));
    encode_value(CallRuns { attempt: 2, runs }, &mut sink).unwrap();
    encoded.push(("shuffle-runs", sink.take().to_vec()));
    encode_value(input, &mut sink).unwrap();
    encoded.push(("shuffle-partition", sink.take().to_vec()));
    let mut pairs = Vec::new();
    for (key, value) in [("key", "value".to_owned()), ("", "long".repeat(100))] {
        pair_lengths(key.len(), value.len(), &mut pairs);
        pairs.extend_from_slice(key.as_bytes());
        pairs.extend_from_slice(value.as_bytes());
    }
    encoded.push(("shuffle-pairs", pairs));
    encoded
}

#[test]
fn what_a_shuffle_writes_is_what_it_was() {
    for (name, encoded) in shuffle() {
        assert_eq!(encoded, kept(name, &encoded), "{name} has changed: raise PROTOCOL");
    }
}

/// The file of that name, written first if that is asked for.
fn kept(name: &str, encoded: &[u8]) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let path = folder.join(format!("protocol-{PROTOCOL}/{name}"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, encoded).unwrap();
    }
    std::fs::read(&path).unwrap()
}

fn golden(name: &str, encoded: Vec<Bytes>) -> Frame {
    let encoded = encoded.concat();
    let kept = kept(name, &encoded);
    assert_eq!(encoded, kept, "{name} has changed: raise PROTOCOL");
    let mut frames = Frame::read_all(Bytes::from(kept)).unwrap();
    assert_eq!(frames.len(), 1);
    frames.remove(0)
}

#[test]
fn what_a_client_says_is_what_it_was() {
    for (name, message) in to_worker() {
        let frame = golden(&format!("to-{name}"), message.encode());
        assert_eq!(ToWorker::decode(frame).unwrap(), message);
    }
}

#[test]
fn what_a_worker_says_is_what_it_was() {
    for (name, message) in from_worker() {
        let frame = golden(&format!("from-{name}"), message.clone().encode());
        assert_eq!(FromWorker::decode(frame).unwrap(), message);
    }
}

#[test]
fn what_a_dispatch_says_of_its_past_is_what_it_was() {
    let lost = CallError::WorkerLost { reason: "gone".to_owned() };
    let record = DispatchRecord {
        writer: "ab12cd34ef56".to_owned(),
        machine: "0a1b2c".to_owned(),
        program: "/home/user/words".to_owned(),
        environment: vec!["NAME".to_owned()],
        failed: vec![FailedCall { index: 3, attempts: vec![(1, 100_007, lost)] }],
    };
    let frame = golden("dispatch-record", record.encode());
    assert_eq!(DispatchRecord::decode(&frame), Ok(record));
    let with_body = Frame { body: Bytes::from_static(b"more"), ..frame };
    assert_eq!(DispatchRecord::decode(&with_body), Err(FrameError::Body));
}

#[test]
fn what_a_worker_asks_of_storages_is_what_it_was() {
    for (name, message) in to_relay() {
        let frame = golden(&format!("to-relay-{name}"), message.clone().encode());
        assert_eq!(ToRelay::decode(frame).unwrap(), message);
    }
}

#[test]
fn what_a_worker_is_answered_about_storages_is_what_it_was() {
    for (name, message) in from_relay() {
        let frame = golden(&format!("from-relay-{name}"), message.clone().encode());
        assert_eq!(FromRelay::decode(frame).unwrap(), message);
    }
}

#[test]
fn a_message_about_storages_has_a_body_only_where_it_should() {
    let [encoded] = ToRelay::End.encode().try_into().unwrap();
    let mut frame = Frame::read_all(encoded).unwrap().remove(0);
    frame.body = Bytes::from_static(b"more");
    assert_eq!(ToRelay::decode(frame), Err(FrameError::Body));
    let [encoded] = FromRelay::Done.encode().try_into().unwrap();
    let mut frame = Frame::read_all(encoded).unwrap().remove(0);
    frame.body = Bytes::from_static(b"more");
    assert_eq!(FromRelay::decode(frame), Err(FrameError::Body));
}

#[test]
fn an_order_survives_as_text() {
    let order = WorkOrder {
        protocol: PROTOCOL,
        storage: location(),
        job: JobId::new("ab12cd34", 7),
        preface: 100,
        digest: Digest::of(b"preface"),
        len: 190,
        workers: 2,
        wave: 0,
        heartbeat_ms: 5000,
    };
    assert_eq!(WorkOrder::from_text(&order.to_text()), Some(order));
    assert_eq!(WorkOrder::from_text("no order"), None);
    assert_eq!(WorkOrder::from_text("ü"), None);
}

#[test]
fn a_location_survives_as_text() {
    assert_eq!(StorageLocation::from_text(&location().to_text()), Some(location()));
    assert_eq!(StorageLocation::from_text("/tmp/x"), None);
    assert_eq!(StorageLocation::from_text(""), None);
}

#[test]
fn a_body_that_is_too_short_is_refused() {
    let message = to_worker().remove(1).1;
    let mut frames = Frame::read_all(Bytes::from(message.encode().concat())).unwrap();
    frames[0].body.truncate(1);
    let error = ToWorker::decode(frames.remove(0)).unwrap_err();
    assert_eq!(error, lithops_core::wire::FrameError::Body);
}
