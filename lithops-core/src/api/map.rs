//! One call for each input.

use std::future::IntoFuture;
use std::marker::PhantomData;

use futures::future::BoxFuture;

use super::builder::options;
use super::handle::JobHandle;
use super::stage::{Groups, Stage};
use super::verbs::assert_remote;
use crate::error::{Error, Result};
use crate::function::{Data, MapFn, RemoteFn, TaskOutput};
use crate::plan::JobOptions;
use crate::wire::CallError;

/// One call for each input, not yet sent off: set options, then `.await` it or
/// [`submit`](Self::submit) it.
///
/// Awaiting gives the values in the order of the inputs. The first call that fails for good ends the
/// job: calls that still run are stopped.
#[must_use = "a map does nothing until it is awaited or submitted"]
pub struct Map<T> {
    stage: Stage,
    result: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Map<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Map").field("calls", &self.stage.calls()).finish_non_exhaustive()
    }
}

options!(Map<T>);

impl<T> Map<T> {
    pub(super) fn new(stage: Stage) -> Self {
        Self { stage, result: PhantomData }
    }

    pub(super) fn options_mut(&mut self, set: impl Fn(&mut JobOptions)) {
        set(&mut self.stage.options);
    }

    pub(super) fn into_stage(self) -> Stage {
        self.stage
    }
}

impl<T: Data> Map<T> {
    /// Starts the job, and gives a handle to it at once.
    ///
    /// # Errors
    /// [`Error::Argument`] if an input can't be encoded, [`Error::Unsupported`] if the backend lacks
    /// what an option needs; nothing was started then.
    pub fn submit(self) -> Result<JobHandle<T>> {
        self.stage.submit().map(JobHandle::new)
    }

    /// Waits for every call, and gives each one's value or cause, in the order of the inputs.
    ///
    /// # Errors
    /// As [`submit`](Self::submit); failures of calls stand in the list.
    pub async fn settled(self) -> Result<Vec<Result<T, CallError>>> {
        self.submit()?.settled().await
    }

    /// Calls `f` on each result, as soon as it is there. Large results go from worker to worker
    /// through storage; none is decoded by the client. Options carry over.
    pub fn map<F, Out, M>(self, _f: F) -> Map<Out::Value>
    where
        F: Fn(T) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        assert_remote!(F);
        Map::new(self.stage.then::<MapFn<F, T, Out, M>, Out::Value>(Groups::Each))
    }
}

impl<T: Data> IntoFuture for Map<T> {
    type Output = Result<Vec<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.submit()?.into_results().await })
    }
}
