//! Two ends, and messages between them.

use std::marker::PhantomData;
use std::time::Duration;

use lithops_core::function::Data;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Channel, decoded, encoded};
use crate::sync::{after, timed_out};
use crate::{Multiprocessing, MultiprocessingError, Result};

/// Makes pairs of [`Connection`]s: Python's `Pipe`.
#[derive(Debug)]
pub struct Pipe(());

impl Pipe {
    /// Two ends that both send and receive, where the configured executor's workers reach them.
    ///
    /// # Errors
    /// As [`Lock::new`](crate::Lock::new).
    pub fn duplex<T: Data>() -> Result<(Connection<T>, Connection<T>)> {
        Self::duplex_over(&Multiprocessing::configured()?)
    }

    /// As [`duplex`](Self::duplex), where the workers of this executor reach them.
    ///
    /// # Errors
    /// As [`duplex`](Self::duplex).
    pub fn duplex_over<T: Data>(
        context: &Multiprocessing,
    ) -> Result<(Connection<T>, Connection<T>)> {
        let (there, back) =
            (Channel::new(context.place()?, 0)?, Channel::new(context.place()?, 0)?);
        let one = Connection::new(Some(there.clone()), Some(back.clone()));
        Ok((one, Connection::new(Some(back), Some(there))))
    }

    /// An end that receives and an end that sends, in this order as in Python, where the configured
    /// executor's workers reach them.
    ///
    /// # Errors
    /// As [`Lock::new`](crate::Lock::new).
    pub fn one_way<T: Data>() -> Result<(Connection<T>, Connection<T>)> {
        Self::one_way_over(&Multiprocessing::configured()?)
    }

    /// As [`one_way`](Self::one_way), where the workers of this executor reach them.
    ///
    /// # Errors
    /// As [`one_way`](Self::one_way).
    pub fn one_way_over<T: Data>(
        context: &Multiprocessing,
    ) -> Result<(Connection<T>, Connection<T>)> {
        let way = Channel::new(context.place()?, 0)?;
        Ok((Connection::new(None, Some(way.clone())), Connection::new(Some(way), None)))
    }
}

/// One end of a [`Pipe`]: Python's `Connection`.
///
/// Handles are cheap to clone, and can be arguments of functions; all of them are the same end, and
/// only [`close`](Self::close) closes it.
pub struct Connection<T> {
    to: Option<Channel>,
    from: Option<Channel>,
    message: PhantomData<fn() -> T>,
}

impl<T> Connection<T> {
    fn new(to: Option<Channel>, from: Option<Channel>) -> Self {
        Self { to, from, message: PhantomData }
    }

    fn to(&self) -> Result<&Channel> {
        self.to.as_ref().ok_or(MultiprocessingError::WrongWay("send"))
    }

    fn from(&self) -> Result<&Channel> {
        self.from.as_ref().ok_or(MultiprocessingError::WrongWay("receive"))
    }

    /// Waits until there is something to receive, the end included, for at most `limit`; gives
    /// whether there is.
    ///
    /// # Errors
    /// [`WrongWay`](MultiprocessingError::WrongWay) at an end that only sends.
    pub fn poll(&self, limit: Duration) -> Result<bool> {
        self.from()?.poll(after(limit))
    }

    /// Closes this end for all who have it: the other one receives what was sent, then
    /// [`EndOfStream`](MultiprocessingError::EndOfStream), and can send nothing more.
    ///
    /// # Errors
    /// [`Server`](MultiprocessingError::Server) if the server can't be asked.
    pub fn close(&self) -> Result<()> {
        self.to.iter().chain(&self.from).try_for_each(Channel::close)
    }
}

impl<T: Data> Connection<T> {
    /// Sends a message; does not wait for anybody to receive it.
    ///
    /// # Errors
    /// [`PipeClosed`](MultiprocessingError::PipeClosed) if either end was closed,
    /// [`WrongWay`](MultiprocessingError::WrongWay) at an end that only receives.
    pub fn send(&self, message: T) -> Result<()> {
        self.to()?.put(&encoded(message)?, None).map(drop)
    }

    /// Waits for a message.
    ///
    /// # Errors
    /// [`EndOfStream`](MultiprocessingError::EndOfStream) if an end was closed and all was received,
    /// [`WrongWay`](MultiprocessingError::WrongWay) at an end that only sends.
    pub fn recv(&self) -> Result<T> {
        match self.from()?.get(None)? {
            Some(message) => decoded(message),
            None => Err(MultiprocessingError::EndOfStream),
        }
    }

    /// As [`recv`](Self::recv), for at most `limit`.
    ///
    /// # Errors
    /// [`TimedOut`](MultiprocessingError::TimedOut) if there was no message for longer.
    pub fn recv_timeout(&self, limit: Duration) -> Result<T> {
        match self.from()?.get(after(limit))? {
            Some(message) => decoded(message),
            None => Err(timed_out("a message of the pipe", limit)),
        }
    }
}

impl<T> Clone for Connection<T> {
    fn clone(&self) -> Self {
        Self::new(self.to.clone(), self.from.clone())
    }
}

impl<T> std::fmt::Debug for Connection<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("to", &self.to).field("from", &self.from).finish()
    }
}

impl<T> Serialize for Connection<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.to, &self.from).serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Connection<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (to, from) = Deserialize::deserialize(deserializer)?;
        Ok(Self::new(to, from))
    }
}
