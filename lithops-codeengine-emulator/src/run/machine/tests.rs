//! What can happen to a run, and what becomes of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::super::{RunId, StatusDetails, Surroundings};
use super::*;

fn order(indices: &[u64], retry_limit: u32, mode: Mode) -> RunOrder {
    RunOrder {
        id: RunId { project: "p".to_owned(), name: "r".to_owned() },
        uid: String::new(),
        job: None,
        image: String::new(),
        image_secret: None,
        commands: Vec::new(),
        arguments: Vec::new(),
        user: 0,
        mode,
        environment: Vec::new(),
        mounts: Vec::new(),
        indices: indices.to_vec(),
        array_size: indices.len() as u64,
        cpu_milli: 125,
        memory: 1,
        ephemeral: 1,
        max_execution: Duration::from_secs(100),
        retry_limit,
        compute_resource_token: false,
        surroundings: Surroundings::default(),
    }
}

fn machine(indices: &[u64], retry_limit: u32) -> Machine {
    Machine::new(&order(indices, retry_limit, Mode::Task))
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn details(machine: &Machine) -> StatusDetails {
    machine.view().status_details.unwrap()
}

#[test]
fn a_run_is_pending_then_running_then_completed() {
    let mut machine = machine(&[0, 1], 0);
    assert_eq!(machine.status(), RunStatus::Pending);
    assert_eq!(details(&machine).pending_indices, "0-1");
    assert_eq!(details(&machine).start_time, None);
    assert!(machine.start(1, at(1)));
    assert_eq!(machine.status(), RunStatus::Running);
    assert_eq!(machine.end(1, End::Exited(0), at(2)), Some(Next::Over));
    assert!(machine.start(0, at(3)));
    assert_eq!(machine.end(0, End::Exited(0), at(4)), Some(Next::Over));
    assert_eq!(machine.status(), RunStatus::Completed);
    let details = details(&machine);
    assert_eq!(details.start_time.as_deref(), Some("1970-01-01T00:00:01Z"));
    assert_eq!(details.completion_time.as_deref(), Some("1970-01-01T00:00:04Z"));
    assert_eq!((details.succeeded, details.succeeded_indices.as_str()), (2, "0-1"));
}

#[test]
fn an_index_is_tried_again_until_its_retries_are_used_up() {
    let mut machine = machine(&[7], 2);
    for retries in 1..=2 {
        assert!(machine.start(7, at(1)));
        assert_eq!(machine.end(7, End::Exited(3), at(2)), Some(Next::Again));
        let index = &machine.indices[&7];
        assert_eq!((index.status(), index.retries), (IndexStatus::Pending, retries));
        assert_eq!(machine.status(), RunStatus::Running);
    }
    assert!(machine.start(7, at(3)));
    assert_eq!(machine.end(7, End::OutOfMemory, at(4)), Some(Next::Over));
    assert_eq!(machine.status(), RunStatus::Failed);
    let index = &machine.indices[&7];
    assert_eq!((index.status(), index.retries), (IndexStatus::Failed, 2));
    assert_eq!(index.last_failure_reason.as_deref(), Some("OOMKilled"));
}

#[test]
fn other_indices_run_on_when_one_has_failed() {
    let mut machine = machine(&[0, 1], 0);
    assert!(machine.start(0, at(1)) && machine.start(1, at(1)));
    machine.end(0, End::Exited(1), at(2));
    assert_eq!(machine.status(), RunStatus::Running);
    machine.end(1, End::Exited(0), at(3));
    assert_eq!(machine.status(), RunStatus::Failed);
    let details = details(&machine);
    assert_eq!((details.failed_indices.as_str(), details.succeeded_indices.as_str()), ("0", "1"));
}

#[test]
fn a_late_end_is_no_news() {
    let mut machine = machine(&[0], 0);
    machine.start(0, at(1));
    machine.expire(at(101));
    assert_eq!(machine.end(0, End::Exited(0), at(102)), None);
    assert!(!machine.start(0, at(103)));
    assert_eq!(machine.status(), RunStatus::Failed);
    let reason = machine.indices[&0].last_failure_reason.as_deref();
    assert_eq!(reason, Some("MaxExecutionTimeExceeded"));
}

#[test]
fn the_time_of_a_run_counts_from_its_first_instance() {
    let mut machine = machine(&[0, 1], 0);
    assert_eq!(machine.deadline(), None);
    machine.admit(at(5));
    machine.admit(at(6));
    // An image that can't be had must not hold a run up for ever.
    assert_eq!(machine.deadline(), Some(at(105)));
    machine.start(1, at(10));
    assert_eq!(machine.deadline(), Some(at(110)));
    machine.end(1, End::Exited(0), at(11));
    machine.expire(at(110));
    assert_eq!(machine.deadline(), None);
    let details = details(&machine);
    assert_eq!((details.failed_indices.as_str(), details.succeeded_indices.as_str()), ("0", "1"));
}

#[test]
fn a_daemon_is_started_again_until_it_ends_well_and_has_no_time() {
    let mut machine = Machine::new(&order(&[0], 0, Mode::Daemon));
    machine.admit(at(0));
    for _ in 0..10 {
        machine.start(0, at(1));
        assert_eq!(machine.end(0, End::Exited(1), at(2)), Some(Next::Again));
    }
    assert_eq!(machine.deadline(), None);
    machine.start(0, at(3));
    assert_eq!(machine.end(0, End::Exited(0), at(4)), Some(Next::Over));
    assert_eq!(machine.status(), RunStatus::Completed);
    assert_eq!(machine.indices[&0].retries, 10);
}

#[test]
fn an_index_that_nothing_is_known_of_keeps_its_run_from_its_end() {
    let mut machine = machine(&[0, 1], 0);
    assert!(machine.start(0, at(1)) && machine.start(1, at(1)));
    machine.obscure(0, Knowledge::UnknownUntilEnd);
    machine.obscure(1, Knowledge::Unknown);
    assert_eq!(details(&machine).unknown, 2);
    machine.end(0, End::Exited(0), at(2));
    machine.end(1, End::Exited(0), at(2));
    assert_eq!((details(&machine).unknown, machine.status()), (1, RunStatus::Running));
    machine.expire(at(101));
    assert_eq!((details(&machine).unknown, machine.status()), (0, RunStatus::Failed));
}

#[test]
fn texts_are_left_out_when_empty() {
    let json = serde_json::to_value(machine(&[3], 0).view()).unwrap();
    let expected = serde_json::json!({
        "status": "pending",
        "status_details": {
            "failed": 0,
            "indices_details": {"3": {"retries": 0, "status": "pending"}},
            "pending": 1,
            "pending_indices": "3",
            "requested": 1,
            "running": 0,
            "succeeded": 0,
            "unknown": 0,
        },
    });
    assert_eq!(json, expected);
}

/// What can happen to an index.
#[derive(Clone, Debug)]
enum Event {
    Admit,
    HoldUp,
    Start,
    End(i32),
    Kill,
    GiveUp,
    Obscure(Knowledge),
    Expire,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => Just(Event::Admit),
        1 => Just(Event::HoldUp),
        8 => Just(Event::Start),
        8 => (0..3).prop_map(Event::End),
        1 => Just(Event::Kill),
        1 => Just(Event::GiveUp),
        1 => Just(Event::Obscure(Knowledge::UnknownUntilEnd)),
        1 => Just(Event::Obscure(Knowledge::Unknown)),
        1 => Just(Event::Expire),
    ]
}

