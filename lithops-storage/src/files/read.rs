//! Reading files: an open file keeps its content however often its key is written anew.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::try_unfold;
use lithops_core::ports::{ByteStream, ObjectMeta};

use super::errors::{blocking, changed};

/// What a stream holds in memory.
const PIECE: u64 = 1024 * 1024;

pub(super) fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let file = File::open(path)?;
    let metadata = of_file(file.metadata()?)?;
    Ok((file, metadata))
}

pub(super) fn metadata(path: &Path) -> io::Result<Metadata> {
    of_file(fs::metadata(path)?)
}

fn of_file(metadata: Metadata) -> io::Result<Metadata> {
    if metadata.is_file() { Ok(metadata) } else { Err(ErrorKind::IsADirectory.into()) }
}

/// A file that is written anew is another file, and one that is changed in place has another time.
pub(super) fn object_meta(key: String, metadata: &Metadata) -> ObjectMeta {
    let (time, nanos) = (metadata.mtime(), metadata.mtime_nsec());
    let version = format!("{:x}-{time:x}.{nanos:x}-{:x}", metadata.ino(), metadata.len());
    let modified = u64::try_from(time).ok();
    ObjectMeta { key, size: metadata.len(), version: Some(version), modified }
}

pub(super) fn whole(path: &Path) -> io::Result<Bytes> {
    let (mut file, metadata) = open(path)?;
    let mut body = Vec::with_capacity(length(metadata.len())?);
    file.read_to_end(&mut body)?;
    Ok(body.into())
}

/// Reads `range`; nothing if it does not lie inside the file.
pub(super) fn range(path: &Path, range: Range<u64>) -> io::Result<Option<Bytes>> {
    let (file, metadata) = open(path)?;
    if range.start > range.end || range.end > metadata.len() {
        return Ok(None);
    }
    let mut body = vec![0; length(range.end - range.start)?];
    file.read_exact_at(&mut body, range.start)?;
    Ok(Some(body.into()))
}

/// Streams `range` of the file, or as much of it as there is.
///
/// A file that is written in place meanwhile is another object: the stream then fails.
pub(super) fn stream(file: File, range: Range<u64>, meta: &ObjectMeta) -> ByteStream {
    let meta = meta.clone();
    let next_piece = |(file, range, meta): (File, Range<u64>, ObjectMeta)| async move {
        let (read, at) = (PIECE.min(range.end - range.start), range.start);
        if read == 0 {
            return Ok(None);
        }
        let read = move || {
            let mut piece = Vec::with_capacity(length(read)?);
            (&file).seek(SeekFrom::Start(at))?;
            (&file).take(read).read_to_end(&mut piece)?;
            let now = file.metadata()?;
            Ok((file, piece, now))
        };
        let (file, piece, now) = blocking("get_stream", &meta.key, read).await?;
        if object_meta(String::new(), &now).version != meta.version {
            return Err(changed("get_stream", &meta.key));
        }
        let rest = at + piece.len() as u64..range.end;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), (file, rest, meta))))
    };
    try_unfold((file, range, meta), next_piece).boxed()
}

fn length(size: u64) -> io::Result<usize> {
    usize::try_from(size).map_err(|_| ErrorKind::OutOfMemory.into())
}
