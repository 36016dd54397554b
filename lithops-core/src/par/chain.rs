//! What becomes of one item: stages, fused by the compiler.

use std::marker::PhantomData;
use std::ops::ControlFlow;

/// What becomes of one item of a source. A type alone: it crosses to workers as their own code.
pub trait Chain: 'static {
    /// The source's item.
    type In;
    /// What comes out; none, one or more for an item.
    type Out;

    /// Gives `sink` what becomes of the item at `place` of the source, until it has enough.
    fn feed(
        place: usize,
        item: Self::In,
        sink: &mut impl FnMut(usize, Self::Out) -> ControlFlow<()>,
    ) -> ControlFlow<()>;
}

/// A chain that gives exactly one for each item, so that places are those of the source.
pub trait OneToOne: Chain {}

/// The items themselves.
#[derive(Debug)]
pub struct Items<T>(PhantomData<fn(T)>);

impl<T: 'static> Chain for Items<T> {
    type In = T;
    type Out = T;

    fn feed(
        place: usize,
        item: T,
        sink: &mut impl FnMut(usize, T) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        sink(place, item)
    }
}

impl<T: 'static> OneToOne for Items<T> {}
