//! The shapes of function that verbs accept, each with its thunk.

use std::any::{TypeId, type_name};
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use bytes::Bytes;

use super::{Arguments, Data, Entry, Invocation, RemoteFn, TaskOutput};
use crate::wire::{CallError, FunctionId, decode_value, encode_value};

/// A function together with the way it is called.
pub trait Kernel: 'static {
    /// Its name, identity and thunk.
    fn entry() -> Entry;
}

/// `F: Fn(In) -> Out`.
#[derive(Debug)]
pub struct MapFn<F, In, Out, M>(PhantomData<(F, In, Out, M)>);

/// `F: Fn(&S, In) -> Out`, with one `S` for all calls of a job.
#[derive(Debug)]
pub struct SharedFn<F, S, In, Out, M>(PhantomData<(F, S, In, Out, M)>);

/// `F: Fn(Vec<T>) -> Out`, called with the results of other calls.
#[derive(Debug)]
pub struct ReduceFn<F, T, Out, M>(PhantomData<(F, T, Out, M)>);

impl<F, In, Out, M> Kernel for MapFn<F, In, Out, M>
where
    F: Fn(In) -> Out + RemoteFn,
    In: Data,
    Out: TaskOutput<M>,
    M: 'static,
{
    fn entry() -> Entry {
        let signature = format!("({}) -> {}", type_name::<In>(), type_name::<Out>());
        entry::<F, Self>(signature, |call| {
            let input = decode_value(single(call)?).map_err(CallError::Argument)?;
            finish(conjure::<F>()(input), call)
        })
    }
}

impl<F, S, In, Out, M> Kernel for SharedFn<F, S, In, Out, M>
where
    F: Fn(&'static S, In) -> Out + RemoteFn,
    S: Data + Sync,
    In: Data,
    Out: TaskOutput<M>,
    M: 'static,
{
    fn entry() -> Entry {
        let (shared, input) = (type_name::<S>(), type_name::<In>());
        let signature = format!("(&{shared}, {input}) -> {}", type_name::<Out>());
        entry::<F, Self>(signature, |call| {
            let shared = shared_of(call)?;
            let input = decode_value(single(call)?).map_err(CallError::Argument)?;
            finish(conjure::<F>()(shared, input), call)
        })
    }
}

impl<F, T, Out, M> Kernel for ReduceFn<F, T, Out, M>
where
    F: Fn(Vec<T>) -> Out + RemoteFn,
    T: Data,
    Out: TaskOutput<M>,
    M: 'static,
{
    fn entry() -> Entry {
        let signature = format!("[{}] -> {}", type_name::<T>(), type_name::<Out>());
        entry::<F, Self>(signature, |call| {
            let inputs = match take(call) {
                Arguments::One(input) => vec![input],
                Arguments::Many(inputs) => inputs,
            };
            let inputs: Result<Vec<T>, _> = inputs.into_iter().map(decode_value).collect();
            let inputs = inputs.map_err(CallError::Argument)?;
            finish(conjure::<F>()(inputs), call)
        })
    }
}

pub(crate) fn entry<F: 'static, K: Kernel>(signature: String, thunk: super::Thunk) -> Entry {
    let path = type_name::<F>().to_owned();
    Entry { id: FunctionId { path, signature, type_id: type_id::<K>() }, thunk }
}

/// The value that all calls of the job share.
pub(crate) fn shared_of<S: Data + Sync>(call: &Invocation<'_>) -> Result<&'static S, CallError> {
    let shared = call.shared.ok_or_else(|| CallError::WorkerLost {
        reason: "the job's shared value did not arrive".to_owned(),
    })?;
    shared.get()
}

pub(crate) fn single(call: &mut Invocation<'_>) -> Result<Bytes, CallError> {
    match take(call) {
        Arguments::One(input) => Ok(input),
        Arguments::Many(inputs) => Err(CallError::WorkerLost {
            reason: format!("the call takes one argument, and {} arrived", inputs.len()),
        }),
    }
}

fn take(call: &mut Invocation<'_>) -> Arguments {
    std::mem::replace(&mut call.arguments, Arguments::Many(Vec::new()))
}

fn finish<M, Out: TaskOutput<M>>(out: Out, call: &mut Invocation<'_>) -> Result<(), CallError> {
    let value = out.resolve(call.runtime)?;
    encode_value(value, call.output).map_err(CallError::Output)
}

/// Makes a function out of its type alone.
#[expect(clippy::uninit_assumed_init, reason = "there is nothing to initialise")]
#[expect(unsafe_code, reason = "a type that is nothing but code has no bytes to be wrong")]
pub(crate) fn conjure<F: RemoteFn>() -> F {
    // Verbs refuse such functions at compile time with a better text; this is what makes it sound.
    assert!(size_of::<F>() == 0);
    // SAFETY: `F` has no bytes, so any value of it is initialised, and it is `Copy`, so that one
    // more copy breaks no promise. That a value exists at all was shown by the caller of the verb
    // that registered `F`: it had one in hand.
    unsafe { std::mem::MaybeUninit::<F>::uninit().assume_init() }
}

/// The bits of the type's identity: exact inside one build, meaningless outside.
fn type_id<T: 'static>() -> u128 {
    #[derive(Default)]
    struct Bits(u128);

    impl Hasher for Bits {
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = self.0.rotate_left(8) ^ u128::from(*byte);
            }
        }

        fn write_u64(&mut self, bits: u64) {
            self.0 = self.0.rotate_left(64) ^ u128::from(bits);
        }

        fn finish(&self) -> u64 {
            0
        }
    }

    let mut bits = Bits::default();
    // `Hash for TypeId` writes only half of its 128 bits; the names tell the rest apart.
    TypeId::of::<T>().hash(&mut bits);
    bits.0
}
