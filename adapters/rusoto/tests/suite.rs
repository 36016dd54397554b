//! The promises of a storage, kept over SeaweedFS: the same suite as for Lithops's own.

use std::any::Any;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;
use lithops_storage_rusoto::{RusotoConfig, RusotoStorage};
use lithops_testkit::storage::{Storage, Subject, run_subjects};

/// `http://HOST:PORT` of the server. Credentials are in the variables of AWS.
const ENDPOINT: &str = "LITHOPS_TEST_ENDPOINT";

fn main() -> ExitCode {
    lithops_storage_rusoto::register().expect("nobody else has the scheme");
    let setup = match std::env::var(ENDPOINT) {
        Ok(endpoint) => Ok(Arc::new(move || bucket(endpoint.clone())) as _),
        Err(_) => Err("needs a server: `cargo xtask adapter rusoto` starts it".to_owned()),
    };
    run_subjects(&[Subject {
        name: "rusoto",
        setup,
        open: lithops_storage::open,
        create_if_absent: Err("rusoto's requests have no field for a condition"),
        racers: 3,
        presign: Ok(()),
        nested_keys: Ok(()),
        missing_place: Ok(Arc::new(|| {
            let endpoint = std::env::var(ENDPOINT).expect("checked above");
            let missing = format!("missing-{}", std::process::id());
            Arc::new(RusotoStorage::new(config(&missing, endpoint)).expect("settings"))
        })),
        faults: &[
            ("a_backslash_in_a_key_is_kept", "SeaweedFS takes a backslash in a prefix for a slash"),
            (
                "a_prefix_with_an_empty_segment_matches_nothing",
                "SeaweedFS takes two slashes for one",
            ),
            ("a_missing_place_takes_no_object", "SeaweedFS makes the bucket of a first object"),
        ],
    }])
}

fn config(bucket: &str, endpoint: String) -> RusotoConfig {
    let mut config = RusotoConfig::new(bucket);
    config.endpoint = Some(endpoint);
    config
}

/// A bucket for one case. It goes with the server: nothing else is kept there.
fn bucket(endpoint: String) -> BoxFuture<'static, (Storage, Box<dyn Any>)> {
    static CASES: AtomicU64 = AtomicU64::new(0);
    let number = CASES.fetch_add(1, Ordering::Relaxed);
    let config = config(&format!("rusoto-{}-{number}", std::process::id()), endpoint);
    async move {
        let storage = RusotoStorage::new(config).expect("settings");
        storage.create_bucket().await.expect("a new bucket");
        (Arc::new(storage) as Storage, Box::new(()) as Box<dyn Any>)
    }
    .boxed()
}
