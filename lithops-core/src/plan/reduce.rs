//! Which results go to which reducer.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// The levels of a tree of reducers over `leaves` values, each reducer taking at most `fan_in`.
///
/// A level is the ranges of the level below (the leaves for the first) that its reducers take; the
/// last level has one reducer. No leaves give one level with one reducer of an empty range, so that
/// the reducer decides what nothing comes to.
pub fn tree_levels(leaves: usize, fan_in: usize) -> Vec<Vec<Range<usize>>> {
    let fan_in = fan_in.max(2);
    let mut levels = Vec::new();
    let mut width = leaves;
    loop {
        let reducers = width.div_ceil(fan_in).max(1);
        // Ranges of even length: no reducer waits for a far larger one beside it.
        let level = (0..reducers).map(|r| r * width / reducers..(r + 1) * width / reducers);
        levels.push(level.collect());
        if reducers == 1 {
            return levels;
        }
        width = reducers;
    }
}

/// Groups indices by key; groups in the order in which their keys first appear, indices ascending.
pub fn by_key<K: Hash + Eq + Clone>(keys: impl IntoIterator<Item = K>) -> Vec<(K, Vec<u32>)> {
    let mut places: HashMap<K, usize> = HashMap::new();
    let mut groups: Vec<(K, Vec<u32>)> = Vec::new();
    for (index, key) in (0u32..).zip(keys) {
        let place = *places.entry(key.clone()).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(index);
    }
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_value_reaches_the_root_once(leaves in 0usize..5000, fan_in in 2usize..50) {
            let mut width = leaves;
            for level in tree_levels(leaves, fan_in) {
                let mut next = 0;
                for range in &level {
                    prop_assert_eq!(range.start, next);
                    prop_assert!(range.len() <= fan_in);
                    prop_assert!(width == 0 || !range.is_empty());
                    next = range.end;
                }
                prop_assert_eq!(next, width);
                width = level.len();
            }
            prop_assert_eq!(width, 1);
        }
    }

    #[test]
    fn a_tree_is_as_deep_as_it_must_be() {
        assert_eq!(tree_levels(8, 8).len(), 1);
        assert_eq!(tree_levels(9, 8).len(), 2);
        assert_eq!(tree_levels(4096, 8).len(), 4);
        let nothing = tree_levels(0, 8);
        assert_eq!((nothing.len(), nothing[0].as_slice()), (1, &[Range { start: 0, end: 0 }][..]));
    }

    #[test]
    fn groups_keep_first_appearance_order() {
        assert_eq!(by_key(["b", "a", "b"]), [("b", vec![0, 2]), ("a", vec![1])]);
    }
}
