//! What a client says to a worker, over a link or in the object of a dispatch, and what the dispatch
//! tells other clients.

#![no_main]

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use lithops_core::wire::{DispatchRecord, JobId, SealKey, ToWorker};
use lithops_fuzz::{frame_of, frames_in, within};

fuzz_target!(|data: &[u8]| {
    for frame in frames_in(data) {
        if let Ok(record) = within(data.len(), || DispatchRecord::decode(&frame)) {
            assert_eq!(DispatchRecord::decode(&frame_of(record.encode())), Ok(record));
        }
        let Ok(message) = within(data.len(), || ToWorker::decode(frame)) else { continue };
        let again = frame_of(message.encode());
        assert_eq!(ToWorker::decode(again), Ok(message));
    }
    let (key, job) = (SealKey::new([7; 32]), JobId::new("a", 0));
    // Nobody who does not know the key finds a seal.
    assert_eq!(key.unseal(&job, 0, Bytes::copy_from_slice(data)), None);
    let mut sealed = BytesMut::from(data);
    key.seal(&job, 0, &mut sealed);
    assert_eq!(key.unseal(&job, 0, sealed.freeze()).as_deref(), Some(data));
});
