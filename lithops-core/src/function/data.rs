//! What may be sent: values, and functions that are nothing but code.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can cross to a worker and back: any serde type that owns its data.
///
/// Never implemented by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be sent to a worker or back",
    label = "needs `Serialize` and `Deserialize`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to your own types",
    note = "it must own its data (`String`, not `&str`) and be `Send`"
)]
pub trait Data: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Data for T {}

/// A function that is nothing but code: a `fn`, a method, or a closure that captures nothing.
///
/// Never implemented by hand.
#[diagnostic::on_unimplemented(
    message = "this closure captures variables, so it can't be sent to a worker",
    label = "captures its environment",
    note = "pass a plain `fn`, or a closure that uses only its parameters",
    note = "to give every call some common data, write `executor.map_with(data, items, |data, item| ..)`"
)]
pub trait RemoteFn: Copy + 'static {}

#[diagnostic::do_not_recommend]
impl<F: Copy + 'static> RemoteFn for F {}
