//! One callable function, and what it is called with.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::{Mutex, OnceLock, PoisonError};

use bytes::Bytes;

use super::Data;
use crate::wire::{CallError, FunctionId, ValueSink, decode_value};

/// Runs one call: decodes the argument, calls the function, encodes the result.
pub type Thunk = fn(&mut Invocation<'_>) -> Result<(), CallError>;

/// A function that can be called remotely.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name across builds and its identity within one.
    pub id: FunctionId,
    /// How to call it.
    pub thunk: Thunk,
}

/// The argument of one call and the place for its result.
#[expect(missing_debug_implementations, reason = "holds a borrowed runtime")]
pub struct Invocation<'a> {
    /// The encoded arguments, until the function takes them.
    pub arguments: Arguments,
    /// The value that the job's calls share.
    pub shared: Option<&'a SharedValue>,
    /// Receives the encoded result.
    pub output: &'a mut ValueSink,
    /// Runs futures.
    pub runtime: &'a dyn BlockOn,
}

/// What a function is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// One value.
    One(Bytes),
    /// The values that a reducer takes.
    Many(Vec<Bytes>),
}

/// Runs a future to its end on the current thread.
pub trait BlockOn {
    /// Blocks until `future` ends.
    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>);
}

/// A job's shared value: decoded at the first call that asks for it, then lent to all.
///
/// Functions take it as `&'static S`, which is what lets an `async fn(&S, Item)` fit, so the
/// decoded value is never freed. Equal bytes of equal type are decoded once a process: a retry or a
/// second job with the same value costs nothing more.
#[derive(Debug)]
pub struct SharedValue {
    bytes: Bytes,
    decoded: OnceLock<&'static (dyn Any + Send + Sync)>,
}

type Decoded = HashMap<(TypeId, u64, u64), &'static (dyn Any + Send + Sync)>;

impl SharedValue {
    /// Wraps the encoded value.
    pub fn new(bytes: Bytes) -> Self {
        Self { bytes, decoded: OnceLock::new() }
    }

    /// The decoded value.
    ///
    /// # Errors
    /// [`CallError::Argument`] if the bytes are no `S`.
    pub fn get<S: Data + Sync>(&self) -> Result<&'static S, CallError> {
        if let Some(value) = self.decoded.get().and_then(|value| value.downcast_ref()) {
            return Ok(value);
        }
        static KEYS: OnceLock<(RandomState, RandomState)> = OnceLock::new();
        static DECODED: OnceLock<Mutex<Decoded>> = OnceLock::new();
        let (first, second) = KEYS.get_or_init(Default::default);
        let key = (TypeId::of::<S>(), first.hash_one(&self.bytes), second.hash_one(&self.bytes));
        let decoded = DECODED.get_or_init(Mutex::default);
        let mut decoded = decoded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = decoded.get(&key)
            && let Some(value) = known.downcast_ref()
        {
            self.decoded.get_or_init(|| *known);
            return Ok(value);
        }
        let value: S = decode_value(self.bytes.clone()).map_err(CallError::Argument)?;
        let value: &'static S = Box::leak(Box::new(value));
        decoded.insert(key, value);
        // Another thread can only have set the same value: the map is locked.
        self.decoded.get_or_init(|| value);
        Ok(value)
    }
}
