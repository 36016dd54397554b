//! What a client says to a worker, over a link or in the object of a dispatch.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lithops_core::wire::ToWorker;
use lithops_fuzz::{frame_of, frames_in, within};

fuzz_target!(|data: &[u8]| {
    for frame in frames_in(data) {
        let Ok(message) = within(data.len(), || ToWorker::decode(frame)) else { continue };
        let again = frame_of(message.encode());
        assert_eq!(ToWorker::decode(again), Ok(message));
    }
});
