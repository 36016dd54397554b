//! What a worker says to its client, over a link or in a batch of outcomes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lithops_core::wire::FromWorker;
use lithops_fuzz::{frame_of, frames_in, within};

fuzz_target!(|data: &[u8]| {
    for frame in frames_in(data) {
        let Ok(message) = within(data.len(), || FromWorker::decode(frame)) else { continue };
        let again = frame_of(message.clone().encode());
        assert_eq!(FromWorker::decode(again), Ok(message));
    }
});
