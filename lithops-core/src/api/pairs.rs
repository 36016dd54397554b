//! Pairs on their way through a shuffle: by key reduced, grouped or sorted.

use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;

use super::builder::options;
use super::map::Map;
use super::partitioned::Partitioned;
use super::stage::{Groups, Recipe, Stage};
use super::verbs::assert_remote;
use crate::error::Error;
use crate::function::{Data, Kernel, RemoteFn, TaskOutput};
use crate::plan::JobOptions;
use crate::ports::Executor;
use crate::shuffle::{
    Combine, CombineWith, EachPartition, EachPartitionWith, FlatMapFn, GroupPairs, Keep, Listed,
    PairSource, ReducePairs, ShuffleSummary, SortedPartition, WriteRuns, route_hashed,
    route_sorted,
};
use crate::wire::{
    CallError, CallRuns, JobId, Layout, PartitionInput, ShuffleTerms, ValueError, ValueSink,
    decode_value, encode_value,
};

/// Bytes of pairs that a call holds, unless set.
const BUDGET: u64 = 128 << 20;
/// Less would make a request of every few pairs.
const LEAST_BUDGET: u64 = 64 << 10;
/// The most partitions that are chosen without being asked for.
const MOST_PARTITIONS: usize = 4096;

/// The pairs that calls yield, not yet sent off: say what is to become of them.
///
/// Each map call holds as many pairs as its [memory budget](Self::memory_budget) allows, sorts them,
/// and writes them to the job's storage, one object each time the budget is full. Then one call for
/// each of [`partitions`](Self::partitions) merges its part of all objects. Equal keys always meet in
/// one partition. What was written is removed when the last handle of the job is dropped.
///
/// Keys are told apart by their order ([`Ord`]) and by their encoding: keys that are equal must
/// encode to the same bytes, as derived implementations do.
///
/// Options that are set here hold for the map calls and for those of the partitions.
#[must_use = "pairs do nothing until they are reduced, grouped or sorted, and that is awaited"]
pub struct Pairs<S> {
    stage: Stage,
    partitions: Option<u32>,
    budget: u64,
    source: PhantomData<fn() -> S>,
}

impl<S> std::fmt::Debug for Pairs<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pairs").field("calls", &self.stage.calls()).finish_non_exhaustive()
    }
}

options!(Pairs<S>);

impl<S> Pairs<S> {
    fn options_mut(&mut self, set: impl Fn(&mut JobOptions)) {
        set(&mut self.stage.options);
    }

    /// Spreads keys over `count` partitions, each the work of one call: twice as many as there are
    /// workers, unless set. With more of them a call needs less memory, and a heavy key weighs less
    /// on its neighbours.
    pub fn partitions(mut self, count: u32) -> Self {
        self.partitions = Some(count.max(1));
        self
    }

    /// Lets a call hold about `bytes` of pairs at once: 128 MiB, unless set.
    ///
    /// A map call with more of them writes several objects; the call of a partition reads all of
    /// its objects at once, with this much room in all, but at least two blocks (16 to 256 KiB) of
    /// each.
    pub fn memory_budget(mut self, bytes: u64) -> Self {
        self.budget = bytes.max(LEAST_BUDGET);
        self
    }

    fn of(stage: Stage) -> Self {
        Self { stage, partitions: None, budget: BUDGET, source: PhantomData }
    }
}

impl<F, In, Out, M> Pairs<FlatMapFn<F, In, Out, M>>
where
    FlatMapFn<F, In, Out, M>: PairSource,
    <FlatMapFn<F, In, Out, M> as PairSource>::Key: Ord,
    In: Data,
{
    pub(super) fn of_items(
        executor: Arc<dyn Executor>,
        items: impl IntoIterator<Item = In>,
    ) -> Self {
        type Write<F, In, Out, M> = WriteRuns<FlatMapFn<F, In, Out, M>, Keep>;
        Self::of(Stage::new::<Write<F, In, Out, M>, In, CallRuns>(executor, items))
    }
}

