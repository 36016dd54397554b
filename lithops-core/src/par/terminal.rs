//! What is made of the items that come out of a chain: on the worker for each piece, then of all.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::ops::ControlFlow;

use crate::function::{Data, RemoteFn, conjure};

/// What is made of the items of a piece on a worker, and of all pieces on the client.
pub(super) trait Terminal<In>: 'static {
    /// What is kept while a piece is gone through.
    type State;
    /// What a piece comes to.
    type Partial: Data;

    /// Whether one piece may be enough, so that the others need not be waited for.
    const SHORT: bool = false;

    /// Before the first item.
    fn start() -> Self::State;

    /// Takes an item.
    fn take(state: &mut Self::State, place: usize, item: In) -> ControlFlow<()>;

    /// After the last item.
    fn end(state: Self::State) -> Self::Partial;

    /// Whether no other piece can change what comes of all.
    fn is_enough(partial: &Self::Partial) -> bool {
        let _ = partial;
        false
    }
}

/// All items, in their order.
#[derive(Debug)]
pub(super) struct Collect;

impl<In: Data> Terminal<In> for Collect {
    type State = Vec<In>;
    type Partial = Vec<In>;

    fn start() -> Vec<In> {
        Vec::new()
    }

    fn take(state: &mut Vec<In>, _: usize, item: In) -> ControlFlow<()> {
        state.push(item);
        ControlFlow::Continue(())
    }

    fn end(state: Vec<In>) -> Vec<In> {
        state
    }
}

/// One value of two, again and again.
#[derive(Debug)]
pub(super) struct Reduce<F>(PhantomData<fn(F)>);

impl<In: Data, F: Fn(In, In) -> In + RemoteFn> Terminal<In> for Reduce<F> {
    type State = Option<In>;
    type Partial = Option<In>;

    fn start() -> Option<In> {
        None
    }

    fn take(state: &mut Option<In>, _: usize, item: In) -> ControlFlow<()> {
        *state = Some(match state.take() {
            Some(before) => conjure::<F>()(before, item),
            None => item,
        });
        ControlFlow::Continue(())
    }

    fn end(state: Option<In>) -> Option<In> {
        state
    }
}

