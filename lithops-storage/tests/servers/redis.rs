//! Redis: each case has a prefix of its own.

use lithops_storage::open;
use lithops_testkit::storage::{Setup, Subject};

use crate::address;

const ALWAYS_THERE: &str = "a prefix is there as soon as something is stored below it";

pub(super) fn redis() -> Subject {
    Subject {
        name: "redis",
        setup: address::of("redis").and_then(setup),
        open,
        create_if_absent: Ok(()),
        racers: 16,
        presign: Err("Redis speaks no HTTP"),
        nested_keys: Ok(()),
        missing_place: Err(ALWAYS_THERE),
        faults: &[],
    }
}

#[cfg(feature = "redis")]
fn setup(address: address::Address) -> Result<Setup, String> {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures::FutureExt;
    use lithops_core::secret::Secret;
    use lithops_storage::{RedisConfig, RedisStorage};

    static CASES: AtomicU64 = AtomicU64::new(0);
    Ok(Arc::new(move || {
        let number = CASES.fetch_add(1, Ordering::Relaxed);
        let config = RedisConfig {
            url: address.url.clone(),
            password: Some(Secret::new(address.password.clone())),
            prefix: format!("test-{}-{number}", std::process::id()),
        };
        async move {
            let storage = RedisStorage::new(config).unwrap();
            (Arc::new(storage) as _, Box::new(()) as _)
        }
        .boxed()
    }))
}

#[cfg(not(feature = "redis"))]
fn setup(_: address::Address) -> Result<Setup, String> {
    Err("this build lacks the feature `redis`".to_owned())
}