impl<S: PairSource> Pairs<S>
where
    S::Key: Ord,
{
    /// Combines all values of each key to one: awaiting gives each key once, with its value.
    ///
    /// `combine` must be associative. It is called by the map calls before they write, so that a
    /// frequent key costs little, and again for what comes together; always on values in the order
    /// of the inputs. Pairs come ordered by partition, within one by key.
    pub fn reduce_by_key<F>(self, _combine: F) -> Partitioned<(S::Key, S::Value)>
    where
        F: Fn(S::Value, S::Value) -> S::Value + RemoteFn,
        S::Key: Hash,
    {
        assert_remote!(F);
        let (map, terms) = self.write::<CombineWith<F, S::Key, S::Value>>(Layout::Hashed);
        Partitioned::new(by_hash::<ReducePairs<F, S::Key, S::Value>, (S::Key, S::Value)>(
            map, terms,
        ))
    }

    /// Calls `f` once for each key, with all its values: awaiting gives what the calls return.
    ///
    /// Values come in the order of the inputs, then as their call has yielded them. They are all in
    /// memory at once: for a key with very many, [`reduce_by_key`](Self::reduce_by_key) or
    /// [`sort_by_key`](Self::sort_by_key). Results come ordered by partition, within one by key.
    pub fn group_by_key<F, Out, M>(self, _f: F) -> Partitioned<Out::Value>
    where
        F: Fn(S::Key, Vec<S::Value>) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        assert_remote!(F);
        let (map, terms) = self.write::<Keep>(Layout::Hashed);
        let stage = by_hash::<GroupPairs<F, S::Key, S::Value, Out, M>, Out::Value>(map, terms);
        Partitioned::new(stage)
    }

    /// Sorts all pairs by key: say next, by [`each_partition`](SortedPairs::each_partition), what
    /// is done with them.
    ///
    /// The function is run once: the ranges of the partitions are chosen by keys that the map calls
    /// note while they write, one in a few thousand, so that partitions hold about as many bytes
    /// each. Equal keys are never parted: a key that outweighs a partition makes a large one.
    pub fn sort_by_key(self) -> SortedPairs<S> {
        SortedPairs { pairs: self, boundaries: None }
    }

    /// The stage that writes runs.
    fn write<C: Combine<S::Key, S::Value>>(self, layout: Layout) -> (Stage, ShuffleTerms) {
        let workers = self.stage.executor().capability().max_workers;
        let default = workers.saturating_mul(2).clamp(1, MOST_PARTITIONS) as u32;
        let partitions = self.partitions.unwrap_or(default);
        let terms = ShuffleTerms { partitions, budget: self.budget, layout };
        let mut stage = self.stage.with_kernel::<WriteRuns<S, C>, CallRuns>().share(terms.clone());
        stage.options.writes_objects = true;
        (stage, terms)
    }
}

/// Pairs that are to be sorted, not yet sent off.
#[must_use = "a sort does nothing until `each_partition` says what for, and that is awaited"]
pub struct SortedPairs<S: PairSource> {
    pairs: Pairs<S>,
    boundaries: Option<Vec<S::Key>>,
}

impl<S: PairSource> std::fmt::Debug for SortedPairs<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SortedPairs").field("pairs", &self.pairs).finish_non_exhaustive()
    }
}

impl<S: PairSource> SortedPairs<S>
where
    S::Key: Ord,
{
    /// Parts the keys at these, in any order: each begins a partition, so that there is one more
    /// partition than different keys here. Without it they are chosen by the data.
    pub fn boundaries(mut self, mut keys: Vec<S::Key>) -> Self {
        keys.sort();
        keys.dedup_by(|a, b| a == b);
        self.pairs.partitions = Some(u32::try_from(keys.len() + 1).unwrap_or(u32::MAX));
        self.boundaries = Some(keys);
        self
    }

    /// Calls `f` once for each partition, with its pairs in the order of keys, read from storage as
    /// they are asked for: awaiting gives what the calls return, in the order of partitions.
    ///
    /// What comes of one partition after the other is sorted as a whole. A partition may be empty.
    /// Options set on the [`Map`] hold for this last stage only.
    pub fn each_partition<F, Out, M>(self, _f: F) -> Map<Out::Value>
    where
        F: Fn(SortedPartition<S::Key, S::Value>) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        assert_remote!(F);
        type Each<F, S, Out, M> =
            EachPartition<F, <S as PairSource>::Key, <S as PairSource>::Value, Out, M>;
        Map::new(self.by_range::<Each<F, S, Out, M>, Out::Value>())
    }

    /// As [`each_partition`](Self::each_partition), with `shared` for all calls: what a closure would
    /// capture goes here; see [`map_with`](super::ExecutorExt::map_with).
    pub fn each_partition_with<F, Common, Out, M>(self, shared: Common, _f: F) -> Map<Out::Value>
    where
        Common: Data + Sync,
        F: Fn(&'static Common, SortedPartition<S::Key, S::Value>) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        assert_remote!(F);
        type Each<F, C, S, Out, M> =
            EachPartitionWith<F, C, <S as PairSource>::Key, <S as PairSource>::Value, Out, M>;
        Map::new(self.by_range::<Each<F, Common, S, Out, M>, Out::Value>().share(shared))
    }

    /// The stage of one call a range of keys.
    fn by_range<Each: Kernel, T>(self) -> Stage {
        let (mut map, terms) = self.pairs.write::<Keep>(Layout::Sorted);
        let given = match self.boundaries.map(encoded).transpose() {
            Ok(given) => given,
            Err(error) => {
                map.refuse(Error::Shared(error));
                None
            }
        };
        let calls = terms.partitions;
        let make = move |job: &JobId, results: Vec<Bytes>| {
            let (inputs, summary) =
                route_sorted::<S::Key>(job, &terms, &written(&terms, results)?, given)?;
            Ok((arguments(inputs)?, summary))
        };
        map.then::<Each, T>(Groups::All(Recipe { calls, make: Box::new(make) }))
    }
}

