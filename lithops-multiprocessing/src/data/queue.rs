//! Items that some put in and others take out.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use lithops_core::function::Data;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Channel, decoded, encoded};
use crate::sync::{after, timed_out};
use crate::{Multiprocessing, MultiprocessingError, Result};

/// Items that some put in and others take out, in that order: Python's `Queue`, `SimpleQueue` and
/// `JoinableQueue`.
///
/// Handles are cheap to clone, and can be arguments of functions. An item is taken by one reader; it
/// is lost if that reader dies before it has done with it.
pub struct Queue<T> {
    channel: Channel,
    most: usize,
    item: PhantomData<fn() -> T>,
}

impl<T: Data> Queue<T> {
    /// Makes one for `most` items, or any number if that is 0, where the configured executor's
    /// workers reach it.
    ///
    /// # Errors
    /// As [`Lock::new`](crate::Lock::new).
    pub fn new(most: usize) -> Result<Self> {
        Self::over(&Multiprocessing::configured()?, most)
    }

    /// Makes one, where the workers of this executor reach it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn over(context: &Multiprocessing, most: usize) -> Result<Self> {
        Ok(Self { channel: Channel::new(context.place()?, most)?, most, item: PhantomData })
    }

    /// Puts an item in, and waits for room first if need be.
    ///
    /// # Errors
    /// [`Value`](MultiprocessingError::Value) if the item can't be encoded; else as
    /// [`Lock::acquire`](crate::Lock::acquire).
    pub fn put(&self, item: T) -> Result<()> {
        self.channel.put(&encoded(item)?, None).map(drop)
    }

    /// As [`put`](Self::put), but waits for at most `limit`.
    ///
    /// # Errors
    /// [`TimedOut`](MultiprocessingError::TimedOut) if there was no room for longer.
    pub fn put_timeout(&self, item: T, limit: Duration) -> Result<()> {
        let is_in = self.channel.put(&encoded(item)?, after(limit))?;
        if is_in { Ok(()) } else { Err(timed_out("room in the queue", limit)) }
    }

    /// Puts an item in if there is room.
    ///
    /// # Errors
    /// [`QueueFull`](MultiprocessingError::QueueFull) if there is none.
    pub fn try_put(&self, item: T) -> Result<()> {
        let is_in = self.channel.put(&encoded(item)?, Some(Instant::now()))?;
        if is_in { Ok(()) } else { Err(MultiprocessingError::QueueFull) }
    }

    /// Waits for an item, and takes it out.
    ///
    /// # Errors
    /// [`Value`](MultiprocessingError::Value) if it is no `T`; else as
    /// [`Lock::acquire`](crate::Lock::acquire).
    pub fn get(&self) -> Result<T> {
        match self.channel.get(None)? {
            Some(item) => decoded(item),
            None => Err(MultiprocessingError::QueueEmpty),
        }
    }

    /// As [`get`](Self::get), but waits for at most `limit`.
    ///
    /// # Errors
    /// [`TimedOut`](MultiprocessingError::TimedOut) if there was none for longer.
    pub fn get_timeout(&self, limit: Duration) -> Result<T> {
        match self.channel.get(after(limit))? {
            Some(item) => decoded(item),
            None => Err(timed_out("an item of the queue", limit)),
        }
    }

    /// Takes an item out if there is one.
    ///
    /// # Errors
    /// [`QueueEmpty`](MultiprocessingError::QueueEmpty) if there is none.
    pub fn try_get(&self) -> Result<T> {
        match self.channel.get(Some(Instant::now()))? {
            Some(item) => decoded(item),
            None => Err(MultiprocessingError::QueueEmpty),
        }
    }
}

impl<T> Queue<T> {
    /// How many items are in it at this moment.
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn len(&self) -> Result<usize> {
        self.channel.len()
    }

    /// Whether no item is in it at this moment.
    ///
    /// # Errors
    /// As [`len`](Self::len).
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Whether there is no room at this moment.
    ///
    /// # Errors
    /// As [`len`](Self::len).
    pub fn is_full(&self) -> Result<bool> {
        Ok(self.most > 0 && self.len()? >= self.most)
    }

    /// Says that an item that was taken out is done; see [`join`](Self::join).
    ///
    /// # Errors
    /// [`TaskDoneTooOften`](MultiprocessingError::TaskDoneTooOften) if all are done already.
    pub fn task_done(&self) -> Result<()> {
        self.channel.task_done()
    }

    /// Waits until every item that was put in is [done](Self::task_done).
    ///
    /// # Errors
    /// As [`Lock::acquire`](crate::Lock::acquire).
    pub fn join(&self) -> Result<()> {
        self.channel.idle(None).map(drop)
    }

    /// As [`join`](Self::join), for at most `limit`; gives whether all are done.
    ///
    /// # Errors
    /// As [`join`](Self::join).
    pub fn join_timeout(&self, limit: Duration) -> Result<bool> {
        self.channel.idle(after(limit))
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { channel: self.channel.clone(), most: self.most, item: PhantomData }
    }
}

impl<T> std::fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.channel.fmt(f)
    }
}

impl<T> Serialize for Queue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.channel, self.most).serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Queue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (channel, most) = Deserialize::deserialize(deserializer)?;
        Ok(Self { channel, most, item: PhantomData })
    }
}
