//! Jobs that are put aside and records of jobs, as files keep them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lithops_core::wire::{JobRecord, SavedJob};
use lithops_fuzz::within;

fuzz_target!(|data: &[u8]| {
    if let Ok(saved) = within(data.len(), || serde_json::from_slice::<SavedJob>(data)) {
        let text = serde_json::to_string(&saved).expect("it has just been read");
        assert_eq!(serde_json::from_str::<SavedJob>(&text).expect("it was written here"), saved);
    }
    if let Ok(record) = within(data.len(), || serde_json::from_slice::<JobRecord>(data)) {
        let text = serde_json::to_string(&record).expect("it has just been read");
        serde_json::from_str::<JobRecord>(&text).expect("it was written here");
    }
});