impl<K: Data + Ord, V: Data> Map<Vec<(K, V)>> {
    /// The pairs of all results, to be reduced, grouped or sorted by key.
    ///
    /// Each result is encoded whole, and goes to another call that takes it apart:
    /// [`flat_map`](super::ExecutorExt::flat_map) does that in one, and can yield more than fits in
    /// memory.
    pub fn into_pairs(self) -> Pairs<Listed<K, V>> {
        let write = self.into_stage().then::<WriteRuns<Listed<K, V>, Keep>, CallRuns>(Groups::Each);
        Pairs::of(write)
    }

    /// Combines all values of each key; see [`Pairs::reduce_by_key`].
    pub fn reduce_by_key<F>(self, combine: F) -> Partitioned<(K, V)>
    where
        F: Fn(V, V) -> V + RemoteFn,
        K: Hash,
    {
        self.into_pairs().reduce_by_key(combine)
    }

    /// Calls `f` once for each key with all its values; see [`Pairs::group_by_key`].
    pub fn group_by_key<F, Out, M>(self, f: F) -> Partitioned<Out::Value>
    where
        F: Fn(K, Vec<V>) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        self.into_pairs().group_by_key(f)
    }

    /// Sorts all pairs by key; see [`Pairs::sort_by_key`].
    pub fn sort_by_key(self) -> SortedPairs<Listed<K, V>> {
        self.into_pairs().sort_by_key()
    }
}

/// The stage of one call a partition, of which each gives a list.
fn by_hash<K: Kernel, T>(map: Stage, terms: ShuffleTerms) -> Stage {
    let calls = terms.partitions;
    let make = move |job: &JobId, results: Vec<Bytes>| {
        let (inputs, summary): (_, ShuffleSummary) =
            route_hashed(job, &terms, &written(&terms, results)?);
        Ok((arguments(inputs)?, summary))
    };
    map.then::<K, Vec<T>>(Groups::All(Recipe { calls, make: Box::new(make) }))
}

fn written(terms: &ShuffleTerms, results: Vec<Bytes>) -> Result<Vec<CallRuns>, CallError> {
    let decoded = results.into_iter().map(decode_value::<CallRuns>);
    let written = decoded.collect::<Result<Vec<_>, _>>().map_err(CallError::Argument)?;
    if !can_be(terms, &written) {
        let reason = "a map call tells of blocks that there can't be: build client and workers from \
                      the same version, and see who may write to the storage";
        return Err(CallError::JobFailed { reason: reason.to_owned() });
    }
    Ok(written)
}

fn arguments(inputs: Vec<PartitionInput>) -> Result<Vec<Bytes>, CallError> {
    let mut sink = ValueSink::new();
    let encode = |input| encode_value(input, &mut sink).map(|()| sink.take());
    inputs.into_iter().map(encode).collect::<Result<_, _>>().map_err(CallError::Argument)
}

fn encoded<K: Data>(keys: Vec<K>) -> Result<Vec<(K, Bytes)>, ValueError> {
    let encode = |key: K| {
        let mut bytes = Vec::new();
        crate::wire::append_value_of(&key, &mut bytes).map(|()| (key, Bytes::from(bytes)))
    };
    keys.into_iter().map(encode).collect()
}

/// Whether the calls of a shuffle can have written that: blocks of partitions that there are, and no
/// more bytes and pairs than can be counted.
fn can_be(terms: &ShuffleTerms, written: &[CallRuns]) -> bool {
    let mut blocks = written.iter().flat_map(|call| call.runs.iter().flatten());
    let sums = blocks.try_fold((0u64, 0u64), |(bytes, pairs), block| {
        let known = block.partition < terms.partitions;
        known.then_some((bytes.checked_add(block.bytes)?, pairs.checked_add(block.pairs)?))
    });
    sums.is_some()
}

/// As [`Pairs`] routes, for keys that are text.
#[cfg(fuzzing)]
pub(crate) fn route(
    terms: &ShuffleTerms,
    results: Vec<Bytes>,
) -> Result<Vec<crate::wire::PartitionInput>, CallError> {
    let (job, written) = (JobId::new("fuzz", 0), written(terms, results)?);
    let (inputs, _) = match terms.layout {
        Layout::Hashed => route_hashed(&job, terms, &written),
        Layout::Sorted => route_sorted::<String>(&job, terms, &written, None)?,
    };
    Ok(inputs)
}
