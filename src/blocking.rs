//! The same library for programs without an async runtime: whatever can be awaited can be run.
//!
//! ```
//! use lithops::blocking::{Run, RunStream};
//! use lithops::prelude::*;
//!
//! let exec = FunctionExecutor::from_config().run()?;
//! assert_eq!(exec.map(|x: u32| x * 2, 0..3u32).run()?, [0, 2, 4]);
//!
//! let handle = exec.map(|x: u32| x + 1, 0..3u32).submit()?;
//! let first = handle.future(0).run();
//! assert_eq!(first, Ok(1));
//! let all: Result<Vec<u32>, CallError> = handle.stream().run_each().collect();
//! assert_eq!(all, Ok(vec![1, 2, 3]));
//! # Ok::<(), lithops::Error>(())
//! ```

use std::future::IntoFuture;

use futures::{Stream, StreamExt};
use lithops_core::run::wait_here;

/// Waits on this thread for what could be awaited.
///
/// For the futures of this library: they need no runtime but its own. One that needs another, such as
/// a timer of tokio's, belongs into that.
pub trait Run: IntoFuture + Sized {
    /// Waits for the outcome. May be called on a thread of an async runtime, which does nothing else
    /// meanwhile.
    fn run(self) -> Self::Output {
        wait_here(self.into_future())
    }
}

impl<F: IntoFuture> Run for F {}

/// Waits on this thread for what could be streamed.
pub trait RunStream: Stream + Unpin + Sized {
    /// An iterator, which waits for each item.
    fn run_each(mut self) -> impl Iterator<Item = Self::Item> {
        std::iter::from_fn(move || wait_here(self.next()))
    }
}

impl<S: Stream + Unpin> RunStream for S {}
