//! Functions on a number of workers.

mod imap;
mod job;
mod result;
mod shared;

use std::sync::Arc;

use lithops_core::api::{ExecutorExt, JobHandle, Map, is_inside_call};
use lithops_core::function::{Data, RemoteFn, TaskOutput};
use lithops_core::ports::Executor;

use crate::spread::Spread;
use crate::{Multiprocessing, MultiprocessingError, Result, configured};

pub use imap::Imap;
pub(crate) use job::Job;
pub use result::AsyncResult;
use shared::Shared;

/// Runs functions on a number of workers: Python's `Pool`.
///
/// Functions are plain `fn`s, methods, or closures that capture nothing. Workers are started by the
/// first work. Clones are the same pool; when the last one is dropped it is
/// [terminated](Self::terminate), as at the end of Python's `with`.
#[derive(Clone, Debug)]
pub struct Pool {
    shared: Arc<Shared>,
    chunk_size: Option<u32>,
}

impl Pool {
    /// A pool of so many workers of the configured backend.
    ///
    /// # Errors
    /// [`Invalid`](MultiprocessingError::Invalid) for no workers,
    /// [`Job`](MultiprocessingError::Job) if a setting can't be used.
    pub fn new(workers: usize) -> Result<Self> {
        if workers == 0 {
            let reason = "a pool has one worker at the least";
            return Err(MultiprocessingError::Invalid { what: "workers", value: 0, reason });
        }
        let context = configured::connect(workers)?;
        // Calls have one executor for all that they start on their own machine.
        let is_own = !(is_inside_call() && context.executor.capability().on_this_machine);
        Ok(Self { shared: Arc::new(Shared::new(context, is_own)), chunk_size: None })
    }

    /// A pool over the workers of this executor, which others may use too.
    pub fn over(context: &Multiprocessing) -> Self {
        Self { shared: Arc::new(Shared::new(context.clone(), false)), chunk_size: None }
    }

    /// The same pool, whose work goes to workers in chunks of `calls`; at least 1. Without it the
    /// planner chooses, and [`imap`](Self::imap) sends items one by one.
    pub fn chunk_size(&self, calls: u32) -> Self {
        Self { shared: Arc::clone(&self.shared), chunk_size: Some(calls.max(1)) }
    }

    /// How many calls run at once.
    pub fn workers(&self) -> usize {
        self.shared.workers()
    }

    /// Calls `f` with a tuple of arguments, and waits for its value.
    ///
    /// # Errors
    /// [`Job`](MultiprocessingError::Job) if the call fails,
    /// [`PoolClosed`](MultiprocessingError::PoolClosed) after [`close`](Self::close).
    pub fn apply<F, Args, Out, M>(&self, f: F, args: Args) -> Result<Out::Value>
    where
        F: Spread<Args, Out>,
        Args: Data,
        Out: TaskOutput<M>,
        M: 'static,
    {
        self.apply_async(f, args)?.get()
    }

    /// Calls `f` with a tuple of arguments.
    ///
    /// # Errors
    /// [`Job`](MultiprocessingError::Job) if the arguments can't be encoded,
    /// [`PoolClosed`](MultiprocessingError::PoolClosed) after [`close`](Self::close).
    pub fn apply_async<F, Args, Out, M>(&self, f: F, args: Args) -> Result<AsyncResult<Out::Value>>
    where
        F: Spread<Args, Out>,
        Args: Data,
        Out: TaskOutput<M>,
        M: 'static,
    {
        let job = self.submit(|executor| executor.map(move |args: Args| f.spread(args), [args]))?;
        Ok(AsyncResult::one(&self.shared, job))
    }

