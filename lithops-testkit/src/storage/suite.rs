//! `storage_suite!`, and how one case is run.

use std::time::Duration;

use lithops_core::ports::StorageError;
use lithops_core::ports::StorageLocation;
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::Storage;

/// Opens what a location names.
pub type Open = fn(&StorageLocation) -> Result<Storage, StorageError>;

/// A case that takes longer hangs.
const BOUND: Duration = Duration::from_secs(180);

/// Runs one case on a runtime of its own, and deletes what it stored.
///
/// The guard goes last, when nothing that the case set going is still at work: it can tell whether
/// the storage left something behind.
///
/// # Panics
/// If the case fails, or takes longer than three minutes.
pub fn run<G, C: Future<Output = ()>>(
    setup: impl Future<Output = (Storage, G)>,
    case: impl FnOnce(Storage) -> C,
) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (storage, guard) = runtime.block_on(setup);
    runtime.block_on(async {
        let end = timeout(BOUND, case(Storage::clone(&storage))).await;
        assert!(end.is_ok(), "the case takes longer than {BOUND:?}");
        timeout(BOUND, delete_all(&storage)).await.expect("what a case stored can be deleted");
    });
    drop(storage);
    drop(runtime);
    drop(guard);
}

/// Runs a case that needs no object and no end.
pub fn run_apart(case: impl Future<Output = ()>) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let end = runtime.block_on(async { timeout(BOUND, case).await });
    assert!(end.is_ok(), "the case takes longer than {BOUND:?}");
}

async fn delete_all(storage: &Storage) {
    loop {
        let page = storage.list("", None).await.unwrap();
        let keys: Vec<_> = page.objects.into_iter().map(|object| object.key).collect();
        storage.delete(&keys).await.unwrap();
        if !page.more {
            return;
        }
    }
}

/// Holds what a suite was told that its storage can do against what the storage says.
pub async fn the_suite_was_told_the_truth(storage: Storage, create_if_absent: bool, presign: bool) {
    let capability = storage.capability().await.unwrap();
    assert_eq!(
        (capability.create_if_absent, capability.presign, capability.write_and_list),
        (create_if_absent, presign, true)
    );
}

/// Expands to a module with one test for each promise of a storage.
///
/// Its arguments are the module's name, an expression whose future gives an empty storage and a
/// guard that keeps it alive (evaluated anew for each test), a function that opens a location, and
/// what the storage can do: for each thing that one may lack by its nature either `yes` or the
/// reason, as which the cases that need it are ignored then. A test of its own holds that against
/// the storage's `StorageCapability`.
///
/// - `create_if_absent`: of several creators of a key one wins; `racers` of them try it at once.
/// - `presign`: it gives addresses to others, over plain HTTP.
/// - `nested_keys`: there may be `f` and `f/g`.
/// - `missing_place`: an expression for a storage whose place is missing, in parentheses.
///
/// ```text
/// fn memory() -> Storage {
///     Arc::new(MemoryStorage::new())
/// }
///
/// storage_suite!(in_memory, async { (memory(), ()) }, lithops_storage::open, {
///     create_if_absent: yes,
///     racers: 16,
///     presign: "memory has no address",
///     nested_keys: yes,
///     missing_place: "memory is always there",
/// });
/// ```
///
/// A storage on a server that may be missing when the tests run has
/// [`Subject`](crate::storage::Subject) instead.
#[macro_export]
macro_rules! storage_suite {
    ($name:ident, $setup:expr, $open:expr, {
        create_if_absent: $create:tt,
        racers: $racers:literal,
        presign: $presign:tt,
        nested_keys: $nested:tt,
        missing_place: $missing:tt $(,)?
    } $(,)?) => {
        mod $name {
            #[allow(unused_imports, reason = "the expressions may name nothing from outside")]
            use super::*;

            $crate::storage_cases! { storage_suite {
                ($setup) ($open) $create $racers $presign $nested $missing
            } }
        }
    };
    (@cases { ($setup:expr) ($open:expr) $create:tt $racers:tt $presign:tt $nested:tt $missing:tt }
        every: $every:tt
        create_if_absent: $create_cases:tt
        race: [$race_topic:ident::$race:ident,]
        presign: $presign_cases:tt
        nested_keys: $nested_cases:tt
        missing_place: [$($missing_topic:ident::$missing_case:ident,)+]
        location: [$location_topic:ident::$location:ident,]
    ) => {
        $crate::storage_suite! { @group ($setup) yes $every }
        $crate::storage_suite! { @group ($setup) $create $create_cases }
        $crate::storage_suite! { @group ($setup) $presign $presign_cases }
        $crate::storage_suite! { @group ($setup) $nested $nested_cases }
        $crate::storage_suite! { @test $create $race
            $crate::storage::run($setup, |storage| {
                $crate::storage::$race_topic::$race(storage, $racers)
            })
        }
        $crate::storage_suite! { @missing $missing [$($missing_topic::$missing_case,)+] }
        $crate::storage_suite! { @test yes $location
            $crate::storage::run($setup, |storage| {
                $crate::storage::$location_topic::$location(storage, $open)
            })
        }
        $crate::storage_suite! { @test yes the_suite_was_told_the_truth
            $crate::storage::run($setup, |storage| {
                $crate::storage::the_suite_was_told_the_truth(
                    storage,
                    $crate::storage_suite!(@has $create),
                    $crate::storage_suite!(@has $presign),
                )
            })
        }
    };
    (@group $setup:tt $has:tt [$($topic:ident::$case:ident,)+]) => { $(
        $crate::storage_suite! { @test $has $case
            $crate::storage::run($setup, $crate::storage::$topic::$case)
        }
    )+ };
    (@missing $reason:literal [$($topic:ident::$case:ident,)+]) => {
        $( $crate::storage_suite! { @test $reason $case () } )+
    };
    (@missing $missing:tt [$($topic:ident::$case:ident,)+]) => { $(
        $crate::storage_suite! { @test yes $case
            $crate::storage::run_apart($crate::storage::$topic::$case($missing))
        }
    )+ };
    (@test yes $name:ident $body:expr) => {
        #[test]
        fn $name() {
            $body
        }
    };
    (@test $reason:literal $name:ident $body:expr) => {
        #[test]
        #[ignore = $reason]
        fn $name() {
            $body
        }
    };
    (@has yes) => { true };
    (@has $reason:literal) => { false };
}
