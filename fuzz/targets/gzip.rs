//! Gzip: the heads of blocks, and unpacking piece by piece.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lithops_core::fuzzing::{unpack, walk_blocks};
use lithops_fuzz::within;

fuzz_target!(|data: &[u8]| {
    let Some((step, data)) = data.split_first() else { return };
    let step = usize::from(*step) * 16 + 1;
    let walked = within(data.len(), || walk_blocks(data, step));
    assert_eq!(walked, walk_blocks(data, data.len().max(1)));
    if let Some(blocks) = walked {
        assert!(blocks.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
    }
    // Each piece is given away before the next is unpacked, and grows a thousand times at most.
    let unpacked = within(step.min(data.len()) * 2500, || unpack(data, step));
    assert_eq!(unpacked, unpack(data, 7 * step));
});
