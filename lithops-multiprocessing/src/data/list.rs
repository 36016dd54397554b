//! A list that processes share.

use std::marker::PhantomData;

use bytes::Bytes;
use lithops_core::function::Data;

use super::{decoded, encoded};
use crate::place::{Found, Handle, Place, typed_handle, unique};
use crate::redis::{Lua, Reply, scripts};
use crate::{Multiprocessing, MultiprocessingError, Result};

const WHAT: &str = "list";

/// A script takes no more than some thousand arguments.
const AT_ONCE: usize = 1000;

fn after<'a>(first: &'a [u8], items: &'a [Bytes]) -> Vec<&'a [u8]> {
    std::iter::once(first).chain(items.iter().map(|item| &**item)).collect()
}

/// A list that processes share: the `list` of Python's managers.
///
/// Each operation is atomic, and a request of its own unless it says more; items go in and out by value, so that a
/// changed item must be [`set`](Self::set). Inserting and removing inside takes time for each item
/// behind the place.
pub struct List<T> {
    handle: Handle,
    item: PhantomData<fn() -> T>,
}

typed_handle!(List<T>, "list", |handle| List { handle, item: PhantomData });

impl<T: Data> List<T> {
    /// Makes an empty one, where the configured executor's workers reach it.
    ///
    /// # Errors
    /// As [`Lock::new`](crate::Lock::new).
    pub fn new() -> Result<Self> {
        Self::over(&Multiprocessing::configured()?)
    }

