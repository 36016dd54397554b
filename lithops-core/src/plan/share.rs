//! Which worker gets which chunks when workers can't ask for more.

use crate::wire::CallRange;

/// Deals chunks to at most `workers` workers in runs of neighbours, as even as chunks allow.
///
/// Each worker gets at least one chunk, so there are as many shares as there is work for.
pub fn shares(chunks: &[CallRange], workers: usize) -> Vec<Vec<CallRange>> {
    let calls: u64 = chunks.iter().map(|chunk| u64::from(chunk.count)).sum();
    let workers = workers.clamp(1, chunks.len().max(1)) as u64;
    let mut shares: Vec<Vec<CallRange>> = Vec::new();
    let mut dealt = 0u64;
    for (position, chunk) in chunks.iter().enumerate() {
        let opened = shares.len() as u64;
        let chunks_left = (chunks.len() - position) as u64;
        let due = opened < workers
            && (dealt * workers >= calls * opened || workers - opened >= chunks_left);
        match shares.last_mut() {
            Some(share) if !due => share.push(*chunk),
            _ => shares.push(vec![*chunk]),
        }
        dealt += u64::from(chunk.count);
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::chunks;
    use super::*;

    proptest! {
        #[test]
        fn shares_keep_order_and_lose_nothing(
            calls in 0u32..10_000, workers in 1usize..300, size in proptest::option::of(1u32..100),
        ) {
            let chunks = chunks(calls, workers, size);
            let shares = shares(&chunks, workers);
            prop_assert_eq!(shares.len(), workers.min(chunks.len()));
            prop_assert!(shares.iter().all(|share| !share.is_empty()));
            prop_assert_eq!(shares.concat(), chunks);
        }
    }

    #[test]
    fn equal_chunks_are_dealt_evenly() {
        let sizes: Vec<usize> = shares(&chunks(100, 4, Some(1)), 4).iter().map(Vec::len).collect();
        assert_eq!(sizes, [25, 25, 25, 25]);
    }
}
