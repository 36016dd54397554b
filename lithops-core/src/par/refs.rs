//! A parallel iterator over items that are lent.

use std::cmp::Ordering;
use std::time::Duration;

use super::chain::{Chain, Items, OneToOne};
use super::iter::Par;
use super::mode::{Checked, Mode, Panics};
use super::run::Provider;
use super::source::RefSource;
use super::stages::{Enumerate, FilterRef, MapRef};
use super::terminal::{EdgePlace, FindPlace, ForEachRef, Places};
use crate::api::assert_remote;
use crate::function::{Data, RemoteFn, conjure};
use crate::plan::JobOptions;
use crate::ports::Executor;

/// A parallel iterator over references: as [`Par`], but its functions are given `&T`.
///
/// What a function gives may not borrow from the item: that is a worker's copy. So what follows
/// [`map`](Self::map) has values, and [`cloned`](Self::cloned) and [`copied`](Self::copied) give the
/// items themselves; they need no `Clone`, because the items are copied on their way anyway.
#[must_use = "parallel iterators do nothing until they are collected or reduced"]
pub struct ParRefs<'a, T, C = Items<T>, M = Panics>(Par<RefSource<'a, T>, C, M>);

impl<T, C, M> std::fmt::Debug for ParRefs<'_, T, C, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParRefs").finish_non_exhaustive()
    }
}

impl<'a, T: Data> ParRefs<'a, T> {
    /// Over the items of a slice, on an executor.
    pub fn new(items: &'a [T], provider: Provider) -> Self {
        Self(Par::new(RefSource::new(items), provider))
    }
}

impl<'a, T: Data, C: Chain<In = T, Out = T>, M: Mode> ParRefs<'a, T, C, M> {
    /// Runs on this executor, and not on the program's own.
    pub fn on<E: Executor + ?Sized>(self, executor: &E) -> Self {
        Self(self.0.on(executor))
    }

    /// Puts at least so many items into a piece, as far as there are as many.
    pub fn with_min_len(self, items: usize) -> Self {
        Self(self.0.with_min_len(items))
    }

    /// Puts at most so many items into a piece.
    pub fn with_max_len(self, items: usize) -> Self {
        Self(self.0.with_max_len(items))
    }

    /// Sets [options](JobOptions) of the job.
    pub fn options(mut self, set: impl FnOnce(&mut JobOptions)) -> Self {
        set(&mut self.0.terms.options);
        self
    }

    /// Stops an attempt at a piece after `limit`.
    pub fn timeout(self, limit: Duration) -> Self {
        Self(self.0.timeout(limit))
    }

    /// Limits the memory of a worker to `bytes`.
    pub fn memory(self, bytes: u64) -> Self {
        Self(self.0.memory(bytes))
    }

    /// Runs a piece again up to `times` times.
    pub fn retries(self, times: u32) -> Self {
        Self(self.0.retries(times))
    }

