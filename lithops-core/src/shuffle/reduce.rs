//! The call of a partition: it merges runs, and gives a function the keys with their values.

use std::any::type_name;
use std::marker::PhantomData;

use super::SortedPartition;
use super::merged::Merged;
use crate::function::{
    Data, Entry, Invocation, Kernel, RemoteFn, TaskOutput, conjure, entry, shared_of, single,
};
use crate::wire::{CallError, PartitionInput, decode_value, encode_value};

/// Combines all values of each key by `F: Fn(V, V) -> V`.
#[derive(Debug)]
pub struct ReducePairs<F, K, V>(PhantomData<(F, K, V)>);

/// Calls `F: Fn(K, Vec<V>) -> Out` for each key.
#[derive(Debug)]
pub struct GroupPairs<F, K, V, Out, M>(PhantomData<(F, K, V, Out, M)>);

/// Calls `F: Fn(SortedPartition<K, V>) -> Out`.
#[derive(Debug)]
pub struct EachPartition<F, K, V, Out, M>(PhantomData<(F, K, V, Out, M)>);

/// Calls `F: Fn(&S, SortedPartition<K, V>) -> Out`, with one `S` for all partitions.
#[derive(Debug)]
pub struct EachPartitionWith<F, S, K, V, Out, M>(PhantomData<(F, S, K, V, Out, M)>);

impl<F, K, V> Kernel for ReducePairs<F, K, V>
where
    F: Fn(V, V) -> V + RemoteFn,
    K: Data + Ord,
    V: Data,
{
    fn entry() -> Entry {
        let signature = format!("({0}, {0}) by {1}", type_name::<V>(), type_name::<K>());
        entry::<F, Self>(signature, |call| {
            let mut pairs = Merged::<K>::open(input(call)?)?;
            let mut reduced: Vec<(K, V)> = Vec::new();
            while let Some(pair) = pairs.next_pair()? {
                let mut value: V = decode(&pair.value)?;
                while let Some(next) = pairs.next_equal(&pair)? {
                    value = conjure::<F>()(value, decode(&next.value)?);
                }
                reduced.push((pair.key()?, value));
            }
            encode_value(reduced, call.output).map_err(CallError::Output)
        })
    }
}

impl<F, K, V, Out, M> Kernel for GroupPairs<F, K, V, Out, M>
where
    F: Fn(K, Vec<V>) -> Out + RemoteFn,
    K: Data + Ord,
    V: Data,
    Out: TaskOutput<M>,
    M: 'static,
{
    fn entry() -> Entry {
        let (key, value) = (type_name::<K>(), type_name::<V>());
        let signature = format!("({key}, all {value}) -> {}", type_name::<Out>());
        entry::<F, Self>(signature, |call| {
            let mut pairs = Merged::<K>::open(input(call)?)?;
            let mut results: Vec<Out::Value> = Vec::new();
            while let Some(pair) = pairs.next_pair()? {
                let mut values: Vec<V> = vec![decode(&pair.value)?];
                while let Some(next) = pairs.next_equal(&pair)? {
                    values.push(decode(&next.value)?);
                }
                results.push(conjure::<F>()(pair.key()?, values).resolve(call.runtime)?);
            }
            encode_value(results, call.output).map_err(CallError::Output)
        })
    }
}

impl<F, K, V, Out, M> Kernel for EachPartition<F, K, V, Out, M>
where
    F: Fn(SortedPartition<K, V>) -> Out + RemoteFn,
    K: Data + Ord,
    V: Data,
    Out: TaskOutput<M>,
    M: 'static,
{
    fn entry() -> Entry {
        let (key, value) = (type_name::<K>(), type_name::<V>());
        let signature = format!("(sorted {key} and {value}) -> {}", type_name::<Out>());
        entry::<F, Self>(signature, |call| {
            let partition = SortedPartition::open(input(call)?)?;
            each(call, partition, conjure::<F>())
        })
    }
}

impl<F, S, K, V, Out, M> Kernel for EachPartitionWith<F, S, K, V, Out, M>
where
    F: Fn(&'static S, SortedPartition<K, V>) -> Out + RemoteFn,
    S: Data + Sync,
    K: Data + Ord,
    V: Data,
    Out: TaskOutput<M>,
    M: 'static,
{
    fn entry() -> Entry {
        let (shared, key, value) = (type_name::<S>(), type_name::<K>(), type_name::<V>());
        let signature = format!("(&{shared}, sorted {key} and {value}) -> {}", type_name::<Out>());
        entry::<F, Self>(signature, |call| {
            let shared = shared_of(call)?;
            let partition = SortedPartition::open(input(call)?)?;
            each(call, partition, |partition| conjure::<F>()(shared, partition))
        })
    }
}

/// Calls `f` on a partition; what it made of a part of its pairs is no result, nor is what it failed
/// of then.
fn each<K: Data + Ord, V: Data, Out: TaskOutput<M>, M>(
    call: &mut Invocation<'_>,
    partition: SortedPartition<K, V>,
    f: impl FnOnce(SortedPartition<K, V>) -> Out,
) -> Result<(), CallError> {
    let failure = partition.failure();
    let result = f(partition).resolve(call.runtime);
    if let Some(cause) = failure.get() {
        return Err(cause.clone());
    }
    encode_value(result?, call.output).map_err(CallError::Output)
}

fn input(call: &mut Invocation<'_>) -> Result<PartitionInput, CallError> {
    decode_value(single(call)?).map_err(CallError::Argument)
}

fn decode<V: Data>(value: &bytes::Bytes) -> Result<V, CallError> {
    decode_value(value.clone()).map_err(CallError::Argument)
}
