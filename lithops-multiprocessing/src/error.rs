//! Why something of this crate gives no value.

use std::time::Duration;

use lithops_core::error::Error;
use lithops_core::function::TaskError;
use lithops_core::wire::{CallError, ValueError};

/// A `Result` with this crate's [`MultiprocessingError`].
pub type Result<T, E = MultiprocessingError> = std::result::Result<T, E>;

/// Why something of this crate gives no value.
///
/// A function that runs on a worker may return it: the error then fails the call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MultiprocessingError {
    /// A job has failed, could not be started, or the executor could not be made.
    #[error(transparent)]
    Job(#[from] Error),
    /// A call has no value.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A value can't be encoded or decoded.
    #[error("a value can't be shared: {0}")]
    Value(#[from] ValueError),
    /// The pool takes no more work.
    #[error("the pool is closed and takes no more work: make another one")]
    PoolClosed,
    /// The pool still takes work, so that its end can't be waited for.
    #[error("the pool still takes work: call `close()` or `terminate()` before `join()`")]
    PoolOpen,
    /// The result is not there yet.
    #[error("the result is not there yet: `wait()` for it, or `get()` it")]
    NotReady,
    /// The time that the caller gave is over.
    #[error("{what}: not within {limit:?}")]
    TimedOut {
        /// What was waited for.
        what: &'static str,
        /// The time that was given.
        limit: Duration,
    },
    /// The queue has as many items as it may.
    #[error("the queue is full: take items out, or use `put()`, which waits")]
    QueueFull,
    /// The queue has no item.
    #[error("the queue is empty: `get()` waits for an item")]
    QueueEmpty,
    /// `task_done` was called more often than items were put in.
    #[error("`task_done()` was called more often than items were put into the queue")]
    TaskDoneTooOften,
    /// The other end of the pipe was closed, and all that came from it was read.
    #[error("the other end of the pipe is closed, and nothing is left to read")]
    EndOfStream,
    /// The pipe was closed, at this end or the other, so that nothing can be sent.
    #[error("the pipe is closed: nothing can be sent any more")]
    PipeClosed,
    /// This end of the pipe does not go that way.
    #[error("this end of the pipe can't {0}: use the other end, or a duplex pipe")]
    WrongWay(&'static str),
    /// A semaphore was released more often than acquired.
    #[error("the semaphore was released more often than it was acquired")]
    ReleasedTooOften,
    /// The holder was not heard of for too long, so that others may have taken its place.
    #[error(
        "the {what} was not renewed in time and may be another's now: what was done under it may \
         clash; keep the process running while it holds one, or set a longer lease"
    )]
    LeaseLost {
        /// What was held.
        what: &'static str,
    },
    /// The barrier is broken: somebody's time was over, it was aborted or reset, or a process that
    /// waited there has died.
    #[error("the barrier is broken: call `reset()` to use it again")]
    BrokenBarrier,
    /// The object is no more.
    #[error(
        "the {what} is no more: the handle that made it was dropped, or nobody used it for longer \
         than its expiry; keep that handle until everybody has ended"
    )]
    Gone {
        /// What it was.
        what: &'static str,
    },
    /// The object is in the memory of another process.
    #[error(
        "the {what} is in the memory of another process; objects that processes share need a Redis \
         server: add a section [redis] to lithops.toml, and make the object with an executor whose \
         workers are processes"
    )]
    OtherProcess {
        /// What it is.
        what: &'static str,
    },
    /// The workers need a server to share objects, and none is configured.
    #[error(
        "workers of backend {backend} share objects through a Redis server, and none is configured: \
         add a section [redis] with `host` to lithops.toml, or use the backend `threads`"
    )]
    NoServer {
        /// The backend.
        backend: &'static str,
    },
    /// The server's address means another machine for the workers.
    #[error(
        "workers of backend {backend} would look for the Redis server at {host} on their own side, \
         where it is not: set `host` of the section [redis] in lithops.toml to an address that they \
         reach, or `network = \"host\"` of [containers]"
    )]
    OutOfReach {
        /// The host that is configured.
        host: String,
        /// The backend.
        backend: &'static str,
    },
    /// The build has no Redis.
    #[error(
        "objects that processes share need a Redis server, which this build can't use: it comes \
         with the feature `storage-redis` of `lithops` (`redis` of `lithops-multiprocessing`)"
    )]
    RedisLeftOut,
    /// The Redis server can't be used.
    #[error("redis at {address}: {operation} failed: {source}")]
    Server {
        /// Where it is.
        address: String,
        /// What was asked for.
        operation: &'static str,
        /// What became of it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server answered what it never should: its keys are another program's, or another
    /// version's.
    #[error(
        "redis: the answer to {operation} is not understood; does another program use its keys?"
    )]
    Answer {
        /// What was asked for.
        operation: &'static str,
    },
    /// There is no such place in the list or array.
    #[error("there is no item {index}: there are {len}")]
    OutOfRange {
        /// The place that was asked for.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// An argument can't be used; nothing was done.
    #[error("{what} is {value}: {reason}")]
    Invalid {
        /// The argument.
        what: &'static str,
        /// Its value.
        value: usize,
        /// Why it can't be used.
        reason: &'static str,
    },
    /// The process was not started.
    #[error("the process was not started: call `start()` first")]
    NotStarted,
    /// The process was started before.
    #[error("the process was started before: make another one")]
    StartedTwice,
    /// The call that waits was told to stop.
    #[error("the call was stopped while it waited")]
    Stopped,
    /// Nobody has said how an executor is made.
    #[error(
        "nobody has said how an executor is made: use `lithops::multiprocessing`, or give an \
         executor to `Multiprocessing::new`"
    )]
    NotInstalled,
}

impl TaskError for MultiprocessingError {
    fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self)
    }
}
