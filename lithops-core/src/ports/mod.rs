//! The traits that others implement: who runs jobs, where calls run, where data stays.

mod billing;
mod capability;
mod compute;
mod executor;
mod finding;
mod leftover;
mod link;
mod observer;
mod opener;
mod storage;

pub use billing::{Billing, Rates, Usage};
pub use capability::{Capability, Isolation};
pub use compute::{
    CleanScope, ComputeBackend, ComputeError, ComputeErrorKind, Launch, WorkerProfile, WorkerState,
    WorkerStatus,
};
pub use executor::{
    Executor, FailedAttempt, JobEvent, JobEvents, Settled, StorageRequests, SubmittedJob,
    SuppliedCall, Supply, TakeUp,
};
pub use finding::{Finding, Flaw};
pub use leftover::Leftover;
pub use link::{Death, Lane, LaneEvent, LaneSink, Link, News, Running};
pub use observer::{JobObserver, JobWatch};
pub use opener::{StorageOpener, install_opener, locate, open_storage};
pub use storage::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageErrorKind, StorageLocation,
};
