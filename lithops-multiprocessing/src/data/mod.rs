//! Data that processes share, and hand to each other.

mod array;
mod channel;
mod dict;
mod encoding;
mod list;
mod namespace;
mod pipe;
mod queue;
mod value;

pub use array::Array;
use channel::Channel;
pub use dict::Dict;
use encoding::{decoded, encoded};
pub use list::List;
pub use namespace::Namespace;
pub use pipe::{Connection, Pipe};
pub use queue::Queue;
pub use value::{Value, ValueGuard};

use crate::redis::Reply;
use crate::{MultiprocessingError, Result};

/// What a script answers about an object: that it is gone, that a place is out of range, or a reply.
fn answer(what: &'static str, operation: &'static str, reply: Reply) -> Result<Reply> {
    let mut parts = reply.list(operation)?.into_iter();
    match (parts.next(), parts.next()) {
        (Some(Reply::Int(-1)), _) => Err(MultiprocessingError::Gone { what }),
        // A script's list ends before its first nil.
        (Some(Reply::Int(1)), reply) => Ok(reply.unwrap_or(Reply::Nil)),
        _ => Err(MultiprocessingError::Answer { operation }),
    }
}
