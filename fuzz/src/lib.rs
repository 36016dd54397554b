//! What all fuzz targets hold their decoders to: no panic, what is decoded encodes to the same
//! meaning, and memory stays near what has come.

mod memory;

pub use memory::within;

use bytes::Bytes;
use lithops_core::wire::{Encoded, Frame};

/// The one frame that a message was encoded as.
pub fn frame_of(encoded: Encoded) -> Frame {
    let mut frames = Frame::read_all(Bytes::from(encoded.concat())).expect("it was encoded here");
    assert_eq!(frames.len(), 1, "a message is one frame");
    frames.remove(0)
}

/// The frames of a fuzzer's input; if it holds none, the input as the head of one, so that mutations
/// need not keep lengths right.
pub fn frames_in(data: &[u8]) -> Vec<Frame> {
    let bytes = Bytes::copy_from_slice(data);
    Frame::read_all(bytes.clone())
        .unwrap_or_else(|_| vec![Frame { head: bytes, body: Bytes::new() }])
}
