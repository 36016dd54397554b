//! Functions without annotations: what can be sent, how it is named, how a worker finds it.
//!
//! A verb such as `map::<F, In, Out>` is generic, so the compiler makes a copy of it for each
//! function that is ever passed. Each copy leaves one pointer in a section of the executable
//! (the module `registry`), so that at start-up that section is the table of everything that can be called
//! remotely. The worker is the same program started again, and looks the function up there: no
//! address ever crosses a process.

mod data;
mod entry;
mod identity;
mod kernel;
mod output;
mod registry;

pub use data::{Data, RemoteFn};
pub use entry::{Arguments, BlockOn, Entry, Invocation, SharedValue, Thunk};
pub use identity::{BuildId, build_id};
pub use kernel::{Kernel, MapFn, ReduceFn, SharedFn};
pub(crate) use kernel::{conjure, entry, shared_of, single};
pub(crate) use output::failure;
pub use output::{Async, Fallible, Plain, TaskError, TaskOutput};
pub use registry::{LookupError, find, register};
