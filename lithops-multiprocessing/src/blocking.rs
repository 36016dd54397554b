//! Waiting for futures on any thread.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end, also on a thread of a runtime: it blocks that thread, and none of the
/// library's own.
pub(crate) fn block<F: Future>(future: F) -> F::Output {
    // Timers and tasks of the future belong to the library's runtime.
    let _entered = lithops_core::run::runtime().enter();
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::park();
    }
}
