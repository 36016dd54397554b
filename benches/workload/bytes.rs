//! One large `Vec<u8>` there and back.

use lithops::prelude::*;

/// Size of the argument, and of the result.
pub(crate) const MIB: usize = 64;

/// An argument of `mib` MiB, no two pages of it alike.
pub(crate) fn argument(mib: usize) -> Vec<u8> {
    let words = (0..mib as u64 * 1024 * 128).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    words.flat_map(u64::to_le_bytes).collect()
}

fn give_back(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// Sends `bytes` to a worker and takes them back.
pub(crate) fn there_and_back(exec: &FunctionExecutor, bytes: Vec<u8>) -> Vec<u8> {
    lithops::block_on(exec.call_async(give_back, bytes).into_future()).unwrap()
}

/// Two copies, each into fresh memory: the first stands for the way there, the second for the way
/// back. The kernel has to find the memory page by page, as it has for us.
pub(crate) fn two_copies(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let there = bytes.to_vec();
    let back = std::hint::black_box(&there).to_vec();
    (there, back)
}

/// The same two copies into memory that is there already: the copying alone.
pub(crate) fn two_copies_in_place(bytes: &[u8], (there, back): &mut (Vec<u8>, Vec<u8>)) {
    there.copy_from_slice(bytes);
    back.copy_from_slice(std::hint::black_box(there));
}
