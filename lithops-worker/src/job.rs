//! A job as one worker knows it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lithops_core::api::CallContext;
use lithops_core::function::{
    Arguments, BlockOn, Invocation, LookupError, SharedValue, Thunk, build_id, find,
};
use lithops_core::ports::{StorageBackend, open_storage};
use lithops_core::wire::{CallError, JobHead, JobId, ValueSink};

/// A job as one worker knows it: its function is looked up, its shared value is at hand.
#[derive(Debug)]
pub struct WorkerJob {
    pub(crate) id: JobId,
    thunk: Result<Thunk, CallError>,
    shared: Option<SharedValue>,
    pub(crate) context: CallContext,
    pub(crate) store_above: Option<u64>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) memory: Option<u64>,
    /// Whether its results are `Result`s.
    returns_result: bool,
}

impl WorkerJob {
    /// Looks the function up, and opens the job's storage if it can be opened here. `cancelled` is
    /// what calls are told of.
    pub fn new(head: JobHead, cancelled: &Arc<AtomicBool>) -> Self {
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
    /// Looks whether the function is there, before anything is fetched for it.
    pub(crate) fn check(&self) -> Result<(), CallError> {
        self.thunk.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// Calls the function on this thread: call `index`, attempt `attempt`. Gives the encoded result,
    /// and whether it is an `Err` that the function returned as a value.
    ///
    /// `output` is what the result is encoded into, and is empty again afterwards; futures run on
    /// `runtime`.
    ///
    /// # Errors
    /// [`CallError`] with what the function failed of, a panic included.
    pub fn call(
        &self,
        (index, attempt): (u32, u32),
        arguments: Arguments,
        started: Instant,
        output: &mut ValueSink,
        runtime: &dyn BlockOn,
    ) -> Result<(Bytes, bool), CallError> {
        let thunk = *self.thunk.as_ref().map_err(Clone::clone)?;
        let context = self.context.of_call(index, attempt, started);
        let shared = self.shared.as_ref();
        let caught = crate::panic::catch(|| {
            let _entered = context.enter();
            let mut invocation = Invocation { arguments, shared, output: &mut *output, runtime };
            thunk(&mut invocation)
        });
        match caught {
            Ok(result) => result?,
            Err(report) => {
                // What the call had begun to write is no value.
                output.take();
                return Err(CallError::Panicked(report));
            }
        }
        let value = output.take();
        let returned_err = self.is_err(&value);
        Ok((value, returned_err))
    }

    /// Whether the value is an `Err` that the function returned as data: serde writes a `Result` as a
    /// map of one entry, whose key is the variant's name.
    fn is_err(&self, value: &[u8]) -> bool {
        self.returns_result && value.starts_with(b"\x81\xa3Err")
    }
}
