//! How objects are divided into parts: by size, by count, or evenly over a number of calls.

use std::ops::Range;

/// How large the parts of objects are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// Each object is one part.
    #[default]
    Whole,
    /// Parts of at most this many bytes, and of even size within an object.
    Size(u64),
    /// This many parts an object.
    Count(u32),
    /// About this many parts in all, as even in size as uneven objects allow; at least one each.
    Total(u32),
}

/// Divides objects of these sizes; each gives at least one part, an empty one too.
///
/// The parts of an object cover it once, in order, and differ in size by one byte at most.
pub fn partition(sizes: &[u64], split: Split) -> Vec<Vec<Range<u64>>> {
    let size = match split {
        Split::Whole => u64::MAX,
        Split::Size(size) => size.max(1),
        Split::Count(count) => {
            return sizes.iter().map(|size| even(*size, u64::from(count.max(1)))).collect();
        }
        Split::Total(total) => even_size(sizes, u64::from(total)),
    };
    sizes.iter().map(|object| even(*object, object.div_ceil(size))).collect()
}

/// The smallest size of parts with which there are no more than `total` of them (or one an object).
fn even_size(sizes: &[u64], total: u64) -> u64 {
    let total = total.max(sizes.len() as u64);
    let parts = |size: u64| sizes.iter().map(|object| object.div_ceil(size).max(1)).sum::<u64>();
    let (mut low, mut high) = (1, sizes.iter().copied().max().unwrap_or(1).max(1));
    while low < high {
        let middle = low + (high - low) / 2;
        if parts(middle) <= total {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// `count` ranges over `size` bytes, none empty unless there are no bytes at all.
fn even(size: u64, count: u64) -> Vec<Range<u64>> {
    let count = count.clamp(1, size.max(1));
    // In 128 bits: a product of two sizes has more than 64.
    let border = |part: u64| (u128::from(size) * u128::from(part) / u128::from(count)) as u64;
    (0..count).map(|part| border(part)..border(part + 1)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn splits() -> impl Strategy<Value = Split> {
        prop_oneof![
            Just(Split::Whole),
            (0_u64..5000).prop_map(Split::Size),
            (0_u32..50).prop_map(Split::Count),
            (0_u32..200).prop_map(Split::Total),
        ]
    }

    proptest! {
        #[test]
        fn parts_cover_each_object_once_and_in_order(
            sizes in proptest::collection::vec(0_u64..20_000, 0..20),
            split in splits(),
        ) {
            let parts = partition(&sizes, split);
            prop_assert_eq!(parts.len(), sizes.len());
            for (size, parts) in sizes.iter().zip(parts) {
                let mut next = 0;
                prop_assert!(!parts.is_empty());
                for part in &parts {
                    prop_assert_eq!(part.start, next);
                    prop_assert!(part.end > part.start || *size == 0);
                    next = part.end;
                }
                prop_assert_eq!(next, *size);
                let lengths = parts.iter().map(|part| part.end - part.start);
                let (low, high) = (lengths.clone().min(), lengths.max());
                prop_assert!(high.unwrap_or(0) - low.unwrap_or(0) <= 1);
            }
        }

        #[test]
        fn no_part_is_larger_than_asked_for(
            sizes in proptest::collection::vec(0_u64..20_000, 0..20),
            size in 1_u64..5000,
        ) {
            for part in partition(&sizes, Split::Size(size)).into_iter().flatten() {
                prop_assert!(part.end - part.start <= size);
            }
        }

        #[test]
        fn a_total_is_kept_and_spread_evenly(
            sizes in proptest::collection::vec(1_u64..20_000, 1..20),
            total in 1_u32..200,
        ) {
            let parts = partition(&sizes, Split::Total(total));
            let count: usize = parts.iter().map(Vec::len).sum();
            prop_assert!(count <= (total as usize).max(sizes.len()));
            // No part could be made smaller without more of them than were asked for.
            let largest = parts.iter().flatten().map(|part| part.end - part.start).max();
            let smaller = largest.unwrap_or(1) - 1;
            if smaller > 0 {
                let more: u64 = sizes.iter().map(|size| size.div_ceil(smaller)).sum();
                prop_assert!(more > u64::from(total).max(sizes.len() as u64));
            }
        }
    }

    #[test]
    fn objects_of_no_byte_and_of_one_give_a_part_each() {
        let parts = partition(&[0, 1], Split::Size(1000));
        assert_eq!(parts, [vec![Range { start: 0, end: 0 }], vec![Range { start: 0, end: 1 }]]);
    }
}
