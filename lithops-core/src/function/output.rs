//! What a function may return.

use std::error::Error;
use std::fmt::Display;
use std::future::Future;
use std::marker::PhantomData;

use super::{BlockOn, Data};
use crate::wire::{CallError, FunctionError};

/// What a function may return: a value, a `Result`, or a future of either.
///
/// The marker `M` is inferred. `Result<T, E>` with an error that serde can't carry (a
/// [`TaskError`]) gives `T`, and the error fails the call. `Result<T, E>` where serde can carry `E`
/// is a value like any other and comes back as it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be returned from a function that runs on a worker",
    label = "not a result that can be sent back",
    note = "return a type with `#[derive(serde::Serialize, serde::Deserialize)]` that owns its data",
    note = "or `Result<T, E>` with such an `E`, `anyhow::Error`, `std::io::Error`, `Box<dyn Error>` or your own `impl lithops::TaskError`",
    note = "or a future of one of these"
)]
pub trait TaskOutput<M>: 'static {
    /// What the caller gets.
    type Value: Data;

    /// Waits for the value if it is a future, and takes an error out of it.
    ///
    /// # Errors
    /// [`CallError::Failed`] with the function's own error.
    fn resolve(self, runtime: &dyn BlockOn) -> Result<Self::Value, CallError>;
}

/// Marker: a value that is sent as it is.
#[derive(Debug)]
pub struct Plain(());

/// Marker: a `Result` whose error fails the call.
#[derive(Debug)]
pub struct Fallible(());

/// Marker: a future of an output with marker `M`.
#[derive(Debug)]
pub struct Async<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<T: Data> TaskOutput<Plain> for T {
    type Value = T;

    fn resolve(self, _: &dyn BlockOn) -> Result<T, CallError> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Data, E: TaskError> TaskOutput<Fallible> for Result<T, E> {
    type Value = T;

    fn resolve(self, _: &dyn BlockOn) -> Result<T, CallError> {
        self.map_err(|error| failure(&error))
    }
}

#[diagnostic::do_not_recommend]
impl<M: 'static, O: TaskOutput<M>, Fut: Future<Output = O> + 'static> TaskOutput<Async<M>> for Fut {
    type Value = O::Value;

    fn resolve(self, runtime: &dyn BlockOn) -> Result<O::Value, CallError> {
        let mut output = None;
        {
            let future = std::pin::pin!(async { output = Some(self.await) });
            runtime.block_on(future);
        }
        match output {
            Some(output) => output.resolve(runtime),
            None => Err(CallError::WorkerLost {
                reason: "the worker's runtime stopped before the function's future ended".into(),
            }),
        }
    }
}

/// An error that serde can't carry and that fails the call when a function returns it.
///
/// Implemented for `anyhow::Error`, `Box<dyn Error>` (with or without `Send + Sync`),
/// `std::io::Error`, the parse errors of std, and this library's own errors. For your own error
/// type write `impl lithops::TaskError for MyError {}`, unless it is serialisable: then it comes
/// back typed, as a value, and needs nothing.
pub trait TaskError: Display + 'static {
    /// The error's cause, which begins the chain that the caller sees; none by default.
    ///
    /// For a `std::error::Error` write `self.source()`.
    fn cause(&self) -> Option<&(dyn Error + 'static)> {
        None
    }
}

/// The end of a call whose function returned `error`.
pub(crate) fn failure<E: TaskError>(error: &E) -> CallError {
    CallError::Failed(report(error))
}

fn report<E: TaskError>(error: &E) -> FunctionError {
    let chain = std::iter::successors(error.cause(), |cause: &&(dyn Error + 'static)| {
        Error::source(*cause)
    });
    FunctionError {
        kind: std::any::type_name::<E>().to_owned(),
        message: error.to_string(),
        chain: chain.map(ToString::to_string).collect(),
    }
}

macro_rules! task_errors {
    ($($error:ty),* $(,)?) => {
        $(impl TaskError for $error {
            fn cause(&self) -> Option<&(dyn Error + 'static)> {
                Error::source(self)
            }
        })*
    };
}

task_errors! {
    std::io::Error,
    std::fmt::Error,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::num::TryFromIntError,
    std::str::ParseBoolError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    std::char::ParseCharError,
    std::net::AddrParseError,
    std::env::VarError,
    std::time::SystemTimeError,
    crate::error::Error,
    crate::ports::StorageError,
    crate::data::DataError,
}

impl TaskError for Box<dyn Error> {
    fn cause(&self) -> Option<&(dyn Error + 'static)> {
        self.as_ref().source()
    }
}

impl TaskError for Box<dyn Error + Send + Sync> {
    fn cause(&self) -> Option<&(dyn Error + 'static)> {
        self.as_ref().source()
    }
}

#[cfg(feature = "anyhow")]
impl TaskError for anyhow::Error {
    fn cause(&self) -> Option<&(dyn Error + 'static)> {
        self.chain().nth(1)
    }
}
