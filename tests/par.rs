//! Parallel iterators give what rayon's give, on threads and on processes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lithops::prelude::*;
use std::future::IntoFuture;
use std::panic::AssertUnwindSafe;

use lithops::{Error, block_on};

/// What is neither `Clone` nor `Copy`.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Order {
    price: u32,
    pieces: u32,
}

fn executors() -> [FunctionExecutor; 2] {
    block_on(async {
        [FunctionExecutor::threads(2).await.unwrap(), FunctionExecutor::processes(2).await.unwrap()]
    })
}

#[test]
fn items_are_collected_in_their_order() {
    for exec in executors() {
        for items in [0, 1, 2, 1000u64] {
            let given: Vec<u64> = exec.par(0..items).map(|x| x * x).collect();
            assert_eq!(given, (0..items).map(|x| x * x).collect::<Vec<_>>());
        }
    }
}

#[test]
fn stages_are_done_in_one_pass_and_need_not_be_serialisable_between() {
    struct Between(u32);
    for exec in executors() {
        let given: Vec<String> = exec
            .par((0..100u32).collect::<Vec<_>>())
            .map(Between)
            .filter(|between| between.0.is_multiple_of(3))
            .filter_map(|between| (between.0 < 50).then(|| vec![between.0; 2]))
            .flat_map(|pair| pair)
            .map(|x| x.to_string())
            .collect();
        let expected: Vec<String> =
            (0..50).step_by(3).flat_map(|x| [x, x]).map(|x: u32| x.to_string()).collect();
        assert_eq!(given, expected);
    }
}

#[test]
fn places_are_those_of_the_whole_source() {
    for exec in executors() {
        let letters: Vec<char> = ('a'..='z').collect();
        let given: Vec<(usize, char)> =
            exec.par(letters.clone()).with_max_len(4).enumerate().collect();
        assert_eq!(given, letters.into_iter().enumerate().collect::<Vec<_>>());
    }
}

#[test]
fn sums_counts_and_extremes_are_those_of_the_standard_library() {
    for exec in executors() {
        assert_eq!(exec.par(0..=1_000_000u64).sum::<u64>(), 500_000_500_000);
        assert_eq!(exec.par(1..=10u64).product::<u64>(), 3_628_800);
        assert_eq!(exec.par(0..0u64).sum::<u64>(), 0);
        assert_eq!(exec.par(0..0u64).product::<u64>(), 1);
        assert_eq!(exec.par(-50..50i32).filter(|x| x % 2 == 0).count(), 50);
        assert_eq!(exec.par(-50..50i32).max(), Some(49));
        assert_eq!(exec.par(-50..50i32).min(), Some(-50));
        assert_eq!(exec.par(0..0i32).max(), None);
        // Of equals the last is the greatest and the first the least, as in the standard library.
        let words = ["bb", "a", "cc", "d"].map(String::from);
        assert_eq!(exec.par(words.clone()).max_by_key(String::len).unwrap(), "cc");
        assert_eq!(exec.par(words.clone()).min_by_key(String::len).unwrap(), "a");
        assert_eq!(exec.par(words.clone()).max_by(|a, b| a.len().cmp(&b.len())).unwrap(), "cc");
        assert_eq!(exec.par(words).min_by(|a, b| a.len().cmp(&b.len())).unwrap(), "a");
    }
}

#[test]
fn a_reduction_gives_the_identity_for_nothing() {
    for exec in executors() {
        let join = |a: String, b: String| format!("{a}{b}");
        let joined = exec.par(0..20u8).map(|x| x.to_string()).reduce(String::new, join);
        assert_eq!(joined, (0..20u8).map(|x| x.to_string()).collect::<String>());
        let none = exec.par(0..0u8).map(|x| x.to_string()).reduce(|| "none".to_owned(), join);
        assert_eq!(none, "none");
        assert_eq!(exec.par(0..0u8).reduce_with(u8::max), None);
    }
}

#[test]
fn a_search_ends_when_it_has_found() {
    for exec in executors() {
        // The whole range would take years.
        assert!(exec.par(0..u64::MAX).any(|x| x == 3));
        assert!(!exec.par(0..u64::MAX).all(|x| x != 3));
        assert_eq!(exec.par(0..u64::MAX).find_any(|x| *x == 5), Some(5));
        assert!(!exec.par(0..1000u64).any(|x| x == 1000));
        assert!(exec.par(0..1000u64).all(|x| x < 1000));
        assert_eq!(exec.par(0..1000u64).find_any(|x| *x == 1000), None);
    }
}

