//! The verbs: what every executor can do.

use std::any::type_name;
use std::hash::Hash;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::call::Call;
use super::future::CallFuture;
use super::handle::JobHandle;
use super::job_state::JobState;
use super::map::Map;
use super::map_reduce::{MapReduce, MapReduceByKey};
use super::objects::{ObjectInputs, Objects};
use super::pairs::Pairs;
use super::stage::Stage;
use super::wait::{Until, WaitReport};
use crate::data::{put, unique_key};
use crate::error::{Error, Result};
use crate::function::{Data, MapFn, RemoteFn, SharedFn, TaskOutput};
use crate::par::{Items, Par, ParSource, Provider};
use crate::plan::by_key;
use crate::ports::{Executor, TakeUp};
use crate::shuffle::{EmitsPairs, FlatMapFn};
use crate::wire::{CallError, CloudObject, JobId, SavedJob};

/// Refuses, at compile time and at the user's line, a function that is more than code.
macro_rules! assert_remote {
    ($function:ty) => {
        const {
            assert!(
                size_of::<$function>() == 0,
                "lithops: this closure captures variables, or is a `fn` pointer, so it can't be \
                 sent to a worker; pass a plain `fn` or a closure that uses only its parameters, \
                 and use `map_with` for data that all calls share"
            )
        }
    };
}
pub(crate) use assert_remote;

/// The verbs, which every [`Executor`] has.
///
/// A function is any plain `fn`, `async fn`, method, or closure that captures nothing, from serde
/// types to a serde type, a `Result`, or a future: see [`TaskOutput`]. It needs no attribute.
#[async_trait]
pub trait ExecutorExt: Executor {
    /// Calls `f` once.
    fn call_async<F, In, Out, M>(&self, _f: F, input: In) -> Call<Out::Value>
    where
        F: Fn(In) -> Out + RemoteFn,
        In: Data,
        Out: TaskOutput<M>,
        M: 'static,
    {
        assert_remote!(F);
        let stage = Stage::new::<MapFn<F, In, Out, M>, In, Out::Value>(self.handle(), [input]);
        Call::new(Map::new(stage))
    }

