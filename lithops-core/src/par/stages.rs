//! The stages of a chain.

use std::marker::PhantomData;
use std::ops::ControlFlow;

use super::chain::{Chain, OneToOne};
use crate::function::{RemoteFn, conjure};

/// What a function makes of each item.
#[derive(Debug)]
pub struct Map<C, F, R>(PhantomData<fn(C, F, R)>);

impl<C, F, R> Chain for Map<C, F, R>
where
    C: Chain,
    F: Fn(C::Out) -> R + RemoteFn,
    R: 'static,
{
    type In = C::In;
    type Out = R;

    fn feed(
        place: usize,
        item: C::In,
        sink: &mut impl FnMut(usize, Self::Out) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        C::feed(place, item, &mut |place, item| sink(place, conjure::<F>()(item)))
    }
}

impl<C, F, R> OneToOne for Map<C, F, R>
where
    C: OneToOne,
    F: Fn(C::Out) -> R + RemoteFn,
    R: 'static,
{
}

/// What a function makes of a reference to each item.
#[derive(Debug)]
pub struct MapRef<C, F, R>(PhantomData<fn(C, F, R)>);

impl<C, F, R> Chain for MapRef<C, F, R>
where
    C: Chain,
    F: Fn(&C::Out) -> R + RemoteFn,
    R: 'static,
{
    type In = C::In;
    type Out = R;

    fn feed(
        place: usize,
        item: C::In,
        sink: &mut impl FnMut(usize, Self::Out) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        C::feed(place, item, &mut |place, item| sink(place, conjure::<F>()(&item)))
    }
}

impl<C, F, R> OneToOne for MapRef<C, F, R>
where
    C: OneToOne,
    F: Fn(&C::Out) -> R + RemoteFn,
    R: 'static,
{
}

/// The items that a function lets pass.
#[derive(Debug)]
pub struct Filter<C, F>(PhantomData<fn(C, F)>);

impl<C, F> Chain for Filter<C, F>
where
    C: Chain,
    F: Fn(&C::Out) -> bool + RemoteFn,
{
    type In = C::In;
    type Out = C::Out;

    fn feed(
        place: usize,
        item: C::In,
        sink: &mut impl FnMut(usize, Self::Out) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        C::feed(place, item, &mut |place, item| {
            if conjure::<F>()(&item) { sink(place, item) } else { ControlFlow::Continue(()) }
        })
    }
}

/// The items that a function of references to references lets pass.
#[derive(Debug)]
pub struct FilterRef<C, F>(PhantomData<fn(C, F)>);

impl<C, F> Chain for FilterRef<C, F>
where
    C: Chain,
    F: Fn(&&C::Out) -> bool + RemoteFn,
{
    type In = C::In;
    type Out = C::Out;

    fn feed(
        place: usize,
        item: C::In,
        sink: &mut impl FnMut(usize, Self::Out) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        C::feed(place, item, &mut |place, item| {
            if conjure::<F>()(&&item) { sink(place, item) } else { ControlFlow::Continue(()) }
        })
    }
}

/// What a function makes of the items for which it gives something.
#[derive(Debug)]
pub struct FilterMap<C, F, R>(PhantomData<fn(C, F, R)>);

impl<C, F, R> Chain for FilterMap<C, F, R>
where
    C: Chain,
    F: Fn(C::Out) -> Option<R> + RemoteFn,
    R: 'static,
{
    type In = C::In;
    type Out = R;

    fn feed(
        place: usize,
        item: C::In,
        sink: &mut impl FnMut(usize, Self::Out) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        C::feed(place, item, &mut |place, item| {
            conjure::<F>()(item).map_or(ControlFlow::Continue(()), |item| sink(place, item))
        })
    }
}

/// All that a function gives for each item.
#[derive(Debug)]
pub struct FlatMap<C, F, R>(PhantomData<fn(C, F, R)>);

impl<C, F, R> Chain for FlatMap<C, F, R>
where
    C: Chain,
    F: Fn(C::Out) -> R + RemoteFn,
    R: IntoIterator + 'static,
    R::Item: 'static,
{
    type In = C::In;
    type Out = R::Item;

    fn feed(
        place: usize,
        item: C::In,
        sink: &mut impl FnMut(usize, Self::Out) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        C::feed(place, item, &mut |place, item| {
            conjure::<F>()(item).into_iter().try_for_each(|item| sink(place, item))
        })
    }
}

/// The items, each shown to a function.
#[derive(Debug)]
pub struct Inspect<C, F>(PhantomData<fn(C, F)>);

impl<C, F> Chain for Inspect<C, F>
where
    C: Chain,
    F: Fn(&C::Out) + RemoteFn,
{
    type In = C::In;
    type Out = C::Out;

    fn feed(
        place: usize,
        item: C::In,
        sink: &mut impl FnMut(usize, Self::Out) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        C::feed(place, item, &mut |place, item| {
            conjure::<F>()(&item);
            sink(place, item)
        })
    }
}

impl<C, F> OneToOne for Inspect<C, F>
where
    C: OneToOne,
    F: Fn(&C::Out) + RemoteFn,
{
}

/// The items, each with its place in the source.
#[derive(Debug)]
pub struct Enumerate<C>(PhantomData<fn(C)>);

impl<C: OneToOne> Chain for Enumerate<C> {
    type In = C::In;
    type Out = (usize, C::Out);

    fn feed(
        place: usize,
        item: C::In,
        sink: &mut impl FnMut(usize, Self::Out) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        C::feed(place, item, &mut |place, item| sink(place, (place, item)))
    }
}

impl<C: OneToOne> OneToOne for Enumerate<C> {}
