//! Map, then reduce: the reducer starts when its last argument is there, never to wait for it.

use std::future::IntoFuture;
use std::marker::PhantomData;

use futures::future::BoxFuture;

use super::builder::options;
use super::handle::JobHandle;
use super::map::Map;
use super::stage::{Groups, Stage};
use super::verbs::assert_remote;
use crate::error::{Error, Result};
use crate::function::{Data, Kernel, ReduceFn, RemoteFn, TaskOutput};
use crate::plan::{JobOptions, tree_levels};

/// A map and a reduction of its values to one, not yet sent off.
///
/// The reducer is called once, with the values in the order of the inputs, as soon as the last one is
/// there. Options hold for both stages. No inputs: the reducer is called with an empty list.
#[must_use = "a map_reduce does nothing until it is awaited or submitted"]
pub struct MapReduce<T, R> {
    map: Stage,
    /// Adds a level of reducers.
    level: fn(Stage, Vec<Vec<u32>>) -> Stage,
    fan_in: usize,
    result: PhantomData<fn() -> (T, R)>,
}

/// A map and a reduction of its values to one for each key, not yet sent off.
#[must_use = "a map_reduce does nothing until it is awaited or submitted"]
pub struct MapReduceByKey<K, R> {
    reduce: Stage,
    keys: Vec<K>,
    result: PhantomData<fn() -> R>,
}

impl<T, R> std::fmt::Debug for MapReduce<T, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MapReduce").field("calls", &self.map.calls()).finish_non_exhaustive()
    }
}

impl<K, R> std::fmt::Debug for MapReduceByKey<K, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MapReduceByKey").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

options!(MapReduce<T, R>);

impl<T, R> MapReduce<T, R> {
    fn options_mut(&mut self, set: impl Fn(&mut JobOptions)) {
        set(&mut self.map.options);
    }
}

impl<T: Data, R: Data> MapReduce<T, R> {
    pub(super) fn new<F, Out, M>(map: Map<T>, _reduce: F) -> Self
    where
        F: Fn(Vec<T>) -> Out + RemoteFn,
        Out: TaskOutput<M, Value = R>,
        M: 'static,
    {
        assert_remote!(F);
        let level = add_level::<ReduceFn<F, T, Out, M>, R>;
        Self { map: map.into_stage(), level, fan_in: usize::MAX, result: PhantomData }
    }

    /// Starts both stages, and gives a handle to the last: a job of one call.
    ///
    /// # Errors
    /// As [`Map::submit`].
    pub fn submit(self) -> Result<JobHandle<R>> {
        let leaves = self.map.calls() as usize;
        let levels = tree_levels(leaves, self.fan_in);
        let stage = levels.into_iter().fold(self.map, |stage, level| {
            let lists = level.into_iter().map(|range| range.map(|index| index as u32).collect());
            (self.level)(stage, lists.collect())
        });
        stage.submit().map(JobHandle::new)
    }
}

impl<T: Data> MapReduce<T, T> {
    /// Reduces in a tree: each reducer takes at most `fan_in` values, its result is one of the
    /// values of the next level, and reducers of a level run at once.
    ///
    /// For reducers that are associative; they are called with runs of neighbours, in order.
    pub fn tree(mut self, fan_in: usize) -> Self {
        self.fan_in = fan_in.max(2);
        self
    }
}

fn add_level<K: Kernel, R>(stage: Stage, lists: Vec<Vec<u32>>) -> Stage {
    stage.then::<K, R>(Groups::Lists(lists))
}

impl<T: Data, R: Data> IntoFuture for MapReduce<T, R> {
    type Output = Result<R, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut results = self.submit()?.into_results().await?;
            Ok(results.remove(0))
        })
    }
}

impl<K, R: Data> MapReduceByKey<K, R> {
    pub(super) fn new<T, F, Out, M>(map: Map<T>, groups: Vec<(K, Vec<u32>)>, _reduce: F) -> Self
    where
        T: Data,
        F: Fn(Vec<T>) -> Out + RemoteFn,
        Out: TaskOutput<M, Value = R>,
        M: 'static,
    {
        assert_remote!(F);
        let (keys, lists) = groups.into_iter().unzip();
        let reduce = map.into_stage().then::<ReduceFn<F, T, Out, M>, R>(Groups::Lists(lists));
        Self { reduce, keys, result: PhantomData }
    }

    /// Starts both stages, and gives the keys and a handle to the reducers: a job of one call for
    /// each key.
    ///
    /// # Errors
    /// As [`Map::submit`].
    pub fn submit(self) -> Result<(Vec<K>, JobHandle<R>)> {
        Ok((self.keys, self.reduce.submit().map(JobHandle::new)?))
    }
}

impl<K: Send + 'static, R: Data> IntoFuture for MapReduceByKey<K, R> {
    type Output = Result<Vec<(K, R)>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (keys, handle) = self.submit()?;
            Ok(keys.into_iter().zip(handle.into_results().await?).collect())
        })
    }
}
