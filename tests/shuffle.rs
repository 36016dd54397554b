//! Pipelines by key: what they give on each backend and way to it, and what they leave behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use lithops::prelude::*;
use lithops::{SortedPartition, context};
use lithops_core::wire::keys;
use tempfile::TempDir;

/// A generous bound: what is waited for takes milliseconds.
const BOUND: Duration = Duration::from_secs(60);

/// Each kind of worker, each storage it can use, and each way to it.
const WAYS: [(&str, &str, bool); 5] = [
    ("threads", "memory", false),
    ("threads", "file", false),
    ("threads", "file", true),
    ("processes", "file", false),
    ("processes", "file", true),
];

/// Calls of this process that would never end by themselves.
static ENDLESS: AtomicUsize = AtomicUsize::new(0);

struct Counted;

impl Counted {
    fn new() -> Self {
        ENDLESS.fetch_add(1, Ordering::Release);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ENDLESS.fetch_sub(1, Ordering::Release);
    }
}

struct Way {
    exec: FunctionExecutor,
    through_storage: bool,
    isolated: bool,
    folder: TempDir,
}

impl Way {
    async fn new((backend, storage, through_storage): (&str, &str, bool)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let builder = FunctionExecutor::builder().backend(backend).storage(storage).workers(2);
        let builder = builder.progress(false).storage_root(folder.path().join("jobs"));
        let (exec, isolated) = (builder.build().await.unwrap(), backend == "processes");
        Self { exec, through_storage, isolated, folder }
    }

    /// Ends the executor, and looks at what is left.
    async fn end(self) {
        self.exec.shutdown().await;
        let storage = self.exec.storage();
        let files = || std::fs::read_dir(self.folder.path()).unwrap().collect::<Vec<_>>();
        // A thread can't be killed: what it was writing when its job ended it removes itself.
        let deadline = Instant::now() + BOUND;
        while !self.isolated
            && (ENDLESS.load(Ordering::Acquire) > 0
                || !files().is_empty()
                || !listed(&*storage).await.is_empty())
        {
            assert!(Instant::now() < deadline, "left: {:?} {:?}", files(), listed(&*storage).await);
            tokio::task::yield_now().await;
        }
        let left = tree(self.folder.path());
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(listed(&*storage).await, []);
    }
}

/// All that is below a folder, folders too.
fn tree(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.flat_map(|path| std::iter::once(path.clone()).chain(tree(&path))).collect()
}

async fn listed(storage: &dyn lithops::StorageBackend) -> Vec<lithops::ObjectMeta> {
    storage.list("", None).await.unwrap().objects
}

macro_rules! send {
    ($way:expr, $pairs:expr) => {{
        let pairs = $pairs;
        if $way.through_storage { pairs.through_storage() } else { pairs }
    }};
}

const TEXTS: [&str; 5] = ["to be or not to be", "", "that is the question", "be be be", "or not"];

fn words(text: String) -> impl Iterator<Item = (String, u64)> {
    let words: Vec<String> = text.split_whitespace().map(String::from).collect();
    words.into_iter().map(|word| (word, 1))
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|place| TEXTS[place % TEXTS.len()].to_owned()).collect()
}

fn plain_count(texts: &[String]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    texts.iter().flat_map(|text| text.split_whitespace()).for_each(|word| {
        *counts.entry(word.to_owned()).or_insert(0) += 1;
    });
    counts
}

/// A sequence of numbers that looks random and is the same everywhere.
fn noise(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed.wrapping_mul(2) + 1), |x| {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 7);
        Some(x ^ (x << 17))
    })
    .skip(5)
    .map(|x| x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16)
}

#[tokio::test]
async fn words_are_counted_as_a_plain_loop_counts_them() {
    let texts = texts(40);
    let expected = plain_count(&texts);
    for way in WAYS {
        let way = Way::new(way).await;
        for partitions in [1, 3, 50] {
            let pairs = way.exec.flat_map(words, texts.clone()).partitions(partitions);
            let counts = send!(way, pairs).reduce_by_key(|a, b| a + b).await.unwrap();
            assert_eq!(counts.len(), expected.len(), "each key once");
            assert_eq!(counts.into_iter().collect::<BTreeMap<_, _>>(), expected);
        }
        way.end().await;
    }
}

