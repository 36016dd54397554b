//! The runtime of functions that return futures.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use lithops_core::function::BlockOn;
use tokio::runtime::{Builder, Handle, Runtime};

/// Runs futures of functions, and the worker's own storage requests, on one runtime of the process.
///
/// Started by the first future; functions that are not async never pay for it, and are not inside a
/// runtime: blocking clients work in them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Futures;

/// The handle of the workers' runtime.
pub(crate) fn handle() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            let threads = std::thread::available_parallelism().map_or(2, |n| n.get().min(4));
            Builder::new_multi_thread()
                .worker_threads(threads)
                .thread_name("lithops-async")
                .enable_all()
                .build()
                .expect("the operating system gives the process a few more threads")
        })
        .handle()
}

impl BlockOn for Futures {
    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        handle().block_on(future);
    }
}
