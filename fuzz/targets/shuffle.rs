//! What the calls of a shuffle tell each other, runs as they are routed, and sections as they are read.

#![no_main]

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use lithops_core::fuzzing::{read_section, route};
use lithops_core::ports::{PutMode, StorageBackend};
use lithops_core::wire::{
    CallRuns, JobId, Layout, PartitionInput, Section, ShuffleTerms, ValueSink, decode_value,
    encode_value, keys, pair_at,
};
use lithops_fuzz::within;
use lithops_storage::MemoryStorage;

static STORAGE: LazyLock<Arc<dyn StorageBackend>> =
    LazyLock::new(|| Arc::new(MemoryStorage::new()));

fn pairs(data: &[u8]) {
    let mut at = 0;
    while let Some(pair) = pair_at(data, at) {
        assert!(at < pair.key.start && pair.key.end == pair.value.start);
        assert!(pair.value.end <= data.len());
        at = pair.value.end;
    }
}

/// Routes what map calls say that they have written; every section comes from a block.
fn routed(data: &[u8]) {
    let Ok(written) = decode_value::<CallRuns>(Bytes::copy_from_slice(data)) else { return };
    for layout in [Layout::Hashed, Layout::Sorted] {
        let terms = ShuffleTerms { partitions: 5, budget: 1 << 20, layout };
        let results = vec![Bytes::copy_from_slice(data); 2];
        let Ok(inputs) = within(data.len(), || route(&terms, results)) else { continue };
        assert_eq!(inputs.len(), 5);
        let blocks = written.runs.iter().map(Vec::len).sum::<usize>() * 2;
        let read = inputs.iter().flat_map(|input| &input.sections);
        // A block of a sorted run may belong to several partitions.
        assert!(read.map(|section| section.blocks.len()).sum::<usize>() <= blocks * 5);
    }
}

fn section(data: &[u8]) {
    let Ok(section) = decode_value::<Section>(Bytes::copy_from_slice(data)) else { return };
    let job = JobId::new("fuzz", 0);
    let key = keys::run(&job, section.call, section.attempt, section.run);
    let object = Bytes::copy_from_slice(data);
    lithops_core::run::block_on(STORAGE.put(&key, object, PutMode::Overwrite)).expect("in memory");
    let read = within(data.len(), || read_section(&STORAGE, &job, section.clone(), 1 << 20));
    lithops_core::run::block_on(STORAGE.delete(&[key])).expect("in memory");
    if let Ok(pieces) = read {
        let read: usize = pieces.iter().map(Bytes::len).sum();
        assert_eq!(read as u64, section.blocks.iter().map(|block| block.0).sum::<u64>());
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    match kind % 4 {
        0 => within(data.len(), || pairs(data)),
        1 => routed(data),
        2 => section(data),
        _ => {
            let decoded = decode_value::<PartitionInput>(Bytes::copy_from_slice(data));
            let Ok(input) = within(data.len(), || decoded) else { return };
            let mut sink = ValueSink::new();
            encode_value(input.clone(), &mut sink).expect("it has just been decoded");
            assert_eq!(decode_value::<PartitionInput>(sink.take()), Ok(input));
        }
    }
});
