//! A parallel iterator over items that are given away.

use std::cmp::Ordering;
use std::marker::PhantomData;

use super::chain::{Chain, Items, OneToOne};
use super::mode::{Checked, Mode, Panics};
use super::run::{Provider, Terms};
use super::source::ParSource;
use super::stages::{Enumerate, Filter, FilterMap, FlatMap, Inspect, Map};
use super::terminal::{Any, Collect, Count, Find, ForEach, Multiplied, Reduce, Summed, Terminal};
use crate::api::assert_remote;
use crate::error::Result;
use crate::function::{Data, RemoteFn};
use crate::plan::JobOptions;
use crate::ports::Executor;

/// A parallel iterator: stages, fused into one pass on each worker, and an operation that ends it.
///
/// It has rayon's names and meanings. Functions capture nothing (what they need beside the item goes
/// through [`map_with`](crate::api::ExecutorExt::map_with)), and what comes out at the end is
/// [`Data`]; what goes from stage to stage can be anything. Nothing runs before the operation at the
/// end, which blocks the thread. A failure of a call is a panic there, as with rayon; after
/// [`checked`](Self::checked) it is an error.
///
/// Items are cut into pieces, some for each worker, and a piece is a call: the times, limits and
/// attempts of a call are those of a piece.
#[must_use = "parallel iterators do nothing until they are collected or reduced"]
pub struct Par<S, C, M = Panics> {
    pub(super) source: S,
    pub(super) terms: Terms,
    chain: PhantomData<fn(C, M)>,
}

impl<S, C, M> std::fmt::Debug for Par<S, C, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Par").finish_non_exhaustive()
    }
}

impl<S: ParSource> Par<S, Items<S::Item>> {
    /// Over a source, on an executor.
    pub fn new(source: S, provider: Provider) -> Self {
        Self { source, terms: Terms::new(provider), chain: PhantomData }
    }
}

crate::api::options!(Par<S, C, M>);

impl<S, C, M> Par<S, C, M> {
    fn options_mut(&mut self, set: impl Fn(&mut JobOptions)) {
        set(&mut self.terms.options);
    }

    pub(super) fn then<D, N>(self) -> Par<S, D, N> {
        Par { source: self.source, terms: self.terms, chain: PhantomData }
    }

    /// Runs on this executor, and not on the program's own.
    pub fn on<E: Executor + ?Sized>(mut self, executor: &E) -> Self {
        self.terms.provider = Provider::Given(executor.handle());
        self
    }

    /// Puts at least so many items into a piece, as far as there are as many.
    pub fn with_min_len(mut self, items: usize) -> Self {
        self.terms.least = items;
        self
    }

    /// Puts at most so many items into a piece.
    pub fn with_max_len(mut self, items: usize) -> Self {
        self.terms.most = items;
        self
    }

    /// Gives an error, and does not panic, when a call has failed.
    pub fn checked(self) -> Par<S, C, Checked> {
        self.then()
    }
}

