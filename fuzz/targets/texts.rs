//! Texts that name jobs, objects, storages, programs and orders.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lithops_core::wire::{JobId, StorageLocation, WorkOrder, keys};
use lithops_fuzz::within;
use lithops_worker::ProgramDigest;

fuzz_target!(|text: &str| {
    within(text.len(), || {
        if let Some(order) = WorkOrder::from_text(text) {
            assert_eq!(WorkOrder::from_text(&order.to_text()), Some(order));
        }
        if let Some(location) = StorageLocation::from_text(text) {
            assert_eq!(StorageLocation::from_text(&location.to_text()), Some(location));
        }
        if let Some(job) = JobId::from_text(text) {
            assert_eq!(job.as_str(), text);
            let key = keys::alive(&job);
            assert_eq!(keys::prefix_of_job(&key), Some(keys::job(&job).as_str()));
            assert!(!key.contains("..") && key.split('/').count() == 3);
        }
        if let Some(digest) = ProgramDigest::parse(text) {
            assert_eq!(digest.to_string(), text);
        }
        if let Some((time, wave, worker)) = keys::parse_batch(text) {
            let job = JobId::new("a", 0);
            let key = keys::batch(&job, time, wave, worker, 0, 0);
            assert_eq!(keys::parse_batch(&key), Some((time, wave, worker)));
            // All but the sequence and the writer.
            let shared = key.len() - "00000-00000000".len();
            assert!(text.ends_with(|last: char| last.is_ascii_hexdigit()));
            assert!(text.contains(&key[keys::outcomes(&job).len()..shared]));
        }
        if let Some(wave) = keys::parse_wave(text) {
            assert!(text.ends_with(&keys::wave(&JobId::new("a", 0), wave)["jobs/a-000".len()..]));
        }
        if let Some(prefix) = keys::prefix_of_job(text) {
            assert!(text.starts_with(prefix) && prefix.ends_with('/'));
        }
    });
});
