//! The call of a parallel iterator: one piece of the source, through all stages at once.

use std::any::type_name;
use std::marker::PhantomData;

use super::chain::Chain;
use super::source::ParSource;
use super::terminal::Terminal;
use crate::api::{CallContext, try_context};
use crate::function::{Data, Entry, Kernel, entry, shared_of, single};
use crate::wire::{CallError, Split, decode_value, encode_value};

/// A piece `P` of a source, through the chain `C`, into the terminal `R`.
#[derive(Debug)]
pub(super) struct Fused<P, C, R>(PhantomData<fn(P, C, R)>);

impl<P, C, R> Kernel for Fused<P, C, R>
where
    P: Data + IntoIterator<Item = C::In>,
    C: Chain,
    R: Terminal<C::Out>,
{
    fn entry() -> Entry {
        let signature = format!("{} -> {}", type_name::<P>(), type_name::<R::Partial>());
        entry::<(C, R), Self>(signature, |call| {
            let split: &Split = shared_of(call)?;
            let context = try_context();
            let first = context.as_ref().map_or(0, |context| split.piece(context.index()).start);
            let stopped = || context.as_ref().is_some_and(CallContext::is_stopped);
            let piece: P = decode_value(single(call)?).map_err(CallError::Argument)?;
            let mut state = R::start();
            let mut sink = |place: usize, item: C::Out| R::take(&mut state, place, item);
            for (place, item) in (first..).zip(piece) {
                if C::feed(place, item, &mut sink).is_break() {
                    break;
                }
                // A thread can't be killed: another piece may have been enough.
                if stopped() {
                    return Err(CallError::Cancelled);
                }
            }
            encode_value(R::end(state), call.output).map_err(CallError::Output)
        })
    }
}

/// The pieces of a source and what becomes of them.
pub(super) type Kernels<S, C, R> = Fused<<S as ParSource>::Piece, C, R>;
