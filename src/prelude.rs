//! What most programs need: `use lithops::prelude::*;`.

pub use crate::par::{IntoParallelIterator, IntoParallelRefIterator};
pub use crate::{
    CallError, CallFuture, CloudObject, DataError, Error, Executor, ExecutorExt, FunctionExecutor,
    JobHandle, ObjectPart, StoredObject, Until,
};
