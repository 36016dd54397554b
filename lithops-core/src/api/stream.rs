//! Results as they come.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use futures::future::BoxFuture;

use super::future::{Fetch, decode, start};
use super::job_state::JobState;
use crate::function::Data;
use crate::wire::CallError;

/// Results in the order of the inputs.
///
/// Ends after the last one. Dropping it early leaves the job running as long as its handle or
/// another future of it lives.
#[must_use = "streams do nothing unless polled"]
pub struct Ordered<T>(Cursor<T>);

/// Results as they come, each with its place.
#[must_use = "streams do nothing unless polled"]
pub struct Unordered<T>(Cursor<T>);

struct Cursor<T> {
    job: Arc<JobState>,
    len: usize,
    given: usize,
    fetching: Option<(u32, BoxFuture<'static, Result<Bytes, CallError>>)>,
    result: PhantomData<fn() -> T>,
}

impl<T> Ordered<T> {
    pub(super) fn new(job: Arc<JobState>) -> Self {
        Self(Cursor::new(job))
    }
}

impl<T> Unordered<T> {
    pub(super) fn new(job: Arc<JobState>) -> Self {
        Self(Cursor::new(job))
    }
}

impl<T> std::fmt::Debug for Ordered<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ordered").field(&self.0.given).finish()
    }
}

impl<T> std::fmt::Debug for Unordered<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Unordered").field(&self.0.given).finish()
    }
}

impl<T> Cursor<T> {
    fn new(job: Arc<JobState>) -> Self {
        let len = job.len() as usize;
        Self { job, len, given: 0, fetching: None, result: PhantomData }
    }
}

impl<T: Data> Cursor<T> {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        next: impl FnOnce(&JobState, usize, &mut Context<'_>) -> Option<u32>,
    ) -> Poll<Option<(usize, Result<T, CallError>)>> {
        if self.given == self.len {
            return Poll::Ready(None);
        }
        if self.fetching.is_none() {
            let Some(index) = next(&self.job, self.given, context) else { return Poll::Pending };
            let Some(outcome) = self.job.poll_outcome(index, Some(context)) else {
                return Poll::Pending;
            };
            match start(outcome, &self.job) {
                Fetch::Here(result) => {
                    self.given += 1;
                    return Poll::Ready(Some((index as usize, result.and_then(decode))));
                }
                Fetch::Under(fetching) => self.fetching = Some((index, fetching)),
            }
        }
        let Some((index, fetching)) = &mut self.fetching else { return Poll::Pending };
        let (index, result) = (*index as usize, ready!(fetching.as_mut().poll(context)));
        self.fetching = None;
        self.given += 1;
        Poll::Ready(Some((index, result.and_then(decode))))
    }

    fn left(&self) -> (usize, Option<usize>) {
        (self.len - self.given, Some(self.len - self.given))
    }
}

impl<T: Data> Stream for Ordered<T> {
    type Item = Result<T, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.poll(context, |_, given, _| Some(given as u32));
        next.map(|item| item.map(|(_, result)| result))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.left()
    }
}

impl<T: Data> Stream for Unordered<T> {
    type Item = (usize, Result<T, CallError>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll(context, |job, given, context| {
            job.poll_watch(context, |settled| settled.order.get(given).copied())
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.left()
    }
}
