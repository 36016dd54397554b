//! Messages that no honest side sends: each is refused, and the refusal tells what is wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use bytes::Bytes;
use lithops_core::wire::{
    CallError, CallInput, CallRange, Digest, Frame, FrameError, FromAgent, FromRelay, FromWorker,
    Input, JobId, ObjectRef, PROTOCOL, Payload, Report, SavedJob, ToAgent, ToRelay, ToWorker,
    WorkOrder, append_value_of, decode_value,
};

fn frame(head: &[u8], body: &'static [u8]) -> Frame {
    Frame { head: Bytes::copy_from_slice(head), body: Bytes::from_static(body) }
}

fn head_error(text: &str) -> FrameError {
    FrameError::Head(text.to_owned())
}

/// Bytes that are no sequence of frames, by what is wrong with them.
#[test]
fn bytes_that_are_no_frames_are_refused() {
    let framed = |head: u32, body: u64, rest: &[u8]| {
        [head.to_le_bytes().as_slice(), &body.to_le_bytes(), rest].concat()
    };
    let whole = framed(1, 1, b"hb");
    let cases: [(&str, Vec<u8>, FrameError); 6] = [
        (
            "an oversized head",
            framed(u32::MAX, 0, b""),
            FrameError::TooLong { head: u32::MAX, body: 0 },
        ),
        (
            "an oversized body",
            framed(0, u64::MAX, b""),
            FrameError::TooLong { head: 0, body: u64::MAX },
        ),
        ("a truncated length", vec![1; 11], FrameError::Truncated),
        ("a truncated head", framed(2, 0, b"h"), FrameError::Truncated),
        ("a truncated body", framed(0, 1 << 40, b"b"), FrameError::Truncated),
        ("garbage behind a frame", [whole.as_slice(), b"x"].concat(), FrameError::Truncated),
    ];
    for (name, bytes, error) in cases {
        assert_eq!(Frame::read_all(bytes.into()), Err(error), "{name}");
    }
}

type Decode = fn(Frame) -> Option<FrameError>;

