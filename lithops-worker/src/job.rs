//! A job as one worker knows it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lithops_core::api::CallContext;
use lithops_core::function::{LookupError, SharedValue, Thunk, build_id, find};
use lithops_core::ports::{StorageBackend, open_storage};
use lithops_core::wire::{CallError, JobHead, JobId};

/// A job as one worker knows it: its function is looked up, its shared value is at hand.
#[derive(Debug)]
pub(crate) struct WorkerJob {
    pub(crate) id: JobId,
    pub(crate) thunk: Result<Thunk, CallError>,
    pub(crate) shared: Option<SharedValue>,
    pub(crate) context: CallContext,
    pub(crate) store_above: Option<u64>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) memory: Option<u64>,
    /// Whether its results are `Result`s.
    pub(crate) returns_result: bool,
}

impl WorkerJob {
    pub(crate) fn new(head: JobHead, cancelled: &Arc<AtomicBool>) -> Self {
        let same_build = !head.build.is_empty() && head.build == build_id();
        let in_process = head.storage.is_in_process();
        let function = &head.function;
        // Threads of the client are its own build, even where the linker has written no build id.
        let found = find(function, same_build || in_process);
        let thunk = found.map(|entry| entry.thunk).map_err(|error| {
            let known = match error {
                LookupError::Unknown(known) => known,
                ambiguous => vec![ambiguous.to_string()],
            };
            let (path, signature) = (function.path.clone(), function.signature.clone());
            CallError::UnknownFunction { path, signature, known }
        });
        let timeout = head.timeout_ms.map(Duration::from_millis);
        lithops_storage::install();
        let storage: Option<Arc<dyn StorageBackend>> = match open_storage(&head.storage) {
            Ok(storage) => Some(storage),
            Err(error) => {
                tracing::debug!(job = %head.job, %error, "the job's storage is out of reach here");
                None
            }
        };
        let cancelled = Arc::clone(cancelled);
        Self {
            context: CallContext::of_job(head.job.clone(), timeout, storage, cancelled),
            id: head.job,
            returns_result: head.result_type.starts_with("core::result::Result<"),
            thunk,
            shared: head.shared.map(SharedValue::new),
            store_above: head.store_above,
            timeout_ms: head.timeout_ms,
            memory: head.memory,
        }
    }
}