#[tokio::test]
async fn a_map_of_lists_is_reduced_grouped_and_sorted_too() {
    let texts = texts(20);
    let expected = plain_count(&texts);
    for way in WAYS {
        let way = Way::new(way).await;
        let lists =
            || send!(way, way.exec.map(|text| words(text).collect::<Vec<_>>(), texts.clone()));
        let counts = lists().reduce_by_key(|a, b| a + b).await.unwrap();
        assert_eq!(counts.into_iter().collect::<BTreeMap<_, _>>(), expected);
        let counts = lists().group_by_key(|word, ones: Vec<u64>| (word, ones.len() as u64));
        let counts = counts.await.unwrap();
        assert_eq!(counts.into_iter().collect::<BTreeMap<_, _>>(), expected);
        let sorted = lists().sort_by_key().each_partition(|pairs: SortedPartition<String, u64>| {
            pairs.map(|(word, _)| word).collect::<Vec<_>>()
        });
        let sorted = sorted.await.unwrap().concat();
        assert_eq!(sorted.len() as u64, expected.values().sum::<u64>());
        assert!(sorted.is_sorted());
        way.end().await;
    }
}

#[tokio::test]
async fn a_group_has_all_its_values_in_the_order_of_inputs() {
    for way in WAYS {
        let way = Way::new(way).await;
        let yield_some = |call: u32| (0..500u32).map(move |place| (place % 7, (call, place)));
        let pairs = way.exec.flat_map(yield_some, 0..6u32).memory_budget(1).partitions(3);
        let check = |key: u32, values: Vec<(u32, u32)>| -> Result<(u32, usize), std::io::Error> {
            if values.is_sorted() && values.iter().all(|(_, place)| place % 7 == key) {
                Ok((key, values.len()))
            } else {
                Err(std::io::Error::other("out of order"))
            }
        };
        let mut groups = send!(way, pairs).group_by_key(check).await.unwrap();
        groups.sort_unstable();
        let expected: Vec<_> =
            (0..7).map(|key| (key, 6 * (500 - key as usize).div_ceil(7))).collect();
        assert_eq!(groups, expected);
        way.end().await;
    }
}

/// Keys of calls, some of them very frequent.
fn skewed(call: u64) -> impl Iterator<Item = (u64, u64)> {
    let keys = noise(call).take(3000);
    keys.enumerate().map(move |(place, key)| {
        let key = if place % 3 == 0 { 77 } else { key % 1000 };
        (key, call * 10_000 + place as u64)
    })
}

fn numbered(pairs: SortedPartition<u64, u64>) -> (usize, usize, Vec<(u64, u64)>) {
    (pairs.index(), pairs.partitions(), pairs.collect())
}

#[tokio::test]
async fn a_sort_gives_all_pairs_in_order_and_equal_keys_in_the_order_of_inputs() {
    let mut expected: Vec<(u64, u64)> = (0..5).flat_map(skewed).collect();
    expected.sort_unstable();
    for way in WAYS {
        let way = Way::new(way).await;
        for (partitions, budget) in [(1, 1 << 20), (4, 1 << 20), (4, 1), (2000, 1 << 20)] {
            let pairs = way.exec.flat_map(skewed, 0..5u64);
            let pairs = send!(way, pairs).partitions(partitions).memory_budget(budget);
            let sorted = pairs.sort_by_key().each_partition(numbered).await.unwrap();
            let numbers = sorted.iter().map(|(index, of, _)| (*index, *of));
            let of = partitions as usize;
            assert!(numbers.eq((0..of).map(|index| (index, of))));
            let pairs: Vec<_> = sorted.into_iter().flat_map(|(_, _, pairs)| pairs).collect();
            assert_eq!(pairs, expected);
        }
        way.end().await;
    }
}

