//! Objects as a hash, chunks, and an entry of the index.

use std::ops::Range;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use lithops_core::ports::{
    ByteStream, ListPage, ObjectMeta, PutMode, StorageError, StorageErrorKind,
};

use super::bounds;
use super::connection::Connection;
use super::errors::Request;
use super::scripts::{COPY, DELETE, LIST, READ, WRITE};

/// The most that one value of the server holds: what a request moves, and what it is busy with.
pub(super) const CHUNK: usize = 4 * 1024 * 1024;

/// How long the server keeps chunks that no object has yet, in seconds.
const UNFINISHED: u64 = 24 * 60 * 60;

/// Scripts count in floating point; no object is as large as what they can count exactly.
const LARGEST: u64 = 1 << 53;

/// The keys of one prefix.
#[derive(Debug)]
pub(super) struct Place {
    connection: Connection,
    index: String,
    objects: String,
    chunks: String,
}

/// An object, and the bytes of it that are wanted.
#[derive(Debug)]
pub(super) struct Found {
    id: String,
    size: u64,
    chunk: u64,
    range: Range<u64>,
    /// All of the range, if it lies in the first chunk.
    bytes: Bytes,
}

impl Found {
    pub(super) fn meta(&self, key: &str) -> ObjectMeta {
        let (version, modified) = (Some(self.id.clone()), written(&self.id));
        ObjectMeta { key: key.to_owned(), size: self.size, version, modified }
    }

    /// The bytes of the range, if they came along.
    pub(super) fn first_bytes(&self) -> Option<Bytes> {
        let all = self.range.end - self.range.start == self.bytes.len() as u64;
        all.then(|| self.bytes.clone())
    }
}

impl Place {
    pub(super) fn new(connection: Connection, prefix: &str) -> Self {
        Self {
            connection,
            index: format!("{prefix}:index"),
            objects: format!("{prefix}:object:"),
            chunks: format!("{prefix}:chunk:"),
        }
    }

    fn object(&self, key: &str) -> String {
        format!("{}{key}", self.objects)
    }