    /// Gives an error, and does not panic, when a call has failed.
    pub fn checked(self) -> ParRefs<'a, T, C, Checked> {
        ParRefs(self.0.checked())
    }

    /// The items themselves.
    pub fn cloned(self) -> Par<RefSource<'a, T>, C, M> {
        self.0
    }

    /// The items themselves.
    pub fn copied(self) -> Par<RefSource<'a, T>, C, M>
    where
        T: Copy,
    {
        self.0
    }

    /// Calls `f` on each item.
    pub fn map<F, R>(self, _f: F) -> Par<RefSource<'a, T>, MapRef<C, F, R>, M>
    where
        F: Fn(&T) -> R + RemoteFn,
        R: 'static,
    {
        assert_remote!(F);
        self.0.then()
    }

    /// Keeps the items for which `f` says yes.
    pub fn filter<F>(self, _f: F) -> ParRefs<'a, T, FilterRef<C, F>, M>
    where
        F: Fn(&&T) -> bool + RemoteFn,
    {
        assert_remote!(F);
        ParRefs(self.0.then())
    }

    /// Calls `f` on each item, and keeps what it gives.
    pub fn filter_map<F, R>(self, f: F) -> Par<RefSource<'a, T>, impl Chain<In = T, Out = R>, M>
    where
        F: Fn(&T) -> Option<R> + RemoteFn,
        R: 'static,
    {
        self.map(f).filter_map(|given| given)
    }

    /// Calls `f` on each item, and takes all that it gives, in its order.
    pub fn flat_map_iter<F, R>(
        self,
        f: F,
    ) -> Par<RefSource<'a, T>, impl Chain<In = T, Out = R::Item>, M>
    where
        F: Fn(&T) -> R + RemoteFn,
        R: IntoIterator + 'static,
        R::Item: 'static,
    {
        self.map(f).flat_map_iter(|given| given)
    }

    /// As [`flat_map_iter`](Self::flat_map_iter): what one item gives is gone through by one worker.
    pub fn flat_map<F, R>(self, f: F) -> Par<RefSource<'a, T>, impl Chain<In = T, Out = R::Item>, M>
    where
        F: Fn(&T) -> R + RemoteFn,
        R: IntoIterator + 'static,
        R::Item: 'static,
    {
        self.flat_map_iter(f)
    }

    /// Gives each item, itself, its place.
    pub fn enumerate(self) -> Par<RefSource<'a, T>, Enumerate<C>, M>
    where
        C: OneToOne,
    {
        self.0.enumerate()
    }

    /// Calls `f` on each item, for what it does.
    pub fn for_each<F>(self, _f: F) -> M::Output<()>
    where
        F: Fn(&T) + RemoteFn,
    {
        assert_remote!(F);
        M::finish(self.0.run::<ForEachRef<F>>().map(drop))
    }

    /// Adds the items up.
    pub fn sum<N>(self) -> M::Output<N>
    where
        N: std::iter::Sum<T> + std::iter::Sum<N> + Data,
    {
        self.0.sum()
    }

    /// Multiplies the items.
    pub fn product<N>(self) -> M::Output<N>
    where
        N: std::iter::Product<T> + std::iter::Product<N> + Data,
    {
        self.0.product()
    }

    /// Counts the items.
    pub fn count(self) -> M::Output<usize> {
        self.0.count()
    }

    /// Whether `f` says yes to any item; what still runs then is stopped.
    pub fn any<F>(self, f: F) -> M::Output<bool>
    where
        F: Fn(&T) -> bool + RemoteFn,
    {
        self.map(f).any(|yes| yes)
    }

    /// Whether `f` says yes to all items; what still runs when it says no is stopped.
    pub fn all<F>(self, f: F) -> M::Output<bool>
    where
        F: Fn(&T) -> bool + RemoteFn,
    {
        self.map(f).all(|yes| yes)
    }

    /// Collects references to the items that have come through, in their order: to the caller's own.
    pub fn collect<B: FromIterator<&'a T>>(self) -> M::Output<B> {
        let items = self.0.source.items;
        let places = self.0.run::<Places>();
        M::finish(places.map(|places| places.into_iter().flatten().map(|at| &items[at]).collect()))
    }

    /// An item to which `f` says yes, whichever is found; what still runs then is stopped.
    pub fn find_any<F>(self, _f: F) -> M::Output<Option<&'a T>>
    where
        F: Fn(&&T) -> bool + RemoteFn,
    {
        assert_remote!(F);
        let items = self.0.source.items;
        let places = self.0.run::<FindPlace<F>>();
        M::finish(places.map(|places| places.into_iter().flatten().next().map(|at| &items[at])))
    }

    /// The greatest item; of equals the last.
    pub fn max(self) -> M::Output<Option<&'a T>>
    where
        T: Ord,
    {
        self.last(T::cmp)
    }

    /// The least item; of equals the first.
    pub fn min(self) -> M::Output<Option<&'a T>>
    where
        T: Ord,
    {
        self.first(T::cmp)
    }

    /// The item that `compare` puts last; of equals the last.
    pub fn max_by<F>(self, _compare: F) -> M::Output<Option<&'a T>>
    where
        F: Fn(&&T, &&T) -> Ordering + RemoteFn,
    {
        assert_remote!(F);
        self.last(|one, other| conjure::<F>()(&one, &other))
    }

    /// The item that `compare` puts first; of equals the first.
    pub fn min_by<F>(self, _compare: F) -> M::Output<Option<&'a T>>
    where
        F: Fn(&&T, &&T) -> Ordering + RemoteFn,
    {
        assert_remote!(F);
        self.first(|one, other| conjure::<F>()(&one, &other))
    }

    /// The item with the greatest key; of equals the last.
    pub fn max_by_key<K: Ord, F>(self, _key: F) -> M::Output<Option<&'a T>>
    where
        F: Fn(&&T) -> K + RemoteFn,
    {
        assert_remote!(F);
        self.last(|one, other| conjure::<F>()(&one).cmp(&conjure::<F>()(&other)))
    }

    /// The item with the least key; of equals the first.
    pub fn min_by_key<K: Ord, F>(self, _key: F) -> M::Output<Option<&'a T>>
    where
        F: Fn(&&T) -> K + RemoteFn,
    {
        assert_remote!(F);
        self.first(|one, other| conjure::<F>()(&one).cmp(&conjure::<F>()(&other)))
    }

    /// Of each piece the last by `compare`, on its worker; of those the last, here.
    fn last<F>(self, compare: F) -> M::Output<Option<&'a T>>
    where
        F: Fn(&T, &T) -> Ordering + RemoteFn,
    {
        let items = self.0.source.items;
        let places = self.0.run::<EdgePlace<F, true>>();
        M::finish(places.map(|places| {
            let each = places.into_iter().flatten().map(|at| &items[at]);
            each.max_by(|one, other| compare(one, other))
        }))
    }

    fn first<F>(self, compare: F) -> M::Output<Option<&'a T>>
    where
        F: Fn(&T, &T) -> Ordering + RemoteFn,
    {
        let items = self.0.source.items;
        let places = self.0.run::<EdgePlace<F, false>>();
        M::finish(places.map(|places| {
            let each = places.into_iter().flatten().map(|at| &items[at]);
            each.min_by(|one, other| compare(one, other))
        }))
    }
}