#[tokio::test]
async fn ranges_that_the_data_chooses_are_even_and_ranges_of_the_users_are_kept() {
    let way = Way::new(WAYS[1]).await;
    let pairs = |call: u64| noise(call).take(20_000).map(|key| (key % 1_000_000, ()));
    let sort = || way.exec.flat_map(pairs, 0..4u64).sort_by_key();
    let even = way.exec.flat_map(pairs, 0..4u64).partitions(8).sort_by_key();
    let counts = even.each_partition(|pairs: SortedPartition<u64, ()>| pairs.count());
    let handle = counts.submit().unwrap();
    let counts = handle.results().await.unwrap();
    assert_eq!(counts.iter().sum::<usize>(), 80_000);
    assert!(counts.iter().all(|count| (8000..12_000).contains(count)), "{counts:?}");
    let summary = handle.shuffle().unwrap();
    assert_eq!((summary.partitions.len(), summary.runs), (8, 4));
    assert!(summary.largest().pairs >= *counts.iter().max().unwrap() as u64);
    assert!(summary.largest().bytes < 2 * summary.median().bytes);
    drop(handle);
    let ranges = sort().boundaries(vec![900_000, 500_000, 900_000]);
    let ends = ranges.each_partition(|mut pairs: SortedPartition<u64, ()>| {
        let first = pairs.next().unwrap().0;
        (first, pairs.last().unwrap().0)
    });
    let ends = ends.await.unwrap();
    assert_eq!(ends.len(), 3);
    assert!(ends[0].1 < 500_000 && ends[1].0 >= 500_000, "{ends:?}");
    assert!(ends[1].1 < 900_000 && ends[2].0 >= 900_000, "{ends:?}");
    way.end().await;
}

#[tokio::test]
async fn nothing_in_gives_nothing_out_and_empty_partitions() {
    for way in WAYS {
        let way = Way::new(way).await;
        let no_items: [String; 0] = [];
        let pairs = || send!(way, way.exec.flat_map(words, no_items.clone())).partitions(3);
        assert_eq!(pairs().reduce_by_key(|a, b| a + b).await.unwrap(), []);
        assert_eq!(pairs().group_by_key(|_, all: Vec<u64>| all.len()).await.unwrap(), [0_usize; 0]);
        let count = |pairs: SortedPartition<String, u64>| pairs.count();
        assert_eq!(pairs().sort_by_key().each_partition(count).await.unwrap(), [0, 0, 0]);
        let no_words = [String::new(), String::new()];
        let pairs = || send!(way, way.exec.flat_map(words, no_words.clone())).partitions(2);
        assert_eq!(pairs().reduce_by_key(|a, b| a + b).await.unwrap(), []);
        assert_eq!(pairs().sort_by_key().each_partition(count).await.unwrap(), [0, 0]);
        way.end().await;
    }
}

#[tokio::test]
async fn keys_of_any_order_and_large_values_arrive_whole() {
    #[derive(
        Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
    )]
    enum Key {
        Number(std::cmp::Reverse<i32>),
        Named { name: String, rank: Option<u8> },
    }
    fn pairs(call: i32) -> Vec<(Key, Bytes)> {
        let rank = u8::try_from(call).ok();
        let value = |len: usize| Bytes::from(vec![call as u8; len]);
        vec![
            (Key::Named { name: "b".repeat(200), rank }, value(3 << 20)),
            (Key::Number(std::cmp::Reverse(call)), value(0)),
            (Key::Named { name: "a".to_owned(), rank: None }, value(200)),
        ]
    }
    fn shape(pairs: SortedPartition<Key, Bytes>) -> Vec<(Key, usize, bool)> {
        let whole = |value: &Bytes| value.iter().all(|byte| *byte == value[0]);
        pairs.map(|(key, value)| (key, value.len(), whole(&value))).collect()
    }
    let mut expected: Vec<_> =
        (-2..3).flat_map(pairs).map(|(key, value)| (key, value.len(), true)).collect();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    for way in WAYS {
        let way = Way::new(way).await;
        let sorted = send!(way, way.exec.flat_map(pairs, -2..3)).memory_budget(1 << 20);
        let sorted = sorted.partitions(3).sort_by_key().each_partition(shape).await.unwrap();
        assert_eq!(sorted.concat(), expected);
        let longest = send!(way, way.exec.flat_map(pairs, -2..3)).memory_budget(1 << 20);
        let longest = longest.reduce_by_key(|a, b| if a.len() > b.len() { a } else { b });
        assert_eq!(longest.await.unwrap().len(), 10);
        way.end().await;
    }
}

