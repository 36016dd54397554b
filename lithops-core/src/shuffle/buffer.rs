//! Pairs in the memory of a map call, and their way into a run.

use bytes::Bytes;

use super::order::{Comparable, KeyOrder, prefix};
use crate::function::Data;
use crate::plan::partition_of;
use crate::wire::{
    Block, Layout, ShuffleTerms, ValueError, append_value_of, pair_at, pair_lengths,
};

/// The most that room for pairs grows by at once.
const GROWTH: usize = 8 << 20;
/// A block ends with the pair that reaches this length.
const LARGEST_BLOCK: usize = 256 << 10;
const SMALLEST_BLOCK: usize = 2 << 10;
/// Blocks of a sorted run for each partition: a partition reads at most one of them in vain at each
/// of its ends.
const BLOCKS: usize = 16;
/// Bytes that go to the storage at once.
pub(super) const PIECE: usize = 1 << 20;

/// Pairs in the memory of a map call: encoded, one after another, in the order they came.
#[derive(Debug)]
pub(super) struct PairBuffer<K> {
    terms: ShuffleTerms,
    pairs: Vec<u8>,
    entries: Vec<Entry>,
    /// The keys, where only they know their order.
    keys: Vec<K>,
}

/// One pair: small, because these are what is sorted.
#[derive(Clone, Copy, Debug)]
struct Entry {
    prefix: u64,
    at: u64,
    partition: u32,
    /// How many pairs came before it: equal keys stay in that order.
    place: u32,
}

impl<K: Data + Ord> PairBuffer<K> {
    pub(super) fn new(terms: &ShuffleTerms) -> Self {
        let terms = terms.clone();
        Self { terms, pairs: Vec::new(), entries: Vec::new(), keys: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the pairs have reached the budget.
    pub(super) fn is_full(&self) -> bool {
        let keys = match KeyOrder::of::<K>() {
            // What a key has on the heap is about what it is long when encoded.
            KeyOrder::Decoded => self.keys.len() * size_of::<K>() + self.pairs.len() / 2,
            KeyOrder::Bytes | KeyOrder::Exact => 0,
        };
        let used = self.pairs.len() + self.entries.len() * size_of::<Entry>() + keys;
        used as u64 >= self.terms.budget || self.entries.len() >= u32::MAX as usize
    }

    /// Adds a pair.
    pub(super) fn push<V: Data>(&mut self, key: K, value: &V) -> Result<(), ValueError> {
        // Doubling would take twice the budget, or nearly.
        if self.pairs.capacity() - self.pairs.len() < 4096 {
            let more = self.pairs.len().clamp(64 << 10, GROWTH);
            self.pairs.reserve_exact(more);
        }
        let at = self.pairs.len();
        // Both lengths take a byte for most pairs; what does not is moved.
        self.pairs.extend_from_slice(&[0, 0]);
        let written = append_value_of(&key, &mut self.pairs).and_then(|()| {
            let middle = self.pairs.len();
            append_value_of(value, &mut self.pairs).map(|()| middle)
        });
        let middle = match written {
            Ok(middle) => middle,
            Err(error) => {
                self.pairs.truncate(at);
                return Err(error);
            }
        };
        let (key_bytes, value_bytes) = (middle - at - 2, self.pairs.len() - middle);
        let start = if key_bytes < 0x80 && value_bytes < 0x80 {
            self.pairs[at] = key_bytes as u8;
            self.pairs[at + 1] = value_bytes as u8;
            at + 2
        } else {
            let mut lengths = Vec::with_capacity(20);
            pair_lengths(key_bytes, value_bytes, &mut lengths);
            let start = at + lengths.len();
            self.pairs.splice(at..at + 2, lengths);
            start
        };
        let encoded = &self.pairs[start..start + key_bytes];
        let partition = match self.terms.layout {
            Layout::Hashed => partition_of(encoded, self.terms.partitions),
            Layout::Sorted => 0,
        };
        let prefix = prefix(&key, encoded);
        let place = self.entries.len() as u32;
        if self.entries.len() == self.entries.capacity() {
            let more = self.entries.len().clamp(1024, GROWTH / size_of::<Entry>());
            self.entries.reserve_exact(more);
        }
        self.entries.push(Entry { prefix, at: at as u64, partition, place });
        if KeyOrder::of::<K>() == KeyOrder::Decoded {
            self.keys.push(key);
        }
        Ok(())
    }

    /// Puts the pairs in order, and takes them out as a run.
    pub(super) fn take_run(&mut self) -> Run {
        let (pairs, keys) = (std::mem::take(&mut self.pairs), std::mem::take(&mut self.keys));
        let mut entries = std::mem::take(&mut self.entries);
        let comparable = |entry: &Entry| {
            let encoded = match KeyOrder::of::<K>() {
                KeyOrder::Bytes => key_of(&pairs, entry),
                KeyOrder::Exact | KeyOrder::Decoded => &[],
            };
            let decoded = keys.get(entry.place as usize);
            Comparable { prefix: entry.prefix, encoded, decoded }
        };
        entries.sort_unstable_by(|a, b| {
            let by_key = || comparable(a).compare(&comparable(b));
            let order = (a.partition, a.prefix).cmp(&(b.partition, b.prefix));
            order.then_with(by_key).then_with(|| a.place.cmp(&b.place))
        });
        let block = match self.terms.layout {
            Layout::Hashed => LARGEST_BLOCK,
            Layout::Sorted => (pairs.len() / (BLOCKS * self.terms.partitions.max(1) as usize))
                .clamp(SMALLEST_BLOCK, LARGEST_BLOCK),
        };
        let layout = self.terms.layout;
        Run { pairs, entries, written: 0, blocks: Vec::new(), block, layout }
    }

    /// Takes back the memory of a run that has been written.
    pub(super) fn reuse(&mut self, run: Run) {
        (self.pairs, self.entries) = (run.pairs, run.entries);
        self.pairs.clear();
        self.entries.clear();
    }
}

fn key_of<'a>(pairs: &'a [u8], entry: &Entry) -> &'a [u8] {
    let at = entry.at as usize;
    pair_at(pairs, at).map_or(&[], |pair| &pairs[pair.key])
}

