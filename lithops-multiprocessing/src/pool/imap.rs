//! Values one by one, from items that are taken as they are needed.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{FuturesOrdered, FuturesUnordered};
use futures::{FutureExt, StreamExt};
use lithops_core::api::ExecutorExt;
use lithops_core::function::{Data, RemoteFn, TaskOutput};

use super::shared::Shared;
use crate::Result;
use lithops_core::run::wait_here;

/// How many chunks for each worker are under way, or wait to be taken.
const CHUNKS_AHEAD: usize = 2;

/// The values of a chunk of calls, each or its error.
type Chunk<T> = BoxFuture<'static, Vec<Result<T>>>;

enum Chunks<T> {
    Ordered(FuturesOrdered<Chunk<T>>),
    Unordered(FuturesUnordered<Chunk<T>>),
}

/// The values of [`imap`](crate::Pool::imap), one by one.
///
/// Takes items as long as the pool is not terminated. Calls that were sent off go on if this is
/// dropped; items that were not taken stay where they are.
pub struct Imap<I, F, Out: TaskOutput<M>, M> {
    shared: Arc<Shared>,
    f: F,
    /// `None` once it has ended, or nothing can be sent off any more.
    items: Option<I>,
    chunk: u32,
    /// Items that were taken and whose values were not.
    ahead: usize,
    chunks: Chunks<Out::Value>,
    ready: VecDeque<Result<Out::Value>>,
    marker: PhantomData<fn() -> M>,
}

impl<I, F, Out: TaskOutput<M>, M> std::fmt::Debug for Imap<I, F, Out, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Imap").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

impl<I, F, Out, M> Imap<I, F, Out, M>
where
    I: Iterator,
    I::Item: Data,
    F: Fn(I::Item) -> Out + RemoteFn,
    Out: TaskOutput<M>,
    M: 'static,
{
    pub(super) fn new(shared: Arc<Shared>, f: F, items: I, chunk: u32, is_ordered: bool) -> Self {
        let chunks = match is_ordered {
            true => Chunks::Ordered(FuturesOrdered::new()),
            false => Chunks::Unordered(FuturesUnordered::new()),
        };
        let (items, ready) = (Some(items), VecDeque::new());
        Self { shared, f, items, chunk, ahead: 0, chunks, ready, marker: PhantomData }
    }

    /// Sends chunks off until enough are, or all workers have one and a value is ready: taking an
    /// item may block.
    fn fill(&mut self) -> Result<()> {
        let chunk = self.chunk as usize;
        let busy = self.shared.workers().saturating_mul(chunk);
        let most = busy.saturating_mul(CHUNKS_AHEAD);
        while self.ahead.saturating_add(chunk) <= most {
            if self.ahead >= busy
                && let Some(Some(values)) = self.chunk_of_values().now_or_never()
            {
                self.ready.extend(values);
                return Ok(());
            }
            let Some(left) = &mut self.items else { return Ok(()) };
            let items: Vec<I::Item> = left.by_ref().take(chunk).collect();
            if items.len() < chunk {
                self.items = None;
            }
            if items.is_empty() {
                return Ok(());
            }
            let count = items.len();
            let (f, chunk) = (self.f, self.chunk);
            let job = self.shared.submit(|executor| executor.map(f, items).chunk_size(chunk))?;
            self.ahead += count;
            let values = async move {
                match job.settled().await {
                    Ok(values) => values.into_iter().map(|value| Ok(value?)).collect(),
                    Err(error) => vec![Err(error.into())],
                }
            };
            match &mut self.chunks {
                Chunks::Ordered(chunks) => chunks.push_back(values.boxed()),
                Chunks::Unordered(chunks) => chunks.push(values.boxed()),
            }
        }
        Ok(())
    }

    /// The values of the next chunk; `None` if nothing is under way.
    async fn chunk_of_values(&mut self) -> Option<Vec<Result<Out::Value>>> {
        match &mut self.chunks {
            Chunks::Ordered(chunks) => chunks.next().await,
            Chunks::Unordered(chunks) => chunks.next().await,
        }
    }
}

impl<I, F, Out, M> Iterator for Imap<I, F, Out, M>
where
    I: Iterator,
    I::Item: Data,
    F: Fn(I::Item) -> Out + RemoteFn,
    Out: TaskOutput<M>,
    M: 'static,
{
    type Item = Result<Out::Value>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(value) = self.ready.pop_front() {
                self.ahead -= 1;
                return Some(value);
            }
            if let Err(error) = self.fill() {
                // What was sent off before still has its outcomes, cancelled ones included.
                self.items = None;
                return Some(Err(error));
            }
            if self.ready.is_empty() {
                let values = wait_here(self.chunk_of_values())?;
                self.ready.extend(values);
            }
            // The pool has no use for their job any more.
            self.shared.forget_ended();
        }
    }
}
