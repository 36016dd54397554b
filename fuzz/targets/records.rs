//! Parts of objects and their records, in all formats, packed or not.

#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use lithops_core::fuzzing::{cut, state_after};
use lithops_core::ports::{PutMode, StorageBackend};
use lithops_core::wire::{Packing, Records, StoredObject};
use lithops_fuzz::within;
use lithops_storage::MemoryStorage;

static STORAGE: LazyLock<MemoryStorage> = LazyLock::new(|| {
    lithops_storage::install();
    MemoryStorage::new()
});

fn format(kind: u8) -> Records {
    match kind % 8 {
        0 => Records::Bytes,
        1 => Records::Lines,
        2 => Records::Delimited(b"ab".to_vec()),
        3 => Records::Delimited(b"\n".to_vec()),
        4 => Records::Csv { separator: b',', quote: b'"' },
        5 => Records::Fixed(u64::from(kind >> 3) + 1),
        6 => Records::Fasta,
        _ => Records::Fastq,
    }
}

fuzz_target!(|data: &[u8]| {
    let Some(([kind, at, packed], data)) = data.split_first_chunk::<3>() else { return };
    let size = data.len() as u64;
    let object = Bytes::copy_from_slice(data);
    lithops_core::run::block_on(STORAGE.put("o", object, PutMode::Overwrite)).expect("in memory");
    let stored =
        StoredObject { storage: STORAGE.location(), key: "o".to_owned(), size, version: None };
    let records = format(*kind);
    if packed % 4 == 3 {
        let whole = cut(stored, records, Packing::Gzip, None);
        // An input of some KiB unpacks to a thousand times as much, and a record may be all of it.
        let read = within(data.len() * 2000, || whole.bytes());
        let found: Result<Vec<_>, _> =
            within(data.len() * 6000, || whole.records().and_then(Iterator::collect));
        assert!(read.is_ok() || found.is_err());
        return;
    }
    if packed % 4 == 2 {
        // A range that nobody has planned.
        let Some((numbers, _)) = data.split_first_chunk::<32>() else { return };
        let (eights, _) = numbers.as_chunks::<8>();
        let [start, end, size, states] = [0, 1, 2, 3].map(|at| u64::from_le_bytes(eights[at]));
        let place = (start..end, size, states as u32, (states >> 32) as u32);
        let forged = cut(stored, records, Packing::Plain, Some(place));
        let read = within(data.len(), || forged.bytes());
        assert!(read.is_err() || start <= end);
        return;
    }
    // Two parts are the whole, wherever they are cut, and each record is in one of them.
    let middle = size * u64::from(*at) / 256;
    let state = state_after(&records, &data[..middle as usize]);
    let part = |start, end, (entry, exit)| {
        cut(stored.clone(), records.clone(), Packing::Plain, Some((start..end, size, entry, exit)))
    };
    let parts = [part(0, middle, (0, state)), part(middle, size, (state, 0))];
    let mut joined = Vec::new();
    let mut count = 0;
    for part in &parts {
        joined.extend_from_slice(&within(data.len(), || part.bytes()).expect("it is all there"));
        if let Ok(records) = part.records() {
            count += within(data.len(), || records.filter(Result::is_ok).count());
        }
    }
    assert_eq!(joined, data, "{records:?} cut at {middle} of {size}");
    assert!(count <= data.len() + 2);
});