    /// Finds an object, and reads the range along if it lies in the first chunk.
    pub(super) async fn find(
        &self,
        request: &Request,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Found, StorageError> {
        let (first, last) = match &range {
            None => (0, -1),
            Some(range) => (range.start.min(LARGEST), range.end.min(LARGEST) as i64),
        };
        let mut read = READ.key(self.object(key));
        read.arg(&self.chunks).arg(first).arg(last);
        let answer: Vec<Vec<u8>> = self.run(request, &read).await?;
        let [id, size, chunk, bytes] = match <[Vec<u8>; 4]>::try_from(answer) {
            Ok(fields) => fields,
            Err(_) => return Err(request.error(StorageErrorKind::NotFound)),
        };
        let (Some(id), Some(size), Some(chunk)) = (text(id), number(&size), number(&chunk)) else {
            // Somebody else's keys have our prefix.
            return Err(request.error(StorageErrorKind::NoPlace));
        };
        let range = range.unwrap_or(0..size);
        if range.start > range.end || range.end > size || chunk == 0 {
            return Err(request.error(StorageErrorKind::InvalidRange));
        }
        Ok(Found { id, size, chunk, range, bytes: bytes.into() })
    }

    /// Reads the range chunk by chunk; one at a time is in memory.
    pub(super) fn body(self: &Arc<Self>, request: Request, found: Found) -> ByteStream {
        if let Some(bytes) = found.first_bytes() {
            return stream::iter((!bytes.is_empty()).then_some(Ok(bytes))).boxed();
        }
        let pieces = pieces(found.range.clone(), found.chunk);
        let place = Arc::clone(self);
        stream::iter(pieces)
            .then(move |(number, part)| {
                let (place, request) = (Arc::clone(&place), request.clone());
                let chunk = format!("{}{}:{number}", place.chunks, found.id);
                async move {
                    let mut get = redis::cmd("GETRANGE");
                    get.arg(chunk).arg(part.start).arg(part.end - 1);
                    let bytes: Vec<u8> = place.send(&request, &get).await?;
                    // A chunk goes with its object.
                    if bytes.len() as u64 != part.end - part.start {
                        return Err(request.error(StorageErrorKind::Changed));
                    }
                    Ok(Bytes::from(bytes))
                }
            })
            .boxed()
    }

    /// Stores an object of one chunk by one request.
    pub(super) async fn write_small(
        &self,
        request: &Request,
        key: &str,
        body: &[u8],
        mode: PutMode,
    ) -> Result<(), StorageError> {
        self.write(request, key, &new_id(), body.len() as u64, mode, Some(body)).await
    }

    /// Stores chunks as they fill, and then the object that they are.
    pub(super) async fn write_stream(
        &self,
        request: &Request,
        key: &str,
        body: ByteStream,
        mode: PutMode,
    ) -> Result<u64, StorageError> {
        let id = new_id();
        let mut written = 0;
        let stored = async {
            let size = self.write_chunks(request, &id, body, &mut written).await?;
            self.write(request, key, &id, size, mode, None).await?;
            Ok(size)
        };
        let stored = stored.await;
        if stored.is_err() {
            let mut unlink = redis::cmd("UNLINK");
            for number in 0..written {
                unlink.arg(format!("{}{id}:{number}", self.chunks));
            }
            if written > 0 {
                // What ended the stream tells more than a failure to tidy up; the server will.
                self.send::<()>(request, &unlink).await.ok();
            }
        }
        stored
    }

    async fn write_chunks(
        &self,
        request: &Request,
        id: &str,
        mut body: ByteStream,
        written: &mut usize,
    ) -> Result<u64, StorageError> {
        let mut size = 0;
        let mut gathered = BytesMut::new();
        loop {
            let next = body.try_next().await?;
            let is_last = next.is_none();
            let mut next = next.unwrap_or_default();
            loop {
                let room = (CHUNK - gathered.len()).min(next.len());
                gathered.extend_from_slice(&next.split_to(room));
                if gathered.len() == CHUNK || (is_last && !gathered.is_empty()) {
                    let mut set = redis::cmd("SET");
                    set.arg(format!("{}{id}:{written}", self.chunks)).arg(&gathered[..]);
                    set.arg("EX").arg(UNFINISHED);
                    // Counted before it is sent: an answer may be lost.
                    *written += 1;
                    self.send::<()>(request, &set).await?;
                    size += gathered.len() as u64;
                    gathered.clear();
                }
                if next.is_empty() {
                    break;
                }
            }
            if is_last {
                return Ok(size);
            }
        }
    }

    async fn write(
        &self,
        request: &Request,
        key: &str,
        id: &str,
        size: u64,
        mode: PutMode,
        body: Option<&[u8]>,
    ) -> Result<(), StorageError> {
        let mut write = WRITE.key(self.object(key));
        write.key(&self.index).arg(&self.chunks).arg(key).arg(id).arg(size).arg(CHUNK);
        write.arg(match mode {
            PutMode::Create => "create",
            PutMode::Overwrite => "overwrite",
        });
        if let Some(body) = body {
            write.arg(body);
        }
        let outcome: String = self.run(request, &write).await?;
        match outcome.as_str() {
            "stored" => Ok(()),
            "exists" => Err(request.error(StorageErrorKind::AlreadyExists)),
            // The stream took longer than a day, or the server was short of memory.
            _ => Err(request.error(StorageErrorKind::Unavailable)),
        }
    }

    pub(super) async fn list(
        &self,
        request: &Request,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<ListPage, StorageError> {
        let (first, last) = bounds::of(prefix, after);
        let mut list = LIST.key(&self.index);
        // One more than a page, to know whether another follows.
        list.arg(first).arg(last).arg(ListPage::MAX + 1).arg(&self.objects);
        let answer: Vec<Vec<u8>> = self.run(request, &list).await?;
        let mut objects = Vec::new();
        for fields in answer.chunks_exact(3) {
            let [key, id, size] = [&fields[0], &fields[1], &fields[2]];
            let (Some(key), Some(size)) = (text(key.clone()), number(size)) else {
                return Err(request.error(StorageErrorKind::NoPlace));
            };
            let version = text(id.clone());
            let modified = version.as_deref().and_then(written);
            objects.push(ObjectMeta { key, size, version, modified });
        }
        let more = objects.len() > ListPage::MAX;
        objects.truncate(ListPage::MAX);
        Ok(ListPage { objects, more })
    }

    pub(super) async fn delete(
        &self,
        request: &Request,
        keys: &[String],
    ) -> Result<(), StorageError> {
        let mut delete = DELETE.key(&self.index);
        delete.arg(&self.objects).arg(&self.chunks).arg(keys);
        self.run::<u64>(request, &delete).await.map(drop)
    }

    pub(super) async fn copy(
        &self,
        request: &Request,
        from: &str,
        to: &str,
    ) -> Result<(), StorageError> {
        let mut copy = COPY.key(self.object(from));
        copy.key(self.object(to)).key(&self.index).arg(&self.chunks).arg(to).arg(new_id());
        match self.run::<String>(request, &copy).await?.as_str() {
            "stored" => Ok(()),
            _ => Err(request.error(StorageErrorKind::NotFound)),
        }
    }

    async fn run<T: redis::FromRedisValue>(
        &self,
        request: &Request,
        script: &redis::ScriptInvocation<'_>,
    ) -> Result<T, StorageError> {
        self.connection.run(script).await.map_err(|error| request.failed(error))
    }

    async fn send<T: redis::FromRedisValue>(
        &self,
        request: &Request,
        command: &redis::Cmd,
    ) -> Result<T, StorageError> {
        self.connection.send(command).await.map_err(|error| request.failed(error))
    }
}

/// The chunks that a range touches, and which part of each.
fn pieces(range: Range<u64>, chunk: u64) -> impl Iterator<Item = (u64, Range<u64>)> {
    let numbers = range.start / chunk..range.end.div_ceil(chunk);
    numbers.map(move |number| {
        let begin = number * chunk;
        let part = range.start.max(begin) - begin..range.end.min(begin + chunk) - begin;
        (number, part)
    })
}

/// The identity of an object's bytes: its version, and the name of its chunks.
///
/// The time when it was made stands first, in milliseconds since 1970: the server keeps none.
fn new_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    format!("{now:012x}{:020x}", rand::random::<u128>() >> 48)
}

/// When the object of an identity was written, in seconds since 1970.
fn written(id: &str) -> Option<u64> {
    Some(u64::from_str_radix(id.get(..12)?, 16).ok()? / 1000)
}

fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

fn number(bytes: &[u8]) -> Option<u64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{new_id, pieces, written};

    #[test]
    fn an_identity_tells_its_time() {
        let id = new_id();
        assert_eq!(id.len(), 32);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ago = now.ok().zip(written(&id)).map(|(now, written)| now.as_secs() - written);
        assert!(ago.is_some_and(|seconds| seconds < 60), "{ago:?}");
        assert_eq!(written("0000000003e8ffffffffffffffffffff"), Some(1));
        assert_eq!(written("é"), None);
    }

    #[test]
    fn a_range_is_cut_at_the_ends_of_chunks() {
        let cut = |range| pieces(range, 10).collect::<Vec<_>>();
        assert_eq!(cut(3..7), [(0, 3..7)]);
        assert_eq!(cut(0..10), [(0, 0..10)]);
        assert_eq!(cut(9..31), [(0, 9..10), (1, 0..10), (2, 0..10), (3, 0..1)]);
        assert_eq!(cut(10..20), [(1, 0..10)]);
    }
}