#[test]
fn what_is_lent_stays_with_the_caller() {
    let orders: Vec<Order> = (0..100).map(|n| Order { price: n, pieces: 2 }).collect();
    for exec in executors() {
        let dear = |order: &&Order| order.price >= 50;
        let total: u32 =
            orders.par_iter().on(&exec).filter(dear).map(|order| order.price * order.pieces).sum();
        assert_eq!(total, (50..100).sum::<u32>() * 2);
        let found: Vec<&Order> = orders.par_iter().on(&exec).filter(dear).collect();
        assert!(found.iter().zip(&orders[50..]).all(|(one, other)| std::ptr::eq(*one, other)));
        assert_eq!(found.len(), 50);
        let price = |order: &&Order| order.price / 10;
        let dearest = orders.par_iter().on(&exec).max_by_key(price).unwrap();
        assert!(std::ptr::eq(dearest, &orders[99]));
        let cheapest = orders.par_iter().on(&exec).min_by_key(price).unwrap();
        assert!(std::ptr::eq(cheapest, &orders[0]));
        let by_pieces = |one: &&Order, other: &&Order| one.pieces.cmp(&other.pieces);
        assert!(std::ptr::eq(orders.par_iter().on(&exec).max_by(by_pieces).unwrap(), &orders[99]));
        assert!(std::ptr::eq(orders.par_iter().on(&exec).min_by(by_pieces).unwrap(), &orders[0]));
        let some = orders.par_iter().on(&exec).find_any(|order| order.price == 42).unwrap();
        assert!(std::ptr::eq(some, &orders[42]));
        let copies: Vec<Order> = orders.par_iter().on(&exec).filter(dear).cloned().collect();
        assert_eq!(copies, orders[50..]);
        assert!(orders.par_iter().on(&exec).any(|order| order.price == 99));
        assert!(orders.par_iter().on(&exec).all(|order| order.pieces == 2));
        let numbers = [1.5f64, 2.5];
        assert_eq!(numbers.par_iter().on(&exec).sum::<f64>(), 4.0);
        assert_eq!(["b", "a"].map(String::from).par_iter().on(&exec).max().unwrap(), "b");
        assert_eq!(Vec::<u8>::new().par_iter().on(&exec).min(), None);
        let pairs: Vec<u32> = orders[..2]
            .par_iter()
            .on(&exec)
            .flat_map(|order| [order.price, order.pieces])
            .collect();
        assert_eq!(pairs, [0, 2, 1, 2]);
    }
    assert_eq!(orders.len(), 100);
}

#[test]
fn every_collection_of_the_standard_library_is_a_source_and_a_result() {
    let [exec, _] = executors();
    let map: BTreeMap<u8, String> = (0..9).map(|x| (x, x.to_string())).collect();
    let swapped: HashMap<String, u8> = exec.par(map.clone()).map(|(x, text)| (text, x)).collect();
    assert_eq!(swapped.len(), 9);
    let back: BTreeMap<u8, String> = exec.par(swapped).map(|(text, x)| (x, text)).collect();
    assert_eq!(back, map);
    let set: BTreeSet<u8> = exec.par([3u8, 1, 3, 2]).collect();
    assert_eq!(exec.par(set).map(u64::from).collect::<Vec<_>>(), [1, 2, 3]);
    let text: String = exec.par(vec!['a', 'b', 'c']).collect();
    assert_eq!(text, "abc");
    let numbers = ["1", "2", "x"].map(String::from);
    let parsed: Result<Vec<u8>, String> =
        exec.par(numbers).map(|text| text.parse().map_err(|_| text)).collect();
    assert_eq!(parsed, Err("x".to_owned()));
    exec.par(0..10u8).for_each(|_| ());
}

#[test]
fn a_failure_is_a_panic_or_an_error_as_the_caller_wants() {
    let halve = |x: u32| if x == 7 { panic!("odd luck") } else { x / 2 };
    for exec in executors() {
        let error = exec.par(0..10u32).map(halve).checked().sum::<u32>().unwrap_err();
        let Error::Call { cause: CallError::Panicked(panic), .. } = error else {
            panic!("{error}")
        };
        assert_eq!(panic.message, "odd luck");
        let found = exec.par(0..10u32).map(halve).checked().any(|x| x > 100).unwrap_err();
        assert!(matches!(found, Error::Call { cause: CallError::Panicked(_), .. }), "{found}");
        let caught = std::panic::catch_unwind(AssertUnwindSafe(|| {
            exec.par(0..10u32).map(halve).sum::<u32>()
        }));
        let text = caught.unwrap_err().downcast::<String>().unwrap();
        assert!(text.contains("odd luck"), "{text}");
        let checked: Result<Vec<u32>, Error> = exec.par(0..3u32).checked().collect();
        assert_eq!(checked.unwrap(), [0, 1, 2]);
    }
}

#[tokio::test]
async fn it_may_be_used_on_a_thread_of_a_runtime() {
    let exec = FunctionExecutor::threads(2).await.unwrap();
    assert_eq!(exec.par(0..10u32).sum::<u32>(), 45);
}

#[test]
fn it_may_be_used_inside_a_call() {
    let [_, exec] = executors();
    let inside = |n: u64| (0..n).into_par_iter().map(|x| x * 2).sum::<u64>();
    assert_eq!(block_on(exec.map(inside, [10u64, 100]).into_future()).unwrap(), [90, 9900]);
}

#[test]
fn more_pieces_than_a_client_can_keep_are_refused() {
    let [exec, _] = executors();
    let refused = exec.par(0..10_000_000_000u64).with_max_len(1).checked().count().unwrap_err();
    let Error::TooManyPieces { pieces, most } = refused else { panic!("{refused}") };
    assert_eq!((pieces, most), (10_000_000_000, 1 << 24));
}

fn backend_of_calls((): ()) -> String {
    lithops::par::global().unwrap().capability().backend.to_owned()
}

#[test]
fn the_programs_own_executor_is_made_once_and_not_by_its_calls() {
    let [threads, _] = executors();
    let inside = block_on(threads.map(backend_of_calls, [()]).into_future()).unwrap();
    assert_eq!(inside, ["threads"]);
    lithops::Builder::from_config().unwrap().workers(2).build_global().unwrap();
    let made = lithops::par::global().unwrap().capability();
    assert_eq!((made.max_workers, made.backend), (2, "processes"));
    assert_eq!((0..100u32).into_par_iter().sum::<u32>(), 4950);
    let again = FunctionExecutor::builder().build_global().unwrap_err();
    assert!(again.to_string().contains("made already"), "{again}");
}
