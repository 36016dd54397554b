//! How evenly a shuffle's pairs fell on its partitions.

use std::fmt;

/// How evenly a shuffle's pairs fell on its partitions, as its map calls have written them: after
/// combining, before compression by any storage.
///
/// Of a sort it counts what each partition reads: a block that lies across a boundary counts on both
/// sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShuffleSummary {
    /// Each partition's share, in order.
    pub partitions: Vec<PartitionSize>,
    /// Objects that the map calls have written.
    pub runs: usize,
}

/// What fell on one partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartitionSize {
    /// Encoded bytes.
    pub bytes: u64,
    /// Pairs.
    pub pairs: u64,
}

impl ShuffleSummary {
    /// The partition with the most bytes.
    pub fn largest(&self) -> PartitionSize {
        self.partitions.iter().max().copied().unwrap_or_default()
    }

    /// The partition in the middle, by bytes.
    pub fn median(&self) -> PartitionSize {
        let mut sizes = self.partitions.clone();
        sizes.sort_unstable();
        sizes.get(sizes.len() / 2).copied().unwrap_or_default()
    }
}

impl fmt::Display for ShuffleSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (largest, median) = (self.largest(), self.median());
        write!(
            f,
            "{} partitions of {} runs; the largest has {} bytes in {} pairs, the median {} in {}",
            self.partitions.len(),
            self.runs,
            largest.bytes,
            largest.pairs,
            median.bytes,
            median.pairs
        )
    }
}