/// Every decoder of a message, and a head that is one without a body.
fn decoders() -> [(&'static str, Decode, Vec<u8>); 6] {
    let head = |encoded: Vec<Bytes>| {
        Frame::read_all(encoded.concat().into()).unwrap().remove(0).head.to_vec()
    };
    [
        ("to a worker", |f| ToWorker::decode(f).err(), head(ToWorker::Recall.encode())),
        ("from a worker", |f| FromWorker::decode(f).err(), head(FromWorker::Alive.encode())),
        ("to a relay", |f| ToRelay::decode(f).err(), head(ToRelay::Capability.encode())),
        ("from a relay", |f| FromRelay::decode(f).err(), head(FromRelay::Done.encode())),
        ("to an agent", |f| ToAgent::decode(&f).err(), head(ToAgent::Kill { lane: 1 }.encode())),
        (
            "from an agent",
            |f| FromAgent::decode(&f).err(),
            head(FromAgent::Hello { protocol: 1 }.encode()),
        ),
    ]
}

#[test]
fn a_message_with_a_body_that_its_head_does_not_speak_of_is_refused() {
    for (name, decode, head) in decoders() {
        assert_eq!(decode(frame(&head, b"")), None, "{name}");
        assert_eq!(decode(frame(&head, b"more")), Some(FrameError::Body), "{name}");
    }
}

#[test]
fn a_head_with_more_behind_it_is_refused() {
    let trailing = head_error("more bytes follow than belong to it");
    for (name, decode, head) in decoders() {
        let longer = [head.as_slice(), &[0xc0]].concat();
        assert_eq!(decode(frame(&longer, b"")), Some(trailing.clone()), "{name}");
    }
}

#[test]
fn a_head_that_ends_inside_or_is_empty_is_refused() {
    for (name, decode, head) in decoders() {
        for end in 0..head.len() {
            let error = decode(frame(&head[..end], b""));
            assert!(matches!(error, Some(FrameError::Head(_))), "{name} of {end} bytes: {error:?}");
        }
    }
}

#[test]
fn a_head_that_claims_a_list_of_four_billion_is_refused_without_room_for_it() {
    // `Delete` of a list, `Shares` of a list, `Returned` of a list.
    let claims = |name: &str| {
        let short = 0xa0 | name.len() as u8;
        [&[0x81, short], name.as_bytes(), &[0x91, 0xdd, 0xff, 0xff, 0xff, 0xff]].concat()
    };
    for (name, decode, _) in decoders() {
        for list in ["Delete", "Shares", "Returned", "Page"] {
            let error = decode(frame(&claims(list), b""));
            assert!(matches!(error, Some(FrameError::Head(_))), "{name}, {list}: {error:?}");
        }
    }
}

#[test]
fn a_cause_of_a_cause_without_end_is_refused() {
    let mut cause = CallError::Cancelled;
    for index in 0..200 {
        cause = CallError::Upstream { job: "a-000".to_owned(), index, cause: Box::new(cause) };
    }
    let report = Report::without_value(0, 1, cause);
    let encoded = FromWorker::Reports { ticket: 1, reports: vec![report] }.encode().concat();
    let frame = Frame::read_all(encoded.into()).unwrap().remove(0);
    assert_eq!(FromWorker::decode(frame), Err(head_error("depth limit exceeded")));
}

#[test]
fn a_value_that_claims_more_than_the_body_has_is_refused() {
    let call = |len: usize| CallInput {
        index: 0,
        attempt: 1,
        input: Input::One(Payload::Inline(vec![7; len].into())),
    };
    let run = |len| ToWorker::Run { ticket: 1, calls: vec![call(len)] }.encode().concat();
    let mut long = Frame::read_all(run(9).into()).unwrap().remove(0);
    long.body = long.body.slice(..8);
    assert_eq!(ToWorker::decode(long), Err(FrameError::Body));
    let mut short = Frame::read_all(run(8).into()).unwrap().remove(0);
    short.body = [short.body.as_ref(), b"x"].concat().into();
    assert_eq!(ToWorker::decode(short), Err(FrameError::Body));
}

#[test]
fn a_job_of_another_protocol_is_refused_by_a_worker_that_says_both_versions() {
    let head = |protocol: u8| {
        // All that is read of the job of another version is its version.
        [&[0x81, 0xa3], b"Job".as_slice(), &[0x91, protocol]].concat()
    };
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/protocol-4/to-job");
    let mut job = std::fs::read(golden).unwrap();
    let at = job.windows(4).position(|bytes| bytes == b"\xa3Job").unwrap() + 5;
    assert_eq!(u32::from(job[at]), PROTOCOL);
    job[at] = 3;
    let frame_of_3 = Frame::read_all(job.into()).unwrap().remove(0);
    let said = format!("the client speaks protocol 3, this worker {PROTOCOL}");
    assert_eq!(ToWorker::decode(frame_of_3), Err(head_error(&said)));
    assert!(matches!(ToWorker::decode(frame(&head(3), b"")), Err(FrameError::Head(_))));
}

#[test]
fn a_job_whose_name_leads_out_of_its_folder_is_refused() {
    let order = |job: &str| {
        let storage = ("file".to_owned(), BTreeMap::<u8, u8>::new());
        let (len, workers, wave, heartbeat) = (2_u64, 3_u32, 0_u32, 5_u64);
        let digest = Digest::of(b"");
        let job = job.to_owned();
        let order = (PROTOCOL, storage, job, 1_u64, digest, len, workers, wave, heartbeat);
        let mut bytes = Vec::new();
        append_value_of(&order, &mut bytes).unwrap();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert_eq!(WorkOrder::from_text(&order("ab12-007")).unwrap().job, JobId::new("ab12", 7));
    for name in ["../ab12-007", "ab12-007/../../x", "", "ab12-07", &"a".repeat(200)] {
        assert_eq!(WorkOrder::from_text(&order(name)), None, "{name}");
    }
    let saved = r#"{"job":"../../x","storage":{"scheme":"file","settings":{}},"calls":1,"result_type":"u8"}"#;
    let error = serde_json::from_str::<SavedJob>(saved).unwrap_err();
    assert!(error.to_string().starts_with(r#""../../x" is no name of a job"#), "{error}");
}

#[test]
fn a_reference_past_the_end_of_all_objects_is_no_range() {
    let digest = Digest::of(b"");
    let object = ObjectRef { key: "k".to_owned(), offset: 2, len: u64::MAX, digest };
    assert_eq!(object.range(), Err(CallError::Replaced { key: "k".to_owned() }));
    assert_eq!(ObjectRef::whole("k".to_owned(), b"123").range(), Ok(0..3));
}

#[test]
fn a_range_of_calls_ends_at_the_largest_index() {
    let range = CallRange { first: u32::MAX - 1, count: u32::MAX };
    assert_eq!(range.indices(), u32::MAX - 1..u32::MAX);
}

#[test]
fn a_value_of_another_type_or_with_more_behind_it_is_refused() {
    let error = decode_value::<u8>(Bytes::from_static(&[7, 7])).unwrap_err();
    assert_eq!(error.message, "more bytes follow than belong to it");
    assert_eq!(decode_value::<u8>(Bytes::from_static(&[7])), Ok(7));
    let error = decode_value::<Vec<String>>(Bytes::from_static(&[0xdd, 0xff, 0xff, 0xff, 0xff]));
    assert!(error.is_err());
    let error = decode_value::<Vec<u32>>(Bytes::from_static(&[1, 2, 3])).unwrap_err();
    assert_eq!(error.message, "the bytes are no whole count of numbers");
}

/// Found by the fuzz target `values`: lists in lists, each of which claims billions of elements.
#[test]
fn lists_that_announce_more_than_there_is_at_each_level_are_refused() {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Tree(Vec<Tree>);
    let found = include_bytes!("../../fuzz/corpus/values/announced-lists");
    // Its first byte chooses the type. Fourteen levels are announced, and then no list comes.
    let lists = Bytes::from_static(&found[6..]);
    let error = decode_value::<Tree>(lists).unwrap_err();
    let told = "`[0][0][0][0][0][0][0][0][0][0][0][0][0][0]`: invalid type: integer `-1`";
    assert!(error.to_string().contains(told), "{error}");
    let announced = [0xdd, 0x7f, 0xff, 0xff, 0xff].repeat(600);
    let error = decode_value::<Tree>(announced.into()).unwrap_err();
    assert!(error.to_string().contains("depth limit exceeded"), "{error}");
}
