//! The cases of the configured storage.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use lithops_core::ports::{
    Access, Executor as _, StorageBackend, StorageError, StorageLocation, open_storage,
};
use lithops_testkit::storage::{Setup, Subject};
use lithops_testkit::trials::Case;

use super::backend::has;
use super::prefixed::PrefixedStorage;
use crate::settings::{Settings, executor};

/// How many creators race for a key. Some servers let each wait a second for the one before it.
const RACERS: u8 = 4;

/// The cases, each below a prefix of its own.
pub(super) fn cases(settings: &Settings) -> anyhow::Result<Vec<Case>> {
    let exec = lithops::block_on(executor(settings.builder()?.progress(false)))?;
    let storage = exec.storage();
    let (capability, presigned) = lithops::block_on(async {
        let capability = storage.capability().await?;
        let address = storage.presign("a", Access::Read, Duration::from_secs(60)).await;
        anyhow::Ok((capability, address.is_ok_and(|address| address.starts_with("http://"))))
    })?;
    let is_folder = storage.location().scheme == "file";
    let setup: Setup = Arc::new(move || {
        let storage = Arc::clone(&storage);
        Box::pin(async move {
            let prefixed = PrefixedStorage::fresh(storage);
            (Arc::new(prefixed) as Arc<dyn StorageBackend>, Box::new(()) as Box<dyn Any>)
        })
    });
    let subject = Subject {
        name: "storage",
        setup: Ok(setup),
        open,
        create_if_absent: has(
            capability.create_if_absent,
            "the storage can't create what must not be there",
        ),
        racers: RACERS,
        presign: match (capability.presign, presigned) {
            (true, true) => Ok(()),
            (true, false) => Err("its addresses are of HTTPS, which the cases don't speak"),
            (false, _) => Err("the storage gives no addresses"),
        },
        nested_keys: has(!is_folder, "a file is no folder"),
        missing_place: Err("the place is the configured one, and it is there"),
        faults: match capability.presign && !presigned {
            true => &[("the_suite_was_told_the_truth", "its addresses are left out")],
            false => &[],
        },
    };
    Ok(subject.cases())
}

/// Opens a place that a [`PrefixedStorage`] has named.
fn open(location: &StorageLocation) -> Result<Arc<dyn StorageBackend>, StorageError> {
    let (location, prefix) = PrefixedStorage::parts(location);
    Ok(Arc::new(PrefixedStorage::new(open_storage(&location)?, prefix)))
}
