//! A dictionary that processes share.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use bytes::Bytes;
use lithops_core::function::Data;

use super::encoding::encoded_key;
use super::{decoded, encoded};
use crate::place::{Found, Handle, typed_handle};
use crate::redis::{Lua, Reply, scripts};
use crate::{Multiprocessing, Result};

const WHAT: &str = "dictionary";

type Entries = BTreeMap<Bytes, Bytes>;

/// A dictionary that processes share: the `dict` of Python's managers.
///
/// Each operation is atomic, and a request of its own; values go in and out by value, so that a
/// changed one must be [inserted](Self::insert). Keys that are equal must encode to the same bytes,
/// as derived implementations do. The order of entries is none.
pub struct Dict<K, V> {
    handle: Handle,
    entry: PhantomData<fn() -> (K, V)>,
}

typed_handle!(Dict<K, V>, "dictionary", |handle| Dict { handle, entry: PhantomData });

impl<K: Data, V: Data> Dict<K, V> {
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
        let place = context.place()?;
        let handle = Handle::make(place, WHAT, Entries::new(), |server, keys, _| {
            server.run("make a dictionary", &scripts::CREATE, keys, &[b"kind", b"dict"]).map(drop)
        })?;
        Ok(Self { handle, entry: PhantomData })
    }

    fn run<R>(
        &self,
        operation: &'static str,
        in_memory: impl FnMut(&mut Entries) -> Result<R>,
        script: &Lua,
        arguments: &[&[u8]],
        understand: impl FnOnce(Reply) -> Result<R>,
    ) -> Result<R> {
        match self.handle.find()? {
            Found::Memory(id) => self.handle.at_once(id, in_memory),
            Found::Server(server, keys) => {
                let reply = server.run(operation, script, &keys, arguments)?;
                understand(super::answer(WHAT, operation, reply)?)
            }
        }
    }

    /// Changes one entry, and gives its value before that.
    fn swap(
        &self,
        how: &'static str,
        key: &Bytes,
        value: &Bytes,
        mut in_memory: impl FnMut(&mut Entries) -> Option<Bytes>,
    ) -> Result<Option<V>> {
        let arguments: [&[u8]; 3] = [how.as_bytes(), key, value];
        let swap = |entries: &mut Entries| Ok(in_memory(entries));
        let before = self.run(how, swap, &scripts::SWAP, &arguments, |reply| reply.bytes(how))?;
        before.map(decoded).transpose()
    }

    /// The value of a key, if it has one.
    ///
    /// # Errors
    /// [`Value`](crate::MultiprocessingError::Value) if the key can't be encoded, or the value is no `V`;
    /// else as [`Lock::acquire`](crate::Lock::acquire).
    pub fn get(&self, key: &K) -> Result<Option<V>> {
        let key = encoded_key(key)?;
        self.swap("get", &key, &Bytes::new(), |entries| entries.get(&key).cloned())
    }

    /// Sets the value of a key; gives the one before it.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn insert(&self, key: K, value: V) -> Result<Option<V>> {
        let (key, value) = (encoded(key)?, encoded(value)?);
        self.swap("set", &key, &value, |entries| entries.insert(key.clone(), value.clone()))
    }

    /// The value of a key, which is set to `value` if it has none: Python's `setdefault`.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_or_insert(&self, key: K, value: V) -> Result<V> {
        let (key, value) = (encoded(key)?, encoded(value)?);
        let before = self.swap("default", &key, &value, |entries| {
            let before = entries.get(&key).cloned();
            if before.is_none() {
                entries.insert(key.clone(), value.clone());
            }
            before
        })?;
        before.map_or_else(|| decoded(value), Ok)
    }

    /// Removes a key; gives its value.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn remove(&self, key: &K) -> Result<Option<V>> {
        let key = encoded_key(key)?;
        self.swap("remove", &key, &Bytes::new(), |entries| entries.remove(&key))
    }

    /// Whether a key has a value.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn contains_key(&self, key: &K) -> Result<bool> {
        let key = encoded_key(key)?;
        let has = |entries: &mut Entries| Ok(entries.contains_key(&key));
        let arguments: [&[u8]; 2] = [b"HEXISTS", &key];
        self.run("contains_key", has, &scripts::COMMAND, &arguments, |reply| {
            Ok(reply.int("contains_key")? == 1)
        })
    }

    /// All entries, as they are at one moment.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn items(&self) -> Result<Vec<(K, V)>> {
        let operation = "read";
        let all = |entries: &mut Entries| {
            Ok(entries.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect())
        };
        let flat: Vec<Bytes> =
            self.run(operation, all, &scripts::COMMAND, &[b"HGETALL"], |reply| {
                let flat = reply.list(operation)?.into_iter();
                flat.map(|part| Ok(part.bytes(operation)?.unwrap_or_default())).collect()
            })?;
        let entries = flat.chunks_exact(2);
        entries.map(|entry| Ok((decoded(entry[0].clone())?, decoded(entry[1].clone())?))).collect()
    }

    /// All keys, as they are at one moment.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn keys(&self) -> Result<Vec<K>> {
        Ok(self.items()?.into_iter().map(|(key, _)| key).collect())
    }

    /// All values, as they are at one moment.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn values(&self) -> Result<Vec<V>> {
        Ok(self.items()?.into_iter().map(|(_, value)| value).collect())
    }

    /// How many entries there are.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn len(&self) -> Result<usize> {
        let len = |entries: &mut Entries| Ok(entries.len());
        self.run("len", len, &scripts::COMMAND, &[b"HLEN"], |reply| reply.len("len"))
    }

    /// Whether there is no entry.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Removes all entries.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn clear(&self) -> Result<()> {
        let clear = |entries: &mut Entries| {
            entries.clear();
            Ok(())
        };
        self.run("clear", clear, &scripts::COMMAND, &[b"DEL"], |_| Ok(()))
    }
}
