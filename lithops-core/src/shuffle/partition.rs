//! A partition of a sort, as the function sees it.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use super::merged::Merged;
use crate::function::Data;
use crate::wire::{CallError, PartitionInput, decode_value};

/// The pairs of one partition, in the order of keys: read from storage as they are asked for.
///
/// Equal keys come in the order of the inputs, then as they were given out. Where the storage fails,
/// the iterator ends early and the call fails with that cause, whatever the function returns.
#[derive(Debug)]
pub struct SortedPartition<K, V> {
    pairs: Merged<K>,
    index: u32,
    partitions: u32,
    failure: Failure,
    value: PhantomData<fn() -> V>,
}

/// What ended a partition too early.
pub(super) type Failure = Arc<OnceLock<CallError>>;

impl<K: Data + Ord, V: Data> SortedPartition<K, V> {
    pub(super) fn open(input: PartitionInput) -> Result<Self, CallError> {
        let (index, partitions) = (input.partition, input.partitions);
        let (pairs, failure) = (Merged::open(input)?, Failure::default());
        Ok(Self { pairs, index, partitions, failure, value: PhantomData })
    }

    pub(super) fn failure(&self) -> Failure {
        Arc::clone(&self.failure)
    }

    fn read(&mut self) -> Result<Option<(K, V)>, CallError> {
        let Some(pair) = self.pairs.next_pair()? else { return Ok(None) };
        let value = decode_value(pair.value.clone()).map_err(CallError::Argument)?;
        Ok(Some((pair.key()?, value)))
    }
}

impl<K, V> SortedPartition<K, V> {
    /// Which partition it is, from 0: keys of later ones are greater.
    pub fn index(&self) -> usize {
        self.index as usize
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> usize {
        self.partitions as usize
    }
}

impl<K: Data + Ord, V: Data> Iterator for SortedPartition<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        if self.failure.get().is_some() {
            return None;
        }
        self.read().unwrap_or_else(|cause| {
            self.failure.get_or_init(|| cause);
            None
        })
    }
}
