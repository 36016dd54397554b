//! Which blocks of which runs each partition reads: worked out by the client, who sees no pair.

use bytes::Bytes;

use super::{PartitionSize, ShuffleSummary};
use crate::function::Data;
use crate::plan::{blocks_of_range, boundaries};
use crate::wire::{
    Block, CallError, CallRuns, JobId, PartitionInput, Section, ShuffleTerms, decode_value,
};

/// Sections by the partition that the writer gave each block.
pub(crate) fn route_hashed(
    job: &JobId,
    terms: &ShuffleTerms,
    written: &[CallRuns],
) -> (Vec<PartitionInput>, ShuffleSummary) {
    let mut route = Route::new(job, terms);
    for (call, attempt, run, blocks) in runs(written) {
        let mut offset = 0;
        for blocks in blocks.chunk_by(|a, b| a.partition == b.partition) {
            let partition = blocks[0].partition as usize;
            route.add(partition, section(call, attempt, run, offset, blocks), blocks);
            offset += blocks.iter().map(|block| block.bytes).sum::<u64>();
        }
    }
    route.end(written)
}

/// Sections by ranges of keys; without boundaries of the user's, such that ranges weigh the same.
pub(crate) fn route_sorted<K: Data + Ord>(
    job: &JobId,
    terms: &ShuffleTerms,
    written: &[CallRuns],
    given: Option<Vec<(K, Bytes)>>,
) -> Result<(Vec<PartitionInput>, ShuffleSummary), CallError> {
    let mut firsts: Vec<Vec<(K, Bytes)>> = Vec::new();
    for (_, _, _, blocks) in runs(written) {
        let of_run: Result<_, _> = blocks.iter().map(|block| decoded(&block.first)).collect();
        firsts.push(of_run?);
    }
    let bounds = if let Some(given) = given {
        given
    } else {
        let weights = runs(written).flat_map(|(_, _, _, blocks)| blocks).map(|block| block.bytes);
        let samples = firsts.iter().flatten().zip(weights);
        let samples = samples.map(|((key, first), weight)| (ByKey(key, first), weight));
        let chosen = boundaries(samples.collect(), terms.partitions);
        chosen.into_iter().map(|ByKey(_, first)| decoded(first)).collect::<Result<_, _>>()?
    };
    let mut route = Route::new(job, terms);
    for ((call, attempt, run, blocks), firsts) in runs(written).zip(firsts) {
        let keys: Vec<&K> = firsts.iter().map(|(key, _)| key).collect();
        let mut ends = vec![0u64];
        ends.extend(blocks.iter().scan(0, |end, block| {
            *end += block.bytes;
            Some(*end)
        }));
        for partition in 0..=bounds.len() {
            let lower = partition.checked_sub(1).map(|below| &bounds[below].0);
            let upper = bounds.get(partition).map(|(key, _)| key);
            let range = blocks_of_range(&keys, lower.as_ref(), upper.as_ref());
            if !range.is_empty() {
                let offset = ends[range.start];
                let blocks = &blocks[range];
                route.add(partition, section(call, attempt, run, offset, blocks), blocks);
            }
        }
    }
    for (partition, (_, encoded)) in bounds.into_iter().enumerate() {
        route.inputs[partition].upper = Some(encoded.clone());
        route.inputs[partition + 1].lower = Some(encoded);
    }
    Ok(route.end(written))
}

fn decoded<K: Data>(encoded: &Bytes) -> Result<(K, Bytes), CallError> {
    let key = decode_value(encoded.clone()).map_err(CallError::Argument)?;
    Ok((key, encoded.clone()))
}

/// A sample: ordered by its key.
struct ByKey<'a, K>(&'a K, &'a Bytes);

impl<K: Ord> PartialEq for ByKey<'_, K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: Ord> Eq for ByKey<'_, K> {}

impl<K: Ord> PartialOrd for ByKey<'_, K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord> Ord for ByKey<'_, K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(other.0)
    }
}

/// All runs, in the order of calls.
fn runs(written: &[CallRuns]) -> impl Iterator<Item = (u32, u32, u32, &[Block])> {
    (0u32..).zip(written).flat_map(|(call, of_call)| {
        let numbered = (0u32..).zip(&of_call.runs);
        numbered.map(move |(run, blocks)| (call, of_call.attempt, run, blocks.as_slice()))
    })
}

fn section(call: u32, attempt: u32, run: u32, offset: u64, blocks: &[Block]) -> Section {
    let blocks = blocks.iter().map(|block| (block.bytes, block.checksum)).collect();
    Section { call, attempt, run, offset, blocks }
}

struct Route {
    inputs: Vec<PartitionInput>,
    sizes: Vec<PartitionSize>,
}

impl Route {
    fn new(job: &JobId, terms: &ShuffleTerms) -> Self {
        let input = |partition| PartitionInput {
            job: job.clone(),
            partition,
            partitions: terms.partitions,
            budget: terms.budget,
            lower: None,
            upper: None,
            sections: Vec::new(),
        };
        let sizes = vec![PartitionSize::default(); terms.partitions as usize];
        Self { inputs: (0..terms.partitions).map(input).collect(), sizes }
    }

    fn add(&mut self, partition: usize, section: Section, blocks: &[Block]) {
        self.inputs[partition].sections.push(section);
        for block in blocks {
            self.sizes[partition].bytes += block.bytes;
            self.sizes[partition].pairs += block.pairs;
        }
    }

    fn end(self, written: &[CallRuns]) -> (Vec<PartitionInput>, ShuffleSummary) {
        let runs = written.iter().map(|call| call.runs.len()).sum();
        (self.inputs, ShuffleSummary { partitions: self.sizes, runs })
    }
}
