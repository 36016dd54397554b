//! The bytes of an object from some place on, in order, and only those of the object that was meant.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;

use super::DataError;
use super::gzip::Unpacker;
use crate::ports::{ByteStream, ObjectMeta, StorageBackend, StorageErrorKind, open_storage};
use crate::wire::{Packing, StoredObject};

/// How much is asked for beyond what is certainly needed, at first and at most.
const BEYOND: (u64, u64) = (256 * 1024, 8 << 20);
/// How many packed bytes are unpacked before what they give is handed on: they may be a thousandth
/// of it.
const UNPACKED_AT_ONCE: usize = 16 * 1024;
/// How often a request that fails in between is made anew, without a byte in between.
const TRIES: u32 = 4;
/// The wait before the second try; doubles with each one.
const PAUSE: Duration = Duration::from_millis(100);

/// Reads an object on from some place.
///
/// Asks for what is certainly needed in one request, and for more in growing ones as long as somebody
/// reads on. A request that breaks off is made anew from where it came to.
pub(super) struct Source {
    storage: Arc<dyn StorageBackend>,
    object: StoredObject,
    /// The next byte, packed.
    position: u64,
    /// The end of the request under way.
    end: u64,
    beyond: u64,
    body: Option<ByteStream>,
    unpacker: Option<Unpacker>,
    /// What came and was not unpacked yet.
    packed: Bytes,
    failures: u32,
    /// Whether a request has come to its end.
    answered: bool,
}

impl Source {
    /// Prepares to read from byte `from`, where all bytes up to `needed` will be.
    pub(super) fn open(
        object: &StoredObject,
        packing: Packing,
        from: u64,
        needed: u64,
    ) -> Result<Self, DataError> {
        let storage = open_storage(&object.storage)?;
        let unpacker = match packing {
            Packing::Plain => None,
            Packing::Gzip => Some(Unpacker::new()),
        };
        let end = needed.clamp(from, object.size.max(from));
        let (position, beyond, object) = (from, BEYOND.0, object.clone());
        Ok(Self {
            storage,
            object,
            position,
            end,
            beyond,
            body: None,
            unpacker,
            packed: Bytes::new(),
            failures: 0,
            answered: false,
        })
    }

    /// The next bytes, unpacked; none at the object's end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, DataError> {
        loop {
            if self.unpacker.is_none() {
                return self.next_packed().await;
            }
            let packed = if self.packed.is_empty() { self.next_packed().await? } else { None };
            let at_end = packed.is_none() && self.packed.is_empty();
            self.packed = packed.unwrap_or_else(|| std::mem::take(&mut self.packed));
            let next = self.packed.split_to(self.packed.len().min(UNPACKED_AT_ONCE));
            let (Some(unpacker), key) = (&mut self.unpacker, &self.object.key) else { continue };
            let bytes = if at_end { unpacker.finish(key)? } else { unpacker.feed(&next, key)? };
            if at_end || !bytes.is_empty() {
                return Ok((!bytes.is_empty()).then_some(bytes));
            }
        }
    }

    async fn next_packed(&mut self) -> Result<Option<Bytes>, DataError> {
        loop {
            let outcome = match &mut self.body {
                Some(body) => body.next().await.transpose().map_err(DataError::from),
                None => match self.request().await {
                    Ok(true) => continue,
                    Ok(false) => return Ok(None),
                    Err(error) => Err(error),
                },
            };
            match outcome {
                Ok(Some(bytes)) => {
                    self.failures = 0;
                    self.position += bytes.len() as u64;
                    if self.position > self.object.size {
                        return Err(DataError::Changed { key: self.object.key.clone() });
                    }
                    return Ok(Some(bytes));
                }
                Err(DataError::Storage(error)) if error.kind == StorageErrorKind::Changed => {
                    return Err(DataError::Changed { key: self.object.key.clone() });
                }
                Ok(None) => {
                    self.body = None;
                    self.answered = true;
                    if self.object.size == ObjectMeta::UNKNOWN_SIZE {
                        self.object.size = self.position;
                    }
                    if self.position < self.end.min(self.object.size) {
                        return Err(DataError::Short {
                            key: self.object.key.clone(),
                            expected: self.end,
                            found: self.position,
                        });
                    }
                }
                Err(error) if error.is_retryable() && self.failures + 1 < TRIES => {
                    tracing::debug!(key = %self.object.key, %error, "a request is made anew");
                    tokio::time::sleep(PAUSE * 2_u32.pow(self.failures)).await;
                    self.failures += 1;
                    self.body = None;
                    // Without ranges there is no going on in the middle.
                    if self.object.size == ObjectMeta::UNKNOWN_SIZE && self.position > 0 {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes the next request; false at the object's end.
    async fn request(&mut self) -> Result<bool, DataError> {
        let size = self.object.size;
        // An object that is said to be empty is asked for too: files of the kernel are said to be.
        if self.position >= size && (size > 0 || self.answered) {
            return Ok(false);
        }
        if self.position >= self.end {
            self.end = self.position.saturating_add(self.beyond).min(size);
            self.beyond = (self.beyond * 4).min(BEYOND.1);
        }
        let whole = self.position == 0 && self.end == size;
        let range = (!whole).then_some(self.position..self.end);
        let found = self.storage.get_stream(&self.object.key, range).await;
        let found = found.map_err(|error| match error.kind {
            // The range was within the object that was seen.
            StorageErrorKind::InvalidRange => DataError::Changed { key: self.object.key.clone() },
            _ => error.into(),
        })?;
        let known = self.object.version.is_some() && found.meta.version.is_some();
        let other_size = size != ObjectMeta::UNKNOWN_SIZE
            && found.meta.size != ObjectMeta::UNKNOWN_SIZE
            && found.meta.size != size;
        if (known && self.object.version != found.meta.version) || other_size {
            return Err(DataError::Changed { key: self.object.key.clone() });
        }
        self.body = Some(found.body);
        Ok(true)
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("key", &self.object.key)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