#[tokio::test]
async fn pairs_may_come_as_results_and_from_futures() {
    let way = Way::new(WAYS[0]).await;
    let sum = |a: u32, b: u32| a + b;
    let one = |x: u32| -> Result<Vec<(u8, u32)>, std::io::Error> { Ok(vec![(0, x)]) };
    assert_eq!(way.exec.flat_map(one, 0..5).reduce_by_key(sum).await.unwrap(), [(0, 10)]);
    let each = |x: u32| [Ok((0u8, x)), x.checked_sub(9).map(|x| (0, x)).ok_or(std::fmt::Error)];
    assert_eq!(way.exec.flat_map(each, 9..10).reduce_by_key(sum).await.unwrap(), [(0, 9)]);
    let error = way.exec.flat_map(each, [9, 8]).reduce_by_key(sum).await.unwrap_err();
    assert!(error.to_string().contains("call 1 of"), "{error}");
    let later = |x: u32| async move { std::iter::once((0u8, x)) };
    assert_eq!(way.exec.flat_map(later, 0..5).reduce_by_key(sum).await.unwrap(), [(0, 10)]);
    way.end().await;
}

#[tokio::test]
async fn a_failure_of_the_function_names_its_call() {
    for way in WAYS {
        let way = Way::new(way).await;
        let fails = |x: u32| -> Result<[(u32, u32); 1], std::io::Error> {
            if x == 3 { Err(std::io::Error::other("three is not to be")) } else { Ok([(x, x)]) }
        };
        let pairs = send!(way, way.exec.flat_map(fails, 0..6u32));
        let error = pairs.reduce_by_key(|a, _| a).await.unwrap_err();
        let Error::Call { cause: CallError::Upstream { index: 3, cause, .. }, .. } = error else {
            panic!("{error}")
        };
        assert!(matches!(*cause, CallError::Failed(_)), "{cause}");
        let fails = |key: u32, _: Vec<u32>| -> Result<u32, std::io::Error> {
            if key == 3 { Err(std::io::Error::other("nor here")) } else { Ok(key) }
        };
        let pairs = send!(way, way.exec.flat_map(|x: u32| [(x, x)], 0..6u32)).partitions(1);
        let error = pairs.group_by_key(fails).await.unwrap_err();
        let Error::Call { cause: CallError::Failed(cause), index: 0, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(cause.message, "nor here");
        way.end().await;
    }
}

/// Kills the process at the first attempt.
fn die_once() {
    if context().attempt() == 1 {
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
            .unwrap();
        loop {
            std::thread::park();
        }
    }
}

#[tokio::test]
async fn a_worker_that_dies_in_either_stage_changes_nothing() {
    let mut expected: Vec<(u64, u64)> = (0..5).flat_map(skewed).collect();
    expected.sort_unstable();
    for way in WAYS {
        let way = Way::new(way).await;
        if way.isolated {
            // In the middle of its pairs, with runs already written.
            let dies = |call: u64| {
                skewed(call).enumerate().map(move |(place, pair)| {
                    if (call, place) == (2, 2900) {
                        die_once();
                    }
                    pair
                })
            };
            let sorted = send!(way, way.exec.flat_map(dies, 0..5u64)).memory_budget(1);
            let handle = sorted.partitions(3).sort_by_key().each_partition(|pairs| {
                if pairs.index() == 1 {
                    die_once();
                }
                numbered(pairs).2
            });
            let handle = handle.submit().unwrap();
            assert_eq!(handle.results().await.unwrap().concat(), expected);
            assert_eq!(handle.summary().repeated, 2);
            drop(handle);
        }
        way.end().await;
    }
}

#[tokio::test]
async fn a_shuffle_that_is_dropped_or_cancelled_half_way_leaves_nothing() {
    // Fills its budget many times, and never ends.
    fn endless(call: u64) -> impl Iterator<Item = (u64, [u64; 8])> {
        let counted = Counted::new();
        noise(call).map(move |key| {
            let _ = &counted;
            (key, [key; 8])
        })
    }
    for way in WAYS {
        for cancel in [false, true] {
            let way = Way::new(way).await;
            let pairs = send!(way, way.exec.flat_map(endless, 0..2u64)).memory_budget(1);
            let count = |pairs: SortedPartition<u64, [u64; 8]>| pairs.count();
            let handle = pairs.sort_by_key().each_partition(count).submit().unwrap();
            let storage = way.exec.storage();
            let deadline = Instant::now() + BOUND;
            let mut written = Vec::new();
            while written.len() < 3 {
                assert!(Instant::now() < deadline, "no run is written");
                written = storage.list("jobs/", None).await.unwrap().objects;
                written.retain(|object| object.key.contains("/runs/"));
                tokio::task::yield_now().await;
            }
            if cancel {
                handle.cancel();
                let outcomes = handle.settled().await.unwrap();
                assert!(outcomes.iter().all(|outcome| *outcome == Err(CallError::Cancelled)));
            }
            drop(handle);
            way.end().await;
        }
    }
}

#[tokio::test]
async fn a_damaged_object_is_named_and_its_pairs_are_not_used() {
    fn damage(root: &Path) {
        let runs = std::fs::read_dir(root.join("jobs")).unwrap();
        let run = runs.map(|job| job.unwrap().path().join("runs")).find(|runs| runs.is_dir());
        let file = std::fs::read_dir(run.unwrap()).unwrap().next().unwrap().unwrap().path();
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).unwrap();
    }
    let way = Way::new(WAYS[3]).await;
    let damaging = |call: u64| {
        let root = std::env::var("ROOT").unwrap();
        let pairs: Vec<_> = skewed(call).collect();
        // The other call has written by now: it runs first, on the only worker.
        if call == 1 {
            damage(&Path::new(&root).join("jobs"));
        }
        pairs
    };
    let builder = FunctionExecutor::builder().workers(1).progress(false);
    let exec = builder.storage_root(way.folder.path().join("jobs")).build().await.unwrap();
    let pairs = exec.flat_map(damaging, 0..2u64).env("ROOT", way.folder.path().to_str().unwrap());
    let count = |pairs: SortedPartition<u64, u64>| pairs.count();
    let error = pairs.partitions(1).sort_by_key().each_partition(count).await.unwrap_err();
    let Error::Call { cause: CallError::Storage { reason, retryable: false }, .. } = error else {
        panic!("{error}")
    };
    assert!(reason.contains("/runs/00000000-1-00000\" is damaged"), "{reason}");
    exec.shutdown().await;
    way.end().await;
}

