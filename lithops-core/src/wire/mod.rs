//! The bytes that reach a worker and come back: one home, versioned.
//!
//! A [`Frame`] is a MessagePack head and a raw body. The head says what is meant, the body holds the
//! users' values one after another, so that a large value is never copied through a codec. The same
//! frames go through a socket, through objects of a storage, or (undecoded) through a channel of
//! this process.

mod agent;
mod call;
mod codec;
mod digest;
mod dispatch;
mod frame;
mod handshake;
mod job;
mod location;
mod message;
mod object;
mod outcome;
mod payload;
mod record;
mod relay;
mod saved;
mod seal;
mod shuffle;
mod split;
mod storage_failure;
mod text;
mod value;

pub use agent::{FromAgent, Preamble, ToAgent, WorkerStart, WorkerTask};
pub use call::{CallInput, Input, Logs, Report, Spent, Timing};
pub use digest::Digest;
pub use dispatch::{DispatchRecord, FailedCall, Share};
pub use frame::{Frame, FrameDecoder, FrameError, Need};
pub use handshake::{Answer, Challenge, LinkKey, Proof};
pub use job::{CallRange, FunctionId, JobHead, JobId, NoJobId, WorkOrder};
pub use location::StorageLocation;
pub use message::{Encoded, FromWorker, ToWorker};
pub(crate) use object::{Blocks, Extent};
pub use object::{CloudObject, ObjectPart, Packing, Records, StoredObject};
pub use outcome::{CallError, ExitReport, FunctionError, PanicReport, ValueError};
pub use payload::{ObjectRef, Payload};
pub use record::{CallFailure, CallRecord, Cost, JobRecord};
pub use relay::{FromRelay, ToRelay};
pub use saved::SavedJob;
pub use seal::{SEAL, SealKey};
pub use shuffle::{
    Block, CallRuns, Layout, PairAt, PartitionInput, Section, ShuffleTerms, pair_at, pair_lengths,
};
pub use split::{LentItems, Split};
pub use storage_failure::StorageFailure;
pub use value::{
    ValueSink, append_value, append_value_of, decode_value, encode_value, self_described,
};

/// The version of everything in this module; both sides must have the same.
pub const PROTOCOL: u32 = 4;

/// The keys under which a job keeps its objects.
pub mod keys;
