//! What a worker asks of its client's storages, and what it is answered.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lithops_core::ports::StorageError;
use lithops_core::wire::{FromRelay, StorageFailure, ToRelay};
use lithops_fuzz::{frame_of, frames_in, within};

fuzz_target!(|data: &[u8]| {
    for frame in frames_in(data) {
        if let Ok(message) = within(data.len(), || ToRelay::decode(frame.clone())) {
            assert_eq!(ToRelay::decode(frame_of(message.clone().encode())), Ok(message));
        }
        if let Ok(message) = within(data.len(), || FromRelay::decode(frame)) {
            assert_eq!(FromRelay::decode(frame_of(message.clone().encode())), Ok(message.clone()));
            if let FromRelay::Failed(failure) = message {
                let kind = failure.kind;
                let error = within(data.len(), || StorageError::from(failure));
                assert_eq!(StorageFailure::from(&error).kind, kind);
            }
        }
    }
});
