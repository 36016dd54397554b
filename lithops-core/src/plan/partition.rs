//! Which partition a key belongs to, and which blocks of sorted keys a partition needs.

use std::ops::Range;

/// The partition, of `partitions`, of a key with this encoding; the same in every process.
///
/// Equal encodings always meet. Different ones spread evenly, also where they differ in one bit.
pub fn partition_of(encoded: &[u8], partitions: u32) -> u32 {
    let spread = u128::from(hash(encoded)) * u128::from(partitions.max(1));
    (spread >> 64) as u32
}

/// Eight bytes at a time, each multiplied in; the end mixes high bits into low ones and back.
fn hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = ODD ^ bytes.len() as u64;
    let mut take = |word: u64| state = (state.rotate_left(23) ^ word).wrapping_mul(ODD);
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().for_each(|word| take(u64::from_le_bytes(*word)));
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        take(u64::from_le_bytes(last));
    }
    state = (state ^ (state >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    state = (state ^ (state >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    state ^ (state >> 32)
}

/// Keys that part the weight of `samples` into `partitions` ranges of about the same weight.
///
/// They ascend strictly, so that equal keys never part: there are fewer than `partitions - 1` where
/// one key outweighs a range. A range is at most a sample heavier than its share, and the samples
/// of one key.
pub fn boundaries<K: Ord>(mut samples: Vec<(K, u64)>, partitions: u32) -> Vec<K> {
    samples.sort_by(|a, b| a.0.cmp(&b.0));
    let total: u128 = samples.iter().map(|(_, weight)| u128::from(*weight)).sum();
    let share = |part: usize| total * part as u128 / u128::from(partitions.max(1));
    let mut chosen: Vec<K> = Vec::new();
    let (mut below, mut part) = (0u128, 1);
    let mut samples = samples.into_iter().peekable();
    while let Some((key, weight)) = samples.next() {
        let mut weight = u128::from(weight);
        while let Some((_, more)) = samples.next_if(|(next, _)| *next == key) {
            weight += u128::from(more);
        }
        // Nothing lies below the least key: a boundary there would make an empty range.
        let due = part < partitions as usize && below > 0 && below >= share(part);
        if due {
            while part < partitions as usize && share(part) <= below {
                part += 1;
            }
            chosen.push(key);
        }
        below += weight;
    }
    chosen
}

/// The range of `key` between ascending boundaries: a boundary begins the range above it.
pub fn range_of<K: Ord>(boundaries: &[K], key: &K) -> usize {
    boundaries.partition_point(|boundary| boundary <= key)
}

/// Of sorted blocks that begin with the keys `firsts`, those that may hold keys of the range from
/// `lower` (inclusive) to `upper` (exclusive).
pub fn blocks_of_range<K: Ord>(firsts: &[K], lower: Option<&K>, upper: Option<&K>) -> Range<usize> {
    // A block may end with keys equal to the first one of the next.
    let start =
        lower.map_or(0, |lower| firsts.partition_point(|first| first < lower).saturating_sub(1));
    let end = upper.map_or(firsts.len(), |upper| firsts.partition_point(|first| first < upper));
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_has_one_partition_and_it_exists(
            key in proptest::collection::vec(any::<u8>(), 0..40), partitions in 1u32..5000,
        ) {
            let partition = partition_of(&key, partitions);
            prop_assert!(partition < partitions);
            prop_assert_eq!(partition, partition_of(&key.clone(), partitions));
        }

        #[test]
        fn boundaries_balance_and_never_part_equal_keys(
            weighted in proptest::collection::vec((0u32..300, 1u64..20), 0..400),
            partitions in 1u32..40,
        ) {
            let chosen = boundaries(weighted.clone(), partitions);
            prop_assert!(chosen.is_sorted_by(|a, b| a < b));
            prop_assert!(chosen.len() < partitions as usize);
            let mut weights = vec![0u64; partitions as usize];
            for (key, weight) in &weighted {
                weights[range_of(&chosen, key)] += weight;
            }
            let total: u64 = weighted.iter().map(|(_, weight)| weight).sum();
            prop_assert_eq!(weights.iter().sum::<u64>(), total);
            let mut of_key = std::collections::BTreeMap::new();
            weighted.iter().for_each(|(key, weight)| *of_key.entry(*key).or_insert(0) += weight);
            let heaviest = of_key.values().max().copied().unwrap_or(0);
            let share = total / u64::from(partitions) + 1;
            prop_assert!(weights.iter().all(|weight| *weight <= share + heaviest), "{weights:?}");
        }

        #[test]
        fn every_pair_of_a_range_lies_in_its_blocks(
            mut keys in proptest::collection::vec(0u32..50, 1..200),
            block in 1usize..20,
            mut bounds in proptest::collection::btree_set(0u32..55, 0..8),
        ) {
            keys.sort_unstable();
            let firsts: Vec<u32> = keys.chunks(block).map(|keys| keys[0]).collect();
            let bounds: Vec<u32> = std::mem::take(&mut bounds).into_iter().collect();
            let mut found: Vec<u32> = Vec::new();
            for range in 0..=bounds.len() {
                let lower = range.checked_sub(1).map(|below| &bounds[below]);
                let blocks = blocks_of_range(&firsts, lower, bounds.get(range));
                let inside = keys.chunks(block).skip(blocks.start).take(blocks.len()).flatten();
                found.extend(inside.filter(|key| range_of(&bounds, *key) == range));
            }
            prop_assert_eq!(found, keys);
        }
    }

    #[test]
    fn neighbouring_keys_spread_evenly() {
        let mut counts = [0u32; 16];
        for key in 0u32..16_000 {
            counts[partition_of(&key.to_le_bytes(), 16) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_partition_of_a_key_is_what_it_was() {
        let of = |key: &str| partition_of(key.as_bytes(), 1000);
        assert_eq!([of(""), of("a"), of("to be or not"), of("shuffle")], [305, 443, 35, 990]);
    }

    #[test]
    fn distinct_samples_make_as_many_ranges_as_asked() {
        assert_eq!(boundaries((0..100).map(|key| (key, 1)).collect(), 4), [25, 50, 75]);
        assert_eq!(boundaries(vec![(7, 1); 100], 4), Vec::<i32>::new());
        assert_eq!(boundaries(Vec::<(u8, u64)>::new(), 4), Vec::<u8>::new());
    }
}