#[tokio::test]
async fn workers_that_cannot_reach_the_storage_are_refused_before_any_call() {
    let exec = FunctionExecutor::builder().workers(1).storage("memory").build().await.unwrap();
    let error = exec.flat_map(words, texts(1)).reduce_by_key(|a, b| a + b).submit().unwrap_err();
    let Error::Unsupported { backend: "processes", hint, .. } = error else { panic!("{error}") };
    assert!(hint.contains("storage = \"file\""), "{hint}");
}

#[tokio::test]
async fn memory_stays_bounded_however_many_pairs_there_are() {
    let way = Way::new(WAYS[3]).await;
    // 60 bytes a pair, so 120 MiB in all, and 48 MiB more to order them by.
    let pairs = |call: u64| noise(call).take(2 << 20).map(|key| (key, [key as f64; 6]));
    let sorted = way.exec.flat_map(pairs, [1u64]).memory(64 << 20).memory_budget(8 << 20);
    let count = |pairs: SortedPartition<u64, [f64; 6]>| {
        assert!(pairs.index() < pairs.partitions());
        pairs.count()
    };
    let handle = sorted.partitions(2).sort_by_key().each_partition(count).submit().unwrap();
    let counts = handle.results().await.unwrap();
    assert_eq!(counts.iter().sum::<usize>(), 2 << 20);
    assert!(handle.shuffle().unwrap().runs > 10);
    drop(handle);
    way.end().await;
}

#[tokio::test]
async fn what_was_written_is_there_until_the_handle_is_dropped() {
    let way = Way::new(WAYS[3]).await;
    let handle = way.exec.flat_map(words, texts(4)).reduce_by_key(|a, b| a + b).submit().unwrap();
    handle.results().await.unwrap();
    let storage = way.exec.storage();
    let objects = storage.list("jobs/", None).await.unwrap().objects;
    assert_eq!(objects.len(), 3, "one run for each call with words: {objects:?}");
    assert_eq!(storage.list(&keys::job(handle.id()), None).await.unwrap().objects, []);
    assert_eq!(handle.summary().calls, 8);
    drop(handle);
    way.end().await;
}
