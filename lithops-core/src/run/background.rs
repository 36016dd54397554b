//! The library's own runtime.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use tokio::runtime::{Builder, Handle, Runtime};

/// The runtime on which the library works behind the caller's back.
///
/// Jobs go on whatever the caller's thread does: it may be inside a runtime of one thread that is
/// busy, or in none. Started at first use; lives as long as the process. On a thread that is in a
/// [`World`](super::World) it is that world's.
pub fn runtime() -> Handle {
    super::world::runtime().unwrap_or_else(|| own().clone())
}

fn own() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                // One thread: what runs here is short, and waking a second one costs more.
                .worker_threads(1)
                .thread_name("lithops")
                .enable_all()
                .build()
                .expect("the operating system gives the process one more thread")
        })
        .handle()
}

/// Waits on this thread for a future that needs no runtime but the library's, wherever that is: in a
/// thread of the caller's runtime too, which does nothing else meanwhile.
pub fn wait_here<F: Future>(future: F) -> F::Output {
    let runtime = runtime();
    let _entered = runtime.enter();
    let mut future = std::pin::pin!(future);
    let wake = Arc::new(Unpark(std::thread::current()));
    let waker = Waker::from(wake);
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            // A wake that came between leaves its token: then this does not park.
            Poll::Pending => std::thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end from a thread that is in no runtime: a plain `main`, or a sync function
/// inside a call.
///
/// # Panics
/// If called from async code: `.await` there instead.
///
/// ```
/// assert_eq!(lithops_core::run::block_on(async { 1 + 1 }), 2);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    own().block_on(future)
}