    /// Calls `f` on each item, and waits for the values, in the order of the items.
    ///
    /// # Errors
    /// [`Job`](MultiprocessingError::Job) as soon as a call has failed,
    /// [`PoolClosed`](MultiprocessingError::PoolClosed) after [`close`](Self::close).
    pub fn map<F, I, Out, M>(&self, f: F, items: I) -> Result<Vec<Out::Value>>
    where
        I: IntoIterator,
        I::Item: Data,
        F: Fn(I::Item) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        self.map_async(f, items)?.get()
    }

    /// Calls `f` on each item. Items are encoded at once, on this thread.
    ///
    /// # Errors
    /// As [`apply_async`](Self::apply_async).
    pub fn map_async<F, I, Out, M>(&self, f: F, items: I) -> Result<AsyncResult<Vec<Out::Value>>>
    where
        I: IntoIterator,
        I::Item: Data,
        F: Fn(I::Item) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        let job = self.submit(|executor| executor.map(f, items))?;
        Ok(AsyncResult::all(&self.shared, job))
    }

    /// As [`map`](Self::map), with each item being a tuple of arguments.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    pub fn starmap<F, I, Out, M>(&self, f: F, items: I) -> Result<Vec<Out::Value>>
    where
        I: IntoIterator,
        I::Item: Data,
        F: Spread<I::Item, Out>,
        Out: TaskOutput<M>,
        M: 'static,
    {
        self.starmap_async(f, items)?.get()
    }

    /// As [`map_async`](Self::map_async), with each item being a tuple of arguments.
    ///
    /// # Errors
    /// As [`map_async`](Self::map_async).
    pub fn starmap_async<F, I, Out, M>(
        &self,
        f: F,
        items: I,
    ) -> Result<AsyncResult<Vec<Out::Value>>>
    where
        I: IntoIterator,
        I::Item: Data,
        F: Spread<I::Item, Out>,
        Out: TaskOutput<M>,
        M: 'static,
    {
        let job =
            self.submit(|executor| executor.map(move |item: I::Item| f.spread(item), items))?;
        Ok(AsyncResult::all(&self.shared, job))
    }

    /// Calls `f` on each item, and gives the values one by one, in the order of the items.
    ///
    /// Lazy: no more than two chunks for each worker are taken from `items` ahead of what was taken
    /// from the result. A call that fails gives its error in its place, and the others go on.
    ///
    /// `items` is asked on this thread, while it waits for a value: an iterator that blocks, such as
    /// that of a channel, keeps a value back until it has given an item for each worker, or ended.
    /// Send such items off one by one, by [`apply_async`](Self::apply_async).
    ///
    /// # Errors
    /// [`PoolClosed`](MultiprocessingError::PoolClosed) after [`close`](Self::close).
    pub fn imap<F, I, Out, M>(&self, f: F, items: I) -> Result<Imap<I::IntoIter, F, Out, M>>
    where
        I: IntoIterator,
        I::Item: Data,
        F: Fn(I::Item) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        self.shared.is_open()?;
        let chunk = self.chunk_size.unwrap_or(1);
        Ok(Imap::new(Arc::clone(&self.shared), f, items.into_iter(), chunk, true))
    }

    /// As [`imap`](Self::imap), with the values as they come.
    ///
    /// # Errors
    /// As [`imap`](Self::imap).
    pub fn imap_unordered<F, I, Out, M>(
        &self,
        f: F,
        items: I,
    ) -> Result<Imap<I::IntoIter, F, Out, M>>
    where
        I: IntoIterator,
        I::Item: Data,
        F: Fn(I::Item) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        self.shared.is_open()?;
        let chunk = self.chunk_size.unwrap_or(1);
        Ok(Imap::new(Arc::clone(&self.shared), f, items.into_iter(), chunk, false))
    }

    /// Takes no more work; what was sent off goes on.
    pub fn close(&self) {
        self.shared.close();
    }

    /// Stops all work: calls without a value end as cancelled. Takes no more.
    pub fn terminate(&self) {
        self.shared.terminate();
    }

    /// Waits until all work has ended, after [`close`](Self::close) or
    /// [`terminate`](Self::terminate).
    ///
    /// # Errors
    /// [`PoolOpen`](MultiprocessingError::PoolOpen) before either.
    pub fn join(&self) -> Result<()> {
        self.shared.join()
    }

    fn submit<T: Data>(
        &self,
        plan: impl FnOnce(&dyn Executor) -> Map<T>,
    ) -> Result<Arc<JobHandle<T>>> {
        self.shared.is_open()?;
        self.shared.submit(|executor| match self.chunk_size {
            Some(calls) => plan(executor).chunk_size(calls),
            None => plan(executor),
        })
    }
}
