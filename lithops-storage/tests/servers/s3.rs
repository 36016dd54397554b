//! S3 servers: each case has a bucket of its own.

use lithops_storage::open;
use lithops_testkit::storage::Subject;

use crate::address;
use bucket::{missing, setup};

/// The strictest of them: it has everything, and its creators wait for nothing.
pub(super) fn radosgw() -> Subject {
    s3("radosgw")
}

/// Of several racing creators, each may wait a second or two for the one before it.
pub(super) fn seaweedfs() -> Subject {
    let faults = &[
        ("a_backslash_in_a_key_is_kept", "SeaweedFS takes a backslash in a prefix for a slash"),
        ("a_prefix_with_an_empty_segment_matches_nothing", "SeaweedFS takes two slashes for one"),
        ("a_missing_place_takes_no_object", "SeaweedFS makes the bucket of a first object"),
    ];
    Subject { racers: 3, faults, ..s3("seaweedfs") }
}

/// Refuses conditional writes.
pub(super) fn swift() -> Subject {
    let create_if_absent = Err("Swift refuses conditional writes");
    const SLOW: &str = "Swift takes longer to delete a thousand keys than a request may";
    let faults = &[
        ("thousands_of_keys_are_deleted_at_once", SLOW),
        ("listing_pages_past_a_thousand_keys", SLOW),
        ("a_full_page_with_nothing_after_it_is_the_last", SLOW),
        ("a_reader_never_sees_half_a_write", "Swift finds nothing while it replaces an object"),
    ];
    Subject { create_if_absent, faults, ..s3("swift") }
}

/// Takes conditional writes, and overwrites.
pub(super) fn rclone() -> Subject {
    let create_if_absent = Err("rclone ignores the condition of a conditional write");
    let nested_keys = Err("rclone keeps objects as files, and a file is no folder");
    const WHOLE: &str = "rclone answers a range that is the whole object as if none was asked for";
    const FILES: &str =
        "rclone keeps objects as files, and folders of the bucket stay or are in the way";
    let faults = &[
        ("a_range_gives_exactly_its_bytes", WHOLE),
        ("a_range_stream_gives_exactly_its_bytes", WHOLE),
        ("a_reader_never_sees_half_a_write", WHOLE),
        ("a_stream_of_forty_mebibytes_goes_both_ways", WHOLE),
        ("deleting_leaves_the_neighbours", FILES),
        ("a_put_survives_the_removal_of_its_neighbours", FILES),
        ("a_failed_stream_leaves_nothing", FILES),
        ("a_dropped_stream_leaves_nothing", FILES),
        ("a_version_is_the_same_in_every_answer", "rclone lists tags without their quotes"),
    ];
    Subject { create_if_absent, nested_keys, faults, ..s3("rclone") }
}

fn s3(name: &'static str) -> Subject {
    let address = address::of(name);
    Subject {
        name,
        missing_place: missing(&address),
        setup: address.and_then(setup),
        open,
        create_if_absent: Ok(()),
        racers: 16,
        presign: Ok(()),
        nested_keys: Ok(()),
        faults: &[],
    }
}

#[cfg(feature = "s3")]
mod bucket {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures::FutureExt;
    use lithops_core::secret::Secret;
    use lithops_storage::{S3Config, S3Storage};
    use lithops_testkit::storage::{Has, Missing, Setup};

    use crate::address::Address;

    /// A bucket that goes with it.
    struct Bucket(S3Config);

    impl Drop for Bucket {
        fn drop(&mut self) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let deleted = runtime
                .unwrap()
                .block_on(async { S3Storage::new(self.0.clone()).unwrap().delete_bucket().await });
            assert!(deleted.is_ok() || std::thread::panicking(), "{deleted:?}");
        }
    }

    pub(super) fn setup(address: Address) -> Result<Setup, String> {
        static CASES: AtomicU64 = AtomicU64::new(0);
        Ok(Arc::new(move || {
            let number = CASES.fetch_add(1, Ordering::Relaxed);
            let config = config(&address, format!("test-{}-{number}", std::process::id()));
            async move {
                let storage = S3Storage::new(config.clone()).unwrap();
                storage.create_bucket().await.unwrap();
                (Arc::new(storage) as _, Box::new(Bucket(config)) as _)
            }
            .boxed()
        }))
    }

    pub(super) fn missing(address: &Result<Address, String>) -> Has<Missing> {
        let address = address.clone();
        Ok(Arc::new(move || {
            let config =
                config(address.as_ref().unwrap(), format!("missing-{}", std::process::id()));
            Arc::new(S3Storage::new(config).unwrap())
        }))
    }

    fn config(address: &Address, bucket: String) -> S3Config {
        let mut config = S3Config::new(bucket);
        config.endpoint = Some(address.url.clone());
        config.access_key_id = Some(address.user.clone());
        config.secret_access_key = Some(Secret::new(address.password.clone()));
        config
    }
}

#[cfg(not(feature = "s3"))]
mod bucket {
    use lithops_testkit::storage::{Has, Missing, Setup};

    use crate::address::Address;

    const LACKS: &str = "this build lacks the feature `s3`";

    pub(super) fn setup(_: Address) -> Result<Setup, String> {
        Err(LACKS.to_owned())
    }

    pub(super) fn missing(_: &Result<Address, String>) -> Has<Missing> {
        Err(LACKS)
    }
}
