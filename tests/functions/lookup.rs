//! How a worker finds the function that a client means.

use std::convert::identity;

use lithops::{Data, RemoteFn, TaskOutput};
use lithops_core::function::{Entry, LookupError, MapFn, build_id, find, register};

/// The entry that a verb makes for `function`.
fn entry_of<F, In, Out, M>(_function: F) -> Entry
where
    F: Fn(In) -> Out + RemoteFn,
    In: Data,
    Out: TaskOutput<M>,
    M: 'static,
{
    register::<MapFn<F, In, Out, M>>()
}

fn named(number: u32) -> u32 {
    number + 1
}

fn generic<T>(value: T) -> T {
    value
}

#[test]
fn another_build_finds_a_fn_by_path_and_signature() {
    let mut id = entry_of(named).id;
    assert_eq!(
        (id.path.as_str(), id.signature.as_str()),
        ("functions::lookup::named", "(u32) -> u32")
    );
    id.type_id = 0;
    assert_eq!(find(&id, false).unwrap().id, entry_of(named).id);
    for mut id in [entry_of(generic::<u8>).id, entry_of(generic::<String>).id] {
        let exact = id.clone();
        id.type_id = 0;
        assert_eq!(find(&id, false).unwrap().id, exact);
    }
}

#[test]
fn closures_are_told_apart_in_the_same_build_only() {
    let (one, twin) = (|n: u16| n + 1, |n: u16| n + 1);
    let (one, twin) = (entry_of(one).id, entry_of(twin).id);
    assert_eq!((&one.path, &one.signature), (&twin.path, &twin.signature));
    assert_ne!(one.type_id, twin.type_id);
    assert_eq!(find(&one, true).unwrap().id, one);
    assert_eq!(find(&twin, true).unwrap().id, twin);
    let ambiguous = find(&one, false).unwrap_err();
    assert_eq!(ambiguous, LookupError::Ambiguous(2, one.path.clone()));
    let text = ambiguous.to_string();
    assert!(text.contains("2 closures") && text.contains("use a named `fn`"), "{text}");
}

#[test]
fn another_build_finds_the_only_closure_of_its_signature() {
    let mut id = entry_of(|n: i16| n - 1).id;
    entry_of(|n: i8| n - 1);
    let exact = id.clone();
    id.type_id = 0;
    assert_eq!(find(&id, false).unwrap().id, exact);
}

#[test]
fn an_unknown_fn_is_answered_with_those_of_like_name_first() {
    let mut id = entry_of(named).id;
    id.path = "somewhere::else_::named".to_owned();
    let Err(LookupError::Unknown(known)) = find(&id, true) else { panic!("it was found") };
    assert_eq!(known[0], "functions::lookup::named (u32) -> u32");
    assert!((2..=12).contains(&known.len()), "{known:?}");
}

#[test]
fn another_signature_is_another_function() {
    let mut id = entry_of(named).id;
    id.signature = "(u64) -> u64".to_owned();
    assert!(matches!(find(&id, false), Err(LookupError::Unknown(_))));
}

#[test]
fn a_type_id_alone_chooses_no_function() {
    let target = entry_of(identity::<u64>).id;
    // Somebody else's identity under this name: the name decides.
    let mut forged = entry_of(named).id;
    forged.type_id = target.type_id;
    assert_eq!(find(&forged, true).unwrap().id, entry_of(named).id);
    // Any identity without a name, or with a name that is not in the table.
    for path in ["", "core::convert::identities"] {
        let mut forged = target.clone();
        forged.path = path.to_owned();
        assert!(matches!(find(&forged, true), Err(LookupError::Unknown(_))), "{path}");
    }
    // Among closures that only the identity tells apart, a made-up one chooses none.
    let mut closure = entry_of(|n: u128| n + 1).id;
    entry_of(|n: u128| n + 2);
    closure.type_id ^= 1;
    assert!(matches!(find(&closure, true), Err(LookupError::Ambiguous(2, _))));
}

#[test]
fn the_build_id_is_that_of_the_file() {
    let file = std::fs::read("/proc/self/exe").unwrap();
    let id = build_id();
    // Linkers write the note near the start of the file; some write none.
    let start = &file[..file.len().min(1 << 16)];
    assert!(id.is_empty() || start.windows(id.len()).any(|window| window == id));
}
