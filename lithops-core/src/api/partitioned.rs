//! What the calls of a shuffle's partitions give, as one list.

use std::future::IntoFuture;
use std::marker::PhantomData;

use futures::future::BoxFuture;

use super::builder::options;
use super::handle::JobHandle;
use super::stage::Stage;
use crate::error::{Error, Result};
use crate::function::Data;
use crate::plan::JobOptions;
use crate::wire::CallError;

/// Pairs that are reduced or grouped by key, not yet sent off: set options, then `.await` it or
/// [`submit`](Self::submit) it.
///
/// Awaiting gives what comes of all keys in one list, ordered by partition, within one by key. The
/// order of partitions is that of no key: sort the list, or [`sort`](super::Pairs::sort_by_key) the
/// pairs, where an order is needed. Options hold for the map calls and for those of the partitions.
#[must_use = "it does nothing until it is awaited or submitted"]
pub struct Partitioned<T> {
    stage: Stage,
    result: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Partitioned<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partitioned")
            .field("partitions", &self.stage.calls())
            .finish_non_exhaustive()
    }
}

options!(Partitioned<T>);

impl<T> Partitioned<T> {
    pub(super) fn new(stage: Stage) -> Self {
        Self { stage, result: PhantomData }
    }

    fn options_mut(&mut self, set: impl Fn(&mut JobOptions)) {
        set(&mut self.stage.options);
        if let Some(before) = self.stage.options_before() {
            set(before);
        }
    }
}

impl<T: Data> Partitioned<T> {
    /// Starts both stages, and gives a handle to the last: a job of one call for each partition,
    /// whose result is the list of what came of its keys.
    ///
    /// # Errors
    /// As [`Map::submit`](super::Map::submit); [`Error::Unsupported`] also where workers can't reach
    /// the storage.
    pub fn submit(self) -> Result<JobHandle<Vec<T>>> {
        self.stage.submit().map(JobHandle::new)
    }

    /// Waits for every partition, and gives each one's list or cause, in their order.
    ///
    /// # Errors
    /// As [`submit`](Self::submit); failures of calls stand in the list.
    pub async fn settled(self) -> Result<Vec<Result<Vec<T>, CallError>>> {
        self.submit()?.settled().await
    }
}

impl<T: Data> IntoFuture for Partitioned<T> {
    type Output = Result<Vec<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let lists = self.submit()?.into_results().await?;
            Ok(lists.into_iter().flatten().collect())
        })
    }
}