    /// Calls `f` on each item, in parallel.
    ///
    /// Values come in the order of the items. Items are encoded at once, on this thread. No items
    /// give no values, and no worker is started.
    fn map<F, I, Out, M>(&self, _f: F, items: I) -> Map<Out::Value>
    where
        I: IntoIterator,
        I::Item: Data,
        F: Fn(I::Item) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        assert_remote!(F);
        let stage =
            Stage::new::<MapFn<F, I::Item, Out, M>, I::Item, Out::Value>(self.handle(), items);
        Map::new(stage)
    }

    /// Calls `f` on `shared` and each item, in parallel.
    ///
    /// `shared` is sent once to a worker and decoded once there, however many calls it runs: what a
    /// closure would capture goes here. The decoded value is never freed (a worker process is ended
    /// with its executor); the same value in another job costs nothing more.
    fn map_with<F, S, I, Out, M>(&self, shared: S, items: I, _f: F) -> Map<Out::Value>
    where
        S: Data + Sync,
        I: IntoIterator,
        I::Item: Data,
        F: Fn(&'static S, I::Item) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        assert_remote!(F);
        let stage = Stage::new::<SharedFn<F, S, I::Item, Out, M>, I::Item, Out::Value>(
            self.handle(),
            items,
        );
        Map::new(stage.share(shared))
    }

    /// Calls `f` on each item, and `reduce` once on all values, on a worker too.
    ///
    /// Values come to `reduce` in the order of the items, and large ones through storage, not
    /// through the client.
    fn map_reduce<F, I, Out, M, G, R, N>(
        &self,
        f: F,
        items: I,
        reduce: G,
    ) -> MapReduce<Out::Value, R::Value>
    where
        I: IntoIterator,
        I::Item: Data,
        F: Fn(I::Item) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
        G: Fn(Vec<Out::Value>) -> R + RemoteFn,
        R: TaskOutput<N>,
        N: 'static,
    {
        assert_remote!(F);
        assert_remote!(G);
        MapReduce::new(self.map(f, items), reduce)
    }

    /// Calls `f` on each item, and `reduce` once for each key, on the values of the items with that
    /// key.
    ///
    /// `key` runs here, on the items. Keys come in the order in which they first appear; a reducer
    /// starts as soon as the last value of its key is there.
    fn map_reduce_by_key<F, I, Out, M, K, G, R, N>(
        &self,
        f: F,
        items: I,
        key: impl Fn(&I::Item) -> K,
        reduce: G,
    ) -> MapReduceByKey<K, R::Value>
    where
        I: IntoIterator,
        I::Item: Data,
        F: Fn(I::Item) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
        K: Hash + Eq + Clone,
        G: Fn(Vec<Out::Value>) -> R + RemoteFn,
        R: TaskOutput<N>,
        N: 'static,
    {
        assert_remote!(F);
        assert_remote!(G);
        let items: Vec<I::Item> = items.into_iter().collect();
        let groups = by_key(items.iter().map(key));
        MapReduceByKey::new(self.map(f, items), groups, reduce)
    }

    /// Names objects as inputs: buckets, prefixes, patterns, keys, URLs, local files and folders.
    ///
    /// | Input | What it names |
    /// |---|---|
    /// | `s3://bucket/key`, `https://host/path`, `/path`, `path` | one object or file |
    /// | the same with `/` at the end, or a folder | all that is below it |
    /// | the same with `*`, `**`, `?` or `[..]` | all that matches; `*` stops at `/` |
    /// | `storage://key` | the executor's own storage |
    /// | a [`StoredObject`](crate::wire::StoredObject), a [`CloudObject`](crate::wire::CloudObject) | that object |
    ///
    /// Takes one of them or a list, also of several stores. What is missing is an error that names
    /// it, before any call.
    fn objects<I: ObjectInputs>(&self, inputs: I) -> Objects {
        Objects::new(self.handle(), inputs.into_inputs())
    }

    /// Keeps a value in the executor's storage, for calls to read. It stays until it is
    /// [deleted](CloudObject::delete).
    ///
    /// # Errors
    /// [`Error::Data`] if the value can't be encoded or written.
    async fn put_object<T: Data>(&self, value: T) -> Result<CloudObject<T>> {
        let storage = self.storage();
        Ok(put(storage.as_ref(), value, unique_key("client")).await?)
    }

    /// Calls `f` on each item, and takes the `(key, value)` pairs that it yields: choose next what
    /// is done with them, by [`reduce_by_key`](Pairs::reduce_by_key),
    /// [`group_by_key`](Pairs::group_by_key) or [`sort_by_key`](Pairs::sort_by_key).
    ///
    /// Pairs go from worker to worker through the storage; none comes to the client. An iterator is
    /// asked for one pair after another, so that a call with more pairs than memory works too.
    ///
    /// ```
    /// use lithops_core::api::ExecutorExt;
    /// # async fn count(exec: &dyn lithops_core::ports::Executor) -> lithops_core::error::Result<()> {
    /// let words = |text: String| text.split(' ').map(|word| (word.to_owned(), 1u64)).collect::<Vec<_>>();
    /// let counts = exec.flat_map(words, ["to be".to_owned()]).reduce_by_key(|a, b| a + b).await?;
    /// # Ok(()) }
    /// ```
    fn flat_map<F, I, Out, M>(&self, _f: F, items: I) -> Pairs<FlatMapFn<F, I::Item, Out, M>>
    where
        I: IntoIterator,
        I::Item: Data,
        F: Fn(I::Item) -> Out + RemoteFn,
        Out: EmitsPairs<M>,
        Out::Key: Ord,
        M: 'static,
    {
        assert_remote!(F);
        Pairs::of_items(self.handle(), items)
    }

    /// A parallel iterator over items, as rayon has them: stages are fused into one pass on each
    /// worker, and the operation at the end blocks.
    ///
    /// ```
    /// # fn squares(exec: &dyn lithops_core::ports::Executor) -> lithops_core::error::Result<u64> {
    /// use lithops_core::api::ExecutorExt;
    ///
    /// exec.par(0..1000u64).filter(|x| x % 3 == 0).map(|x| x * x).checked().sum()
    /// # }
    /// ```
    fn par<S: ParSource>(&self, items: S) -> Par<S, Items<S::Item>> {
        Par::new(items, Provider::Given(self.handle()))
    }

    /// Waits until enough of `futures`, of one job or several, have their outcome, or `limit` is
    /// over.
    async fn wait<T: Send + Sync>(
        &self,
        futures: &[CallFuture<T>],
        until: Until,
        limit: Option<Duration>,
    ) -> WaitReport {
        super::wait::wait(futures, until, limit).await
    }

    /// Waits for the values of `futures`, of one job or several, in their order.
    ///
    /// # Errors
    /// The cause of the first call, in that order, that has none.
    async fn get_result<T: Data>(&self, futures: Vec<CallFuture<T>>) -> Result<Vec<T>, CallError> {
        let mut values = Vec::with_capacity(futures.len());
        for future in futures {
            values.push(future.await?);
        }
        Ok(values)
    }

    /// Takes up a job that another process [saved](JobHandle::save).
    ///
    /// Outcomes that are in storage count. Calls without one are waited for as long as their workers
    /// show signs of life, then run by this executor.
    ///
    /// # Errors
    /// [`Error::ResultType`] if the job's results are not `T`; [`Error::Attach`] if the job is not
    /// in this executor's storage, or was sealed with [another key](crate::run::DispatchKey).
    async fn attach<T: Data>(&self, saved: &SavedJob) -> Result<JobHandle<T>> {
        let expected = type_name::<T>().to_owned();
        if saved.result_type != expected {
            return Err(Error::ResultType { expected, found: saved.result_type.clone() });
        }
        if saved.storage != self.storage().location() {
            let reason = "it is in another storage than this executor's".to_owned();
            return Err(Error::Attach { job: saved.job.to_string(), reason });
        }
        take_up(self, &saved.job, Some(type_name::<T>()), true).await
    }

    /// Takes up a job that was sent [through storage](Map::through_storage) by a client that has died,
    /// or is on another machine: as [`attach`](Self::attach), by the job's name alone.
    ///
    /// Each call runs again only if it has no outcome. Attempts that the client had found failed count
    /// against the job's policy; a call that was under way when the client died does not. A client that
    /// still lives elsewhere starts no call from then on, and its calls without an outcome end as
    /// [`CallError::JobFailed`].
    ///
    /// # Errors
    /// As [`attach`](Self::attach); [`Error::Attach`] too if the client is a process of this machine that
    /// still runs, or if the job was given an [environment](Map::env) that this process does not have.
    async fn attach_id<T: Data>(&self, job: &JobId) -> Result<JobHandle<T>> {
        take_up(self, job, Some(type_name::<T>()), false).await
    }

    /// As [`attach_id`](Self::attach_id), for whoever does not know the type of the results: each comes
    /// as the bytes that it crossed the wire in, which
    /// [`self_described`](crate::wire::self_described) makes readable with the
    /// [name of the type](JobHandle::result_type).
    ///
    /// # Errors
    /// As [`attach_id`](Self::attach_id).
    async fn attach_encoded(&self, job: &JobId) -> Result<JobHandle<Bytes>> {
        take_up(self, job, None, false).await
    }
}

impl<E: Executor + ?Sized> ExecutorExt for E {}

async fn take_up<T>(
    executor: &(impl Executor + ?Sized),
    job: &JobId,
    result_type: Option<&str>,
    handed_over: bool,
) -> Result<JobHandle<T>> {
    let result_type = result_type.map(str::to_owned);
    let wanted = TakeUp { job: job.clone(), result_type, handed_over };
    let submitted = executor.take_up(&wanted).await?;
    let title = submitted.function.clone();
    Ok(JobHandle::new(JobState::follow(submitted, title, executor.handle(), Vec::new(), false)))
}