impl<S, C, M> Par<S, C, M>
where
    S: ParSource<Item = C::In>,
    C: Chain,
    M: Mode,
{
    /// Calls `f` on each item.
    pub fn map<F, R>(self, _f: F) -> Par<S, Map<C, F, R>, M>
    where
        F: Fn(C::Out) -> R + RemoteFn,
        R: 'static,
    {
        assert_remote!(F);
        self.then()
    }

    /// Keeps the items for which `f` says yes.
    pub fn filter<F>(self, _f: F) -> Par<S, Filter<C, F>, M>
    where
        F: Fn(&C::Out) -> bool + RemoteFn,
    {
        assert_remote!(F);
        self.then()
    }

    /// Calls `f` on each item, and keeps what it gives.
    pub fn filter_map<F, R>(self, _f: F) -> Par<S, FilterMap<C, F, R>, M>
    where
        F: Fn(C::Out) -> Option<R> + RemoteFn,
        R: 'static,
    {
        assert_remote!(F);
        self.then()
    }

    /// Calls `f` on each item, and takes all that it gives, in its order.
    pub fn flat_map_iter<F, R>(self, _f: F) -> Par<S, FlatMap<C, F, R>, M>
    where
        F: Fn(C::Out) -> R + RemoteFn,
        R: IntoIterator + 'static,
        R::Item: 'static,
    {
        assert_remote!(F);
        self.then()
    }

    /// As [`flat_map_iter`](Self::flat_map_iter): what one item gives is gone through by one worker.
    pub fn flat_map<F, R>(self, f: F) -> Par<S, FlatMap<C, F, R>, M>
    where
        F: Fn(C::Out) -> R + RemoteFn,
        R: IntoIterator + 'static,
        R::Item: 'static,
    {
        self.flat_map_iter(f)
    }

    /// Shows each item to `f`, on the worker.
    pub fn inspect<F>(self, _f: F) -> Par<S, Inspect<C, F>, M>
    where
        F: Fn(&C::Out) + RemoteFn,
    {
        assert_remote!(F);
        self.then()
    }

    /// Gives each item its place. Stages before it must give one for each item.
    pub fn enumerate(self) -> Par<S, Enumerate<C>, M>
    where
        C: OneToOne,
    {
        self.then()
    }

    pub(super) fn run<R: Terminal<C::Out>>(self) -> Result<Vec<R::Partial>> {
        self.terms.run::<S, C, R>(self.source)
    }

    /// Collects the items, in their order, into whatever the standard library can: a `Vec`, a map, a
    /// `String`, a `Result` of one.
    pub fn collect<T>(self) -> M::Output<T>
    where
        C::Out: Data,
        T: FromIterator<C::Out>,
    {
        M::finish(self.run::<Collect>().map(|pieces| pieces.into_iter().flatten().collect()))
    }

    /// Reduces the items to one by `op`, which must be associative: each worker its own, then the
    /// caller what those gave. `identity` is given where there is no item.
    pub fn reduce<I, F>(self, identity: I, op: F) -> M::Output<C::Out>
    where
        C::Out: Data,
        I: Fn() -> C::Out,
        F: Fn(C::Out, C::Out) -> C::Out + RemoteFn,
    {
        assert_remote!(F);
        let partials = self.run::<Reduce<F>>();
        M::finish(
            partials
                .map(|partials| partials.into_iter().flatten().reduce(op).unwrap_or_else(identity)),
        )
    }

    /// As [`reduce`](Self::reduce); `None` where there is no item.
    pub fn reduce_with<F>(self, op: F) -> M::Output<Option<C::Out>>
    where
        C::Out: Data,
        F: Fn(C::Out, C::Out) -> C::Out + RemoteFn,
    {
        assert_remote!(F);
        let partials = self.run::<Reduce<F>>();
        M::finish(partials.map(|partials| partials.into_iter().flatten().reduce(op)))
    }

    /// Adds the items up.
    pub fn sum<T>(self) -> M::Output<T>
    where
        T: std::iter::Sum<C::Out> + std::iter::Sum<T> + Data,
    {
        M::finish(self.run::<Summed<T>>().map(|sums| sums.into_iter().flatten().sum()))
    }

    /// Multiplies the items.
    pub fn product<T>(self) -> M::Output<T>
    where
        T: std::iter::Product<C::Out> + std::iter::Product<T> + Data,
    {
        let products = self.run::<Multiplied<T>>();
        M::finish(products.map(|products| products.into_iter().flatten().product()))
    }

    /// Counts the items.
    pub fn count(self) -> M::Output<usize> {
        M::finish(self.run::<Count>().map(|counts| counts.into_iter().sum::<u64>() as usize))
    }

    /// The greatest item; of equals the last.
    pub fn max(self) -> M::Output<Option<C::Out>>
    where
        C::Out: Data + Ord,
    {
        self.reduce_with(Ord::max)
    }

    /// The least item; of equals the first.
    pub fn min(self) -> M::Output<Option<C::Out>>
    where
        C::Out: Data + Ord,
    {
        self.reduce_with(Ord::min)
    }

    /// The item that `compare` puts last; of equals the last.
    pub fn max_by<F>(self, _compare: F) -> M::Output<Option<C::Out>>
    where
        C::Out: Data,
        F: Fn(&C::Out, &C::Out) -> Ordering + RemoteFn,
    {
        assert_remote!(F);
        self.reduce_with(|one, other| {
            let compare = crate::function::conjure::<F>();
            if compare(&one, &other).is_gt() { one } else { other }
        })
    }

    /// The item that `compare` puts first; of equals the first.
    pub fn min_by<F>(self, _compare: F) -> M::Output<Option<C::Out>>
    where
        C::Out: Data,
        F: Fn(&C::Out, &C::Out) -> Ordering + RemoteFn,
    {
        assert_remote!(F);
        self.reduce_with(|one, other| {
            let compare = crate::function::conjure::<F>();
            if compare(&one, &other).is_gt() { other } else { one }
        })
    }

    /// The item with the greatest key; of equals the last.
    pub fn max_by_key<K: Ord, F>(self, _key: F) -> M::Output<Option<C::Out>>
    where
        C::Out: Data,
        F: Fn(&C::Out) -> K + RemoteFn,
    {
        assert_remote!(F);
        self.max_by(|one, other| {
            let key = crate::function::conjure::<F>();
            key(one).cmp(&key(other))
        })
    }

    /// The item with the least key; of equals the first.
    pub fn min_by_key<K: Ord, F>(self, _key: F) -> M::Output<Option<C::Out>>
    where
        C::Out: Data,
        F: Fn(&C::Out) -> K + RemoteFn,
    {
        assert_remote!(F);
        self.min_by(|one, other| {
            let key = crate::function::conjure::<F>();
            key(one).cmp(&key(other))
        })
    }

    /// Calls `f` on each item, for what it does.
    pub fn for_each<F>(self, _f: F) -> M::Output<()>
    where
        F: Fn(C::Out) + RemoteFn,
    {
        assert_remote!(F);
        M::finish(self.run::<ForEach<F>>().map(drop))
    }

    /// Whether `f` says yes to any item; what still runs then is stopped.
    pub fn any<F>(self, _f: F) -> M::Output<bool>
    where
        F: Fn(C::Out) -> bool + RemoteFn,
    {
        assert_remote!(F);
        M::finish(self.run::<Any<F, true>>().map(|found| found.contains(&true)))
    }

    /// Whether `f` says yes to all items; what still runs when it says no is stopped.
    pub fn all<F>(self, _f: F) -> M::Output<bool>
    where
        F: Fn(C::Out) -> bool + RemoteFn,
    {
        assert_remote!(F);
        M::finish(self.run::<Any<F, false>>().map(|found| !found.contains(&true)))
    }

    /// An item to which `f` says yes, whichever is found; what still runs then is stopped.
    pub fn find_any<F>(self, _f: F) -> M::Output<Option<C::Out>>
    where
        C::Out: Data,
        F: Fn(&C::Out) -> bool + RemoteFn,
    {
        assert_remote!(F);
        M::finish(self.run::<Find<F>>().map(|found| found.into_iter().flatten().next()))
    }
}