    /// Makes one, where the workers of this executor reach it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn over(context: &Multiprocessing) -> Result<Self> {
        Self::at(context.place()?)
    }

    pub(super) fn at(place: Place) -> Result<Self> {
        let handle = Handle::make(place, WHAT, Vec::<Bytes>::new(), |server, keys, _| {
            server.run("make a list", &scripts::CREATE, keys, &[b"kind", b"list"]).map(drop)
        })?;
        Ok(Self { handle, item: PhantomData })
    }

    fn run<R>(
        &self,
        operation: &'static str,
        in_memory: impl FnMut(&mut Vec<Bytes>) -> Result<R>,
        script: &Lua,
        arguments: &[&[u8]],
        understand: impl FnOnce(Reply) -> Result<R>,
    ) -> Result<R> {
        match self.handle.find()? {
            Found::Memory(id) => self.handle.at_once(id, in_memory),
            Found::Server(server, keys) => {
                let reply = server.run(operation, script, &keys, arguments)?;
                if let Reply::List(parts) = &reply
                    && let [Reply::Int(-2), Reply::Int(len)] = parts.as_slice()
                {
                    // The place was the first argument.
                    let index = arguments.first().and_then(|index| std::str::from_utf8(index).ok());
                    let index = index.and_then(|index| index.parse().ok()).unwrap_or(usize::MAX);
                    let len = usize::try_from(*len).unwrap_or(0);
                    return Err(MultiprocessingError::OutOfRange { index, len });
                }
                understand(super::answer(WHAT, operation, reply)?)
            }
        }
    }

    /// Adds an item at the end.
    ///
    /// # Errors
    /// [`Value`](MultiprocessingError::Value) if it can't be encoded; else as
    /// [`Lock::acquire`](crate::Lock::acquire).
    pub fn push(&self, item: T) -> Result<()> {
        self.extend([item])
    }

    /// Adds items at the end, all at once. More than a thousand go to the server in several requests,
    /// and are seen by others after the last one.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn extend(&self, items: impl IntoIterator<Item = T>) -> Result<()> {
        let items = items.into_iter().map(encoded).collect::<Result<Vec<Bytes>>>()?;
        if items.is_empty() {
            return self.len().map(drop);
        }
        let add = |list: &mut Vec<Bytes>| {
            list.extend_from_slice(&items);
            Ok(())
        };
        if items.len() <= AT_ONCE {
            let arguments = after(b"RPUSH", &items);
            return self.run("push", add, &scripts::COMMAND, &arguments, |_| Ok(()));
        }
        let side = unique();
        if let Found::Server(server, keys) = self.handle.find()? {
            for items in items.chunks(AT_ONCE) {
                let arguments = after(side.as_bytes(), items);
                let reply = server.run("push", &scripts::STAGE, &keys, &arguments)?;
                super::answer(WHAT, "push", reply)?;
            }
        }
        self.run("push", add, &scripts::APPEND, &[side.as_bytes()], |_| Ok(()))
    }

    /// Takes the last item.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn pop(&self) -> Result<Option<T>> {
        let pop = |list: &mut Vec<Bytes>| Ok(list.pop());
        let item =
            self.run("pop", pop, &scripts::COMMAND, &[b"RPOP"], |reply| reply.bytes("pop"))?;
        item.map(decoded).transpose()
    }

    /// The item at `index`, if there is one.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn get(&self, index: usize) -> Result<Option<T>> {
        let get = |list: &mut Vec<Bytes>| Ok(list.get(index).cloned());
        let place = index.to_string();
        let arguments: [&[u8]; 2] = [b"LINDEX", place.as_bytes()];
        let item =
            self.run("get", get, &scripts::COMMAND, &arguments, |reply| reply.bytes("get"))?;
        item.map(decoded).transpose()
    }

    /// Replaces the item at `index`.
    ///
    /// # Errors
    /// [`OutOfRange`](MultiprocessingError::OutOfRange) if there is none.
    pub fn set(&self, index: usize, item: T) -> Result<()> {
        let item = encoded(item)?;
        let set = |list: &mut Vec<Bytes>| {
            let len = list.len();
            let place = list.get_mut(index);
            *place.ok_or(MultiprocessingError::OutOfRange { index, len })? = item.clone();
            Ok(())
        };
        let place = index.to_string();
        let arguments = [place.as_bytes(), &item];
        self.run("set", set, &scripts::REPLACE, &arguments, |_| Ok(()))
    }

    /// Puts an item before the one at `index`, or at the end if that is the list's length.
    ///
    /// # Errors
    /// [`OutOfRange`](MultiprocessingError::OutOfRange) if the list is shorter.
    pub fn insert(&self, index: usize, item: T) -> Result<()> {
        let item = encoded(item)?;
        let insert = |list: &mut Vec<Bytes>| {
            let len = list.len();
            if index > len {
                return Err(MultiprocessingError::OutOfRange { index, len });
            }
            list.insert(index, item.clone());
            Ok(())
        };
        let place = index.to_string();
        let arguments = [place.as_bytes(), &item];
        self.run("insert", insert, &scripts::INSERT, &arguments, |_| Ok(()))
    }

    /// Takes the item at `index` out.
    ///
    /// # Errors
    /// [`OutOfRange`](MultiprocessingError::OutOfRange) if there is none.
    pub fn remove(&self, index: usize) -> Result<T> {
        let remove = |list: &mut Vec<Bytes>| {
            let len = list.len();
            if index >= len {
                return Err(MultiprocessingError::OutOfRange { index, len });
            }
            Ok(list.remove(index))
        };
        let (place, mark) = (index.to_string(), unique());
        let arguments = [place.as_bytes(), mark.as_bytes()];
        let item = self.run("remove", remove, &scripts::TAKE, &arguments, |reply| {
            reply.bytes("remove")?.ok_or(MultiprocessingError::Answer { operation: "remove" })
        })?;
        decoded(item)
    }

    /// All items, as they are at one moment.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn to_vec(&self) -> Result<Vec<T>> {
        let all = |list: &mut Vec<Bytes>| Ok(list.clone());
        let arguments: [&[u8]; 3] = [b"LRANGE", b"0", b"-1"];
        let items = self.run("read", all, &scripts::COMMAND, &arguments, |reply| {
            let items = reply.list("read")?.into_iter();
            items.map(|item| Ok(item.bytes("read")?.unwrap_or_default())).collect()
        })?;
        items.into_iter().map(decoded).collect()
    }

    /// How many items there are.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn len(&self) -> Result<usize> {
        let len = |list: &mut Vec<Bytes>| Ok(list.len());
        self.run("len", len, &scripts::COMMAND, &[b"LLEN"], |reply| reply.len("len"))
    }

    /// Whether there is no item.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Removes all items.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn clear(&self) -> Result<()> {
        let clear = |list: &mut Vec<Bytes>| {
            list.clear();
            Ok(())
        };
        self.run("clear", clear, &scripts::COMMAND, &[b"DEL"], |_| Ok(()))
    }
}
