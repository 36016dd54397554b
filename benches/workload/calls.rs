//! Calls that do nothing, by us and by rayon.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use lithops::{ExecutorExt, FunctionExecutor};
use lithops_core::wire::{ValueSink, decode_value, encode_value};
use rayon::prelude::*;

use super::WORKERS;

/// The function of all jobs: it does nothing.
pub(crate) fn no_op(x: u64) -> u64 {
    x
}

/// How a job's calls are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// As the library decides.
    Default,
    /// Each call by itself: `.chunk_size(1)`.
    One,
}

impl Chunks {
    pub(crate) const BOTH: [Self; 2] = [Self::Default, Self::One];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Default => "default chunks",
            Self::One => "chunk 1",
        }
    }
}

/// An executor over a backend, warm: its workers run and know the function.
pub(crate) fn warm(backend: &str) -> FunctionExecutor {
    let builder = FunctionExecutor::builder().backend(backend).workers(WORKERS).progress(false);
    let exec = lithops::block_on(builder.build()).unwrap();
    // Long enough for every worker to have been given something.
    for _ in 0..3 {
        assert_eq!(map(&exec, 10_000, Chunks::Default).len(), 10_000);
    }
    exec
}

/// `calls` calls, from the numbers that go in to the numbers that come out.
pub(crate) fn map(exec: &FunctionExecutor, calls: u32, chunks: Chunks) -> Vec<u64> {
    let mut map = exec.map(no_op, 0..u64::from(calls));
    if chunks == Chunks::One {
        map = map.chunk_size(1);
    }
    lithops::block_on(map.into_future()).unwrap()
}

/// A function as a backend without types sees it: bytes to bytes.
type Boxed = Box<dyn Fn(Bytes, &mut ValueSink) -> Bytes + Send + Sync>;

/// What must be done for each of our calls, whoever does it: decode the argument from MessagePack,
/// call through a box, encode the result. Uses the library's own codec.
fn boxed() -> &'static Boxed {
    static BOXED: OnceLock<Boxed> = OnceLock::new();
    BOXED.get_or_init(|| {
        Box::new(|argument, sink| {
            encode_value(no_op(decode_value(argument).unwrap()), sink).unwrap();
            sink.take()
        })
    })
}

/// Encoded arguments of `calls` calls, ready before the clock starts.
pub(crate) fn arguments(calls: u32) -> Arc<Vec<Bytes>> {
    Arc::new(
        (0..u64::from(calls)).map(|argument| encode(argument, &mut ValueSink::new())).collect(),
    )
}

fn encode(value: u64, sink: &mut ValueSink) -> Bytes {
    encode_value(value, sink).unwrap();
    sink.take()
}

/// Rayon's pool, as large as ours.
pub(crate) fn rayon() -> &'static rayon::ThreadPool {
    static POOL: OnceLock<rayon::ThreadPool> = OnceLock::new();
    POOL.get_or_init(|| rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build().unwrap())
}

/// The boxed work by `par_iter`: from encoded arguments to encoded results.
pub(crate) fn rayon_boxed(arguments: &[Bytes]) -> Vec<Bytes> {
    let call = boxed();
    rayon().install(|| {
        let calls = arguments.par_iter().cloned();
        calls.map_init(ValueSink::new, |sink, argument| call(argument, sink)).collect()
    })
}

/// The boxed work by `par_iter`, with the client's part of it: from numbers to numbers, so each
/// argument is encoded and each result decoded too.
pub(crate) fn rayon_values(calls: u32) -> Vec<u64> {
    let call = boxed();
    let both_ways = |sink: &mut ValueSink, argument| {
        let argument = encode(argument, sink);
        decode_value(call(argument, sink)).unwrap()
    };
    rayon().install(|| {
        (0..u64::from(calls)).into_par_iter().map_init(ValueSink::new, both_ways).collect()
    })
}

/// `par_iter` of the function itself: no codec, no box, inlined.
pub(crate) fn rayon_plain(calls: u32) -> Vec<u64> {
    rayon().install(|| (0..u64::from(calls)).into_par_iter().map(no_op).collect())
}

thread_local! {
    /// Where rayon's threads write, as each of our workers has one.
    static SINK: RefCell<ValueSink> = RefCell::default();
}

/// The boxed work with a `spawn` for each call.
pub(crate) fn rayon_spawn(arguments: &[Bytes]) -> Vec<OnceLock<Bytes>> {
    let call = boxed();
    let results: Vec<OnceLock<Bytes>> = arguments.iter().map(|_| OnceLock::new()).collect();
    rayon().scope(|scope| {
        for (argument, result) in arguments.iter().zip(&results) {
            scope.spawn(move |_| {
                let value = SINK.with_borrow_mut(|sink| call(argument.clone(), sink));
                result.set(value).unwrap();
            });
        }
    });
    results
}

/// A `spawn` for each call of the function itself.
pub(crate) fn rayon_bare_spawn(calls: u32) -> Vec<OnceLock<u64>> {
    let results: Vec<OnceLock<u64>> = (0..calls).map(|_| OnceLock::new()).collect();
    rayon().scope(|scope| {
        for (argument, result) in (0u64..).zip(&results) {
            scope.spawn(move |_| result.set(no_op(argument)).unwrap());
        }
    });
    results
}