/// Pairs in order, on their way to the storage.
#[derive(Debug)]
pub(super) struct Run {
    pairs: Vec<u8>,
    entries: Vec<Entry>,
    /// How many entries have been given out.
    written: usize,
    /// What has been given out.
    pub(super) blocks: Vec<Block>,
    block: usize,
    layout: Layout,
}

impl Run {
    /// The next bytes of the run: some blocks, of one piece in all or a little more.
    pub(super) fn next_piece(&mut self) -> Option<Bytes> {
        let left = self.pairs.len().min(PIECE + self.block);
        let mut piece = Vec::with_capacity(left);
        while self.written < self.entries.len() && piece.len() < PIECE {
            self.next_block(&mut piece);
        }
        (!piece.is_empty()).then(|| piece.into())
    }

    pub(super) fn is_given_out(&self) -> bool {
        self.written == self.entries.len()
    }

    fn next_block(&mut self, piece: &mut Vec<u8>) {
        let (start, begun) = (piece.len(), self.written);
        let first = self.entries[begun];
        let rest = self.entries[begun..].iter();
        for entry in rest.take_while(|entry| entry.partition == first.partition) {
            let at = entry.at as usize;
            let Some(pair) = pair_at(&self.pairs, at) else { break };
            piece.extend_from_slice(&self.pairs[at..pair.value.end]);
            self.written += 1;
            if piece.len() - start >= self.block {
                break;
            }
        }
        self.blocks.push(Block {
            partition: first.partition,
            bytes: (piece.len() - start) as u64,
            pairs: (self.written - begun) as u64,
            checksum: crc32fast::hash(&piece[start..]),
            first: match self.layout {
                Layout::Hashed => Bytes::new(),
                Layout::Sorted => Bytes::copy_from_slice(key_of(&self.pairs, &first)),
            },
        });
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::decode_value;

    fn run<K: Data + Ord + Clone>(
        pairs: &[(K, u32)],
        layout: Layout,
        partitions: u32,
    ) -> Vec<(u32, K, u32)> {
        let mut buffer = PairBuffer::new(&ShuffleTerms { partitions, budget: 1 << 20, layout });
        pairs.iter().for_each(|(key, value)| buffer.push(key.clone(), value).unwrap());
        let mut run = buffer.take_run();
        let mut bytes = Vec::new();
        while let Some(piece) = run.next_piece() {
            bytes.extend_from_slice(&piece);
        }
        let bytes = Bytes::from(bytes);
        let mut found = Vec::new();
        let mut at = 0;
        for block in &run.blocks {
            let end = at + block.bytes as usize;
            assert_eq!(crc32fast::hash(&bytes[at..end]), block.checksum);
            for _ in 0..block.pairs {
                let pair = pair_at(&bytes, at).unwrap();
                let key = decode_value(bytes.slice(pair.key)).unwrap();
                let value = decode_value(bytes.slice(pair.value.clone())).unwrap();
                found.push((block.partition, key, value));
                at = pair.value.end;
            }
            assert_eq!(at, end);
        }
        assert_eq!(at, bytes.len());
        found
    }

    proptest! {
        #[test]
        fn a_run_holds_each_pair_once_in_the_order_of_partition_key_and_coming(
            keys in proptest::collection::vec("[a-d]{0,12}", 0..300), partitions in 1u32..9,
        ) {
            let pairs: Vec<(String, u32)> = keys.into_iter().zip(0..).collect();
            let mut expected: Vec<_> = pairs.iter().map(|(key, value)| {
                (partition_of(key.as_bytes(), partitions), key.clone(), *value)
            }).collect();
            expected.sort();
            prop_assert_eq!(run(&pairs, Layout::Hashed, partitions), expected);
            let wrapped: Vec<_> = pairs.iter().map(|(key, value)| ((0u8, key.clone()), *value)).collect();
            let mut expected: Vec<_> =
                wrapped.iter().map(|(key, value)| (0, key.clone(), *value)).collect();
            expected.sort();
            prop_assert_eq!(run(&wrapped, Layout::Sorted, partitions), expected);
        }
    }

    #[test]
    fn long_keys_and_values_keep_their_bytes() {
        let pairs = [("k".repeat(200), 1u32), ("k".repeat(127), 2), (String::new(), 3)];
        let found = run(&pairs, Layout::Sorted, 1);
        let lengths: Vec<_> = found.iter().map(|(_, key, value)| (key.len(), *value)).collect();
        assert_eq!(lengths, [(0, 3), (127, 2), (200, 1)]);
    }
}