fn apply(machine: &mut Machine, event: &Event, index: u64, now: SystemTime) {
    match event {
        Event::Admit => machine.admit(now),
        Event::HoldUp => machine.hold_up(index, "ImagePullBackOff"),
        Event::Start => drop(machine.start(index, now)),
        Event::End(code) => drop(machine.end(index, End::Exited(*code), now)),
        Event::Kill => drop(machine.end(index, End::OutOfMemory, now)),
        Event::GiveUp => machine.give_up(index, "ImagePullBackOff", now),
        Event::Obscure(knowledge) => machine.obscure(index, *knowledge),
        Event::Expire => machine.expire(now),
    }
}

/// The indices of a text, each by itself.
fn listed(text: &str) -> Vec<u64> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    let range = |part: &str| match part.split_once('-') {
        Some((first, last)) => first.parse().unwrap()..=last.parse().unwrap(),
        None => part.parse().unwrap()..=part.parse().unwrap(),
    };
    parts.flat_map(range).collect()
}

proptest! {
    #[test]
    fn the_counts_add_up_whatever_happens(
        indices in proptest::collection::btree_set(0_u64..20, 1..12),
        retry_limit in 0_u32..4,
        events in proptest::collection::vec((event(), 0_u64..20), 0..200),
    ) {
        let indices: Vec<u64> = indices.into_iter().collect();
        let mut machine = machine(&indices, retry_limit);
        let mut ended: Option<RunStatus> = None;
        for (second, (event, index)) in events.iter().enumerate() {
            apply(&mut machine, event, *index, at(second as u64));
            let view = machine.view();
            let it = view.status_details.unwrap();
            prop_assert_eq!(it.requested, indices.len() as u64);
            prop_assert_eq!(
                it.pending + it.running + it.succeeded + it.failed + it.unknown,
                it.requested
            );
            let texts =
                [&it.pending_indices, &it.running_indices, &it.succeeded_indices, &it.failed_indices];
            let lists = texts.map(|text| listed(text));
            let counts = [it.pending, it.running, it.succeeded, it.failed];
            for (list, count) in lists.iter().zip(counts) {
                prop_assert!(list.is_sorted());
                prop_assert_eq!(list.len() as u64, count);
            }
            let mut all: Vec<u64> = lists.concat();
            all.extend(machine.indices.iter().filter_map(|(number, index)| {
                (index.status() == IndexStatus::Unknown).then_some(*number)
            }));
            all.sort_unstable();
            prop_assert_eq!(&all, &indices);
            let over = it.succeeded + it.failed == it.requested;
            prop_assert!(!view.status.is_final() || over || ended.is_some());
            prop_assert_eq!(view.status.is_final(), it.completion_time.is_some());
            prop_assert!(machine.indices.values().all(|index| index.retries <= retry_limit));
            ended = ended.or(view.status.is_final().then_some(view.status));
        }
    }
}
