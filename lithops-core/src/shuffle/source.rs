//! Where pairs come from: a function that yields them, or lists that calls have given.

use std::any::type_name;
use std::marker::PhantomData;

use crate::function::{
    Async, BlockOn, Data, Fallible, Invocation, Plain, RemoteFn, TaskError, conjure, failure,
    single,
};
use crate::wire::{CallError, decode_value};

/// What a function may return that yields pairs for a shuffle: an iterator of pairs, of `Result`s
/// of pairs, a `Result` of one of these, or a future of any.
///
/// The marker `M` is inferred. An iterator that is lazy is asked for one pair after another, so that
/// a call never holds them all.
#[diagnostic::on_unimplemented(
    message = "`{Self}` yields no pairs for a shuffle",
    label = "not an iterator of `(key, value)`",
    note = "return anything that is `IntoIterator<Item = (K, V)>` and owns its data, such as `Vec<(K, V)>` or an iterator that `move`s what it needs",
    note = "or a `Result` of it, or an iterator of `Result<(K, V), E>`, whose error is a `TaskError`",
    note = "keys and values need `Serialize` and `Deserialize`"
)]
pub trait EmitsPairs<M>: 'static {
    /// What pairs are ordered and grouped by.
    type Key: Data;
    /// What comes with a key.
    type Value: Data;

    /// Gives each pair to `sink`, until it fails.
    ///
    /// # Errors
    /// The function's own error as [`CallError::Failed`], or the sink's.
    fn emit(
        self,
        runtime: &dyn BlockOn,
        sink: impl FnMut(Self::Key, Self::Value) -> Result<(), CallError>,
    ) -> Result<(), CallError>;
}

/// Marker: an iterator of `Result`s of pairs.
#[derive(Debug)]
pub struct EachFallible(());

#[diagnostic::do_not_recommend]
impl<I, K, V> EmitsPairs<Plain> for I
where
    I: IntoIterator<Item = (K, V)> + 'static,
    K: Data,
    V: Data,
{
    type Key = K;
    type Value = V;

    fn emit(
        self,
        _: &dyn BlockOn,
        mut sink: impl FnMut(K, V) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        self.into_iter().try_for_each(|(key, value)| sink(key, value))
    }
}

#[diagnostic::do_not_recommend]
impl<I, K, V, E> EmitsPairs<EachFallible> for I
where
    I: IntoIterator<Item = Result<(K, V), E>> + 'static,
    K: Data,
    V: Data,
    E: TaskError,
{
    type Key = K;
    type Value = V;

    fn emit(
        self,
        _: &dyn BlockOn,
        mut sink: impl FnMut(K, V) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        self.into_iter().try_for_each(|pair| {
            let (key, value) = pair.map_err(|error| failure(&error))?;
            sink(key, value)
        })
    }
}

#[diagnostic::do_not_recommend]
impl<P, M, E> EmitsPairs<(Fallible, M)> for Result<P, E>
where
    P: EmitsPairs<M>,
    M: 'static,
    E: TaskError,
{
    type Key = P::Key;
    type Value = P::Value;

    fn emit(
        self,
        runtime: &dyn BlockOn,
        sink: impl FnMut(P::Key, P::Value) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        self.map_err(|error| failure(&error))?.emit(runtime, sink)
    }
}

#[diagnostic::do_not_recommend]
impl<M: 'static, P: EmitsPairs<M>, Fut: Future<Output = P> + 'static> EmitsPairs<Async<M>> for Fut {
    type Key = P::Key;
    type Value = P::Value;

    fn emit(
        self,
        runtime: &dyn BlockOn,
        sink: impl FnMut(P::Key, P::Value) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        super::wait(runtime, self)?.emit(runtime, sink)
    }
}

/// Where the pairs of a map call come from.
pub trait PairSource: 'static {
    /// The key's type.
    type Key: Data;
    /// The value's type.
    type Value: Data;
    /// What names the source across builds: the function.
    type Named: 'static;

    /// What it takes and gives, as the compiler names it.
    fn signature() -> String;

    /// Gives each pair of the call to `sink`.
    ///
    /// # Errors
    /// [`CallError`] of the argument, the function or the sink.
    fn run(
        call: &mut Invocation<'_>,
        sink: impl FnMut(Self::Key, Self::Value) -> Result<(), CallError>,
    ) -> Result<(), CallError>;
}

/// The pairs that `F: Fn(In) -> Out` yields.
#[derive(Debug)]
pub struct FlatMapFn<F, In, Out, M>(PhantomData<(F, In, Out, M)>);

impl<F, In, Out, M> PairSource for FlatMapFn<F, In, Out, M>
where
    F: Fn(In) -> Out + RemoteFn,
    In: Data,
    Out: EmitsPairs<M>,
    M: 'static,
{
    type Key = Out::Key;
    type Value = Out::Value;
    type Named = F;

    fn signature() -> String {
        let (key, value) = (type_name::<Out::Key>(), type_name::<Out::Value>());
        format!("({}) -> pairs of {key} and {value}", type_name::<In>())
    }

    fn run(
        call: &mut Invocation<'_>,
        sink: impl FnMut(Out::Key, Out::Value) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        let input = decode_value(single(call)?).map_err(CallError::Argument)?;
        conjure::<F>()(input).emit(call.runtime, sink)
    }
}

/// The pairs of a list that another call has given.
#[derive(Debug)]
pub struct Listed<K, V>(PhantomData<(K, V)>);

impl<K: Data, V: Data> PairSource for Listed<K, V> {
    type Key = K;
    type Value = V;
    type Named = Self;

    fn signature() -> String {
        format!("list of {} and {}", type_name::<K>(), type_name::<V>())
    }

    fn run(
        call: &mut Invocation<'_>,
        mut sink: impl FnMut(K, V) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        let pairs: Vec<(K, V)> = decode_value(single(call)?).map_err(CallError::Argument)?;
        pairs.into_iter().try_for_each(|(key, value)| sink(key, value))
    }
}