/// Sum, or product: what `S` makes of items by one of the two traits of the standard library.
macro_rules! accumulated {
    ($(#[$about:meta])* $name:ident, $by:ident, $method:ident) => {
        $(#[$about])*
        #[derive(Debug)]
        pub(super) struct $name<S>(PhantomData<fn(S)>);

        impl<In, S> Terminal<In> for $name<S>
        where
            S: std::iter::$by<In> + std::iter::$by<S> + Data,
        {
            type State = Option<S>;
            type Partial = Option<S>;

            fn start() -> Option<S> {
                None
            }

            fn take(state: &mut Option<S>, _: usize, item: In) -> ControlFlow<()> {
                let item: S = std::iter::once(item).$method();
                *state = Some(match state.take() {
                    Some(before) => [before, item].into_iter().$method(),
                    None => item,
                });
                ControlFlow::Continue(())
            }

            fn end(state: Option<S>) -> Option<S> {
                state
            }
        }
    };
}

accumulated!(
    /// The sum of all items.
    Summed, Sum, sum
);
accumulated!(
    /// The product of all items.
    Multiplied, Product, product
);

/// How many items there are.
#[derive(Debug)]
pub(super) struct Count;

impl<In> Terminal<In> for Count {
    type State = u64;
    type Partial = u64;

    fn start() -> u64 {
        0
    }

    fn take(state: &mut u64, _: usize, _: In) -> ControlFlow<()> {
        *state += 1;
        ControlFlow::Continue(())
    }

    fn end(state: u64) -> u64 {
        state
    }
}

/// Nothing: each item is given to a function.
#[derive(Debug)]
pub(super) struct ForEach<F>(PhantomData<fn(F)>);

impl<In, F: Fn(In) + RemoteFn> Terminal<In> for ForEach<F> {
    type State = ();
    type Partial = ();

    fn start() {}

    fn take((): &mut (), _: usize, item: In) -> ControlFlow<()> {
        conjure::<F>()(item);
        ControlFlow::Continue(())
    }

    fn end((): ()) {}
}

/// As [`ForEach`], by reference.
#[derive(Debug)]
pub(super) struct ForEachRef<F>(PhantomData<fn(F)>);

impl<In, F: Fn(&In) + RemoteFn> Terminal<In> for ForEachRef<F> {
    type State = ();
    type Partial = ();

    fn start() {}

    fn take((): &mut (), _: usize, item: In) -> ControlFlow<()> {
        conjure::<F>()(&item);
        ControlFlow::Continue(())
    }

    fn end((): ()) {}
}

/// An item for which a function says yes: the first of its piece.
#[derive(Debug)]
pub(super) struct Find<F>(PhantomData<fn(F)>);

impl<In: Data, F: Fn(&In) -> bool + RemoteFn> Terminal<In> for Find<F> {
    type State = Option<In>;
    type Partial = Option<In>;

    const SHORT: bool = true;

    fn start() -> Option<In> {
        None
    }

    fn take(state: &mut Option<In>, _: usize, item: In) -> ControlFlow<()> {
        if conjure::<F>()(&item) {
            *state = Some(item);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn end(state: Option<In>) -> Option<In> {
        state
    }

    fn is_enough(partial: &Option<In>) -> bool {
        partial.is_some()
    }
}

/// Whether a function says `SOUGHT` to any item.
#[derive(Debug)]
pub(super) struct Any<F, const SOUGHT: bool>(PhantomData<fn(F)>);

impl<In, F: Fn(In) -> bool + RemoteFn, const SOUGHT: bool> Terminal<In> for Any<F, SOUGHT> {
    type State = bool;
    type Partial = bool;

    const SHORT: bool = true;

    fn start() -> bool {
        false
    }

    fn take(state: &mut bool, _: usize, item: In) -> ControlFlow<()> {
        *state = conjure::<F>()(item) == SOUGHT;
        if *state { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn end(state: bool) -> bool {
        state
    }

    fn is_enough(partial: &bool) -> bool {
        *partial
    }
}

/// The places of the items that come out.
#[derive(Debug)]
pub(super) struct Places;

impl<In> Terminal<In> for Places {
    type State = Vec<usize>;
    type Partial = Vec<usize>;

    fn start() -> Vec<usize> {
        Vec::new()
    }

    fn take(state: &mut Vec<usize>, place: usize, _: In) -> ControlFlow<()> {
        state.push(place);
        ControlFlow::Continue(())
    }

    fn end(state: Vec<usize>) -> Vec<usize> {
        state
    }
}

/// The place of an item to which a function says yes: the first of its piece.
#[derive(Debug)]
pub(super) struct FindPlace<F>(PhantomData<fn(F)>);

impl<In, F: Fn(&&In) -> bool + RemoteFn> Terminal<In> for FindPlace<F> {
    type State = Option<usize>;
    type Partial = Option<usize>;

    const SHORT: bool = true;

    fn start() -> Option<usize> {
        None
    }

    fn take(state: &mut Option<usize>, place: usize, item: In) -> ControlFlow<()> {
        if conjure::<F>()(&&item) {
            *state = Some(place);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn end(state: Option<usize>) -> Option<usize> {
        state
    }

    fn is_enough(partial: &Option<usize>) -> bool {
        partial.is_some()
    }
}

/// The place of the item that a comparison puts last, of equals the last; or first, of equals the
/// first.
#[derive(Debug)]
pub(super) struct EdgePlace<F, const LAST: bool>(PhantomData<fn(F)>);

impl<In, F, const LAST: bool> Terminal<In> for EdgePlace<F, LAST>
where
    F: Fn(&In, &In) -> Ordering + RemoteFn,
{
    type State = Option<(usize, In)>;
    type Partial = Option<usize>;

    fn start() -> Self::State {
        None
    }

    fn take(state: &mut Self::State, place: usize, item: In) -> ControlFlow<()> {
        let goes_before = |edge: &In| {
            let order = conjure::<F>()(edge, &item);
            if LAST { order.is_le() } else { order.is_gt() }
        };
        if state.as_ref().is_none_or(|(_, edge)| goes_before(edge)) {
            *state = Some((place, item));
        }
        ControlFlow::Continue(())
    }

    fn end(state: Self::State) -> Option<usize> {
        state.map(|(place, _)| place)
    }
}
