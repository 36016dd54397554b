//! The worker of Lithops: fetch, execute, report.
//!
//! Linked into the user's program. A process that is started as a worker never reaches its `main`: a
//! constructor of this crate takes over before ([`init`] tells when it is to be later). The same code
//! runs calls on threads of the client.
//!
//! A process that is started as a launcher fetches a program from storage and becomes it: the
//! client has [uploaded](upload_program) it, a [`LaunchOrder`] says which it is.
//!
//! A worker runs one call at a time. What it may say of calls goes to an [`Outbox`], which sends
//! often enough for nobody to wait and seldom enough for short calls to share a message; a
//! [`Supervisor`] looks after time, memory and signs of life.

mod agent;
mod array;
mod entry;
mod exit;
mod frames;
#[cfg(fuzzing)]
pub mod fuzzing;
mod job;
mod launch;
mod limit;
mod link;
mod meter;
mod outbox;
mod output;
mod owner;
mod page;
mod panic;
mod peer;
mod process;
mod queue;
mod runtime;
mod share;
mod slot;
mod storage;
mod supervisor;

pub use agent::UNREACHABLE;
pub use entry::{
    CONTAINER_VARIABLE, ENTRY_VARIABLE, LEASH_VARIABLE, LINK_KEY_VARIABLE, MEMORY_VARIABLE,
    ORDER_VARIABLE, SLOTS_VARIABLE, SOCKET_VARIABLE, WORKER_VARIABLE, init, passed_init,
    refuse_stray_worker,
};
pub use exit::at_exit;
pub use job::WorkerJob;
pub use launch::{
    LAUNCH_CACHE_VARIABLE, LAUNCH_STORAGE_VARIABLE, LAUNCH_VARIABLE, LaunchError, LaunchOrder,
    ProgramDigest, UploadError, Uploaded, upload_program,
};
pub use outbox::{Destination, Outbox};
pub use output::tail;
pub use owner::Owner;
pub use page::{PAGE_SIZE, Status};
pub use peer::watch_peer;
pub use process::WorkerProcess;
pub use queue::Queue;
pub use share::read_share;
pub use slot::Slot;
pub use storage::{StorageWorker, TaskEnd, put_batch};
pub use supervisor::{Limits, Stop, Supervisor};
