//! What a client and the agent of a container say to each other, and the first line of a connection.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lithops_core::wire::{FromAgent, Preamble, ToAgent};
use lithops_fuzz::{frame_of, frames_in, within};

fuzz_target!(|data: &[u8]| {
    for frame in frames_in(data) {
        if let Ok(message) = within(data.len(), || ToAgent::decode(&frame)) {
            assert_eq!(ToAgent::decode(&frame_of(message.encode())), Ok(message));
        }
        if let Ok(message) = within(data.len(), || FromAgent::decode(&frame)) {
            assert_eq!(FromAgent::decode(&frame_of(message.clone().encode())), Ok(message));
        }
    }
    if let Some(preamble) = std::str::from_utf8(data).ok().and_then(Preamble::from_line) {
        assert_eq!(preamble.to_line().as_bytes(), data);
        assert!(data.len() <= Preamble::LONGEST);
    }
});
