//! How calls are grouped on their way to workers.

use crate::wire::CallRange;

/// The most calls in one chunk, unless the user asks for more.
const MOST: u32 = 1024;
/// A chunk takes at most this part of its fair share, so that late chunks even out early ones.
const PARTS: u32 = 4;

/// Splits `calls` calls into chunks, each sent to a worker whole.
///
/// With a `size`, each chunk has that many calls but for the last. Without one they shrink towards
/// the end (guided self-scheduling): large chunks first, for little overhead, and single calls last,
/// so that workers end together whatever calls take.
///
/// Covers each call once, in order; no chunk is empty.
pub fn chunks(calls: u32, workers: usize, size: Option<u32>) -> Vec<CallRange> {
    let workers = u32::try_from(workers).unwrap_or(u32::MAX).max(1);
    let mut chunks = Vec::new();
    let mut first = 0;
    while first < calls {
        let left = calls - first;
        let count = match size {
            Some(size) => size.max(1),
            None => (left / workers.saturating_mul(PARTS)).clamp(1, MOST),
        }
        .min(left);
        chunks.push(CallRange { first, count });
        first += count;
    }
    chunks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn chunks_cover_each_call_once_and_in_order(
            calls in 0u32..200_000,
            workers in 0usize..2000,
            size in proptest::option::of(1u32..5000),
        ) {
            let mut next = 0;
            for chunk in chunks(calls, workers, size) {
                prop_assert_eq!(chunk.first, next);
                prop_assert!(chunk.count > 0);
                prop_assert!(chunk.count <= size.unwrap_or(MOST));
                next += chunk.count;
            }
            prop_assert_eq!(next, calls);
        }

        #[test]
        fn without_a_size_chunks_never_grow(calls in 0u32..200_000, workers in 1usize..100) {
            let counts: Vec<u32> = chunks(calls, workers, None).iter().map(|c| c.count).collect();
            prop_assert!(counts.is_sorted_by(|a, b| a >= b));
        }
    }

    #[test]
    fn a_few_calls_go_one_by_one() {
        assert_eq!(chunks(3, 2, None).len(), 3);
        assert_eq!(chunks(0, 2, None), []);
    }

    #[test]
    fn many_calls_make_few_chunks() {
        assert!(chunks(1_000_000, 2, None).len() < 1200);
    }
}
