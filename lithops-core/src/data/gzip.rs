//! Gzip: unpacking, and the blocks of BGZF, from each of which unpacking can begin.

use std::io::Write;

use bytes::{Buf, Bytes, BytesMut};
use flate2::write::MultiGzDecoder;

use super::DataError;
use super::source::Source;
use crate::wire::{Blocks, Packing, StoredObject};

/// How far apart, unpacked, the blocks are that an index names.
const STRIDE: u64 = 256 * 1024;
/// The fixed part of a member's head, with the length of its extra field.
const HEAD: usize = 12;
/// The flag of a head that has an extra field.
const EXTRA: u8 = 4;
/// The unpacked size, at a member's end.
const TAIL: usize = 4;

/// Unpacks gzip, also of many members one after another.
pub(super) struct Unpacker {
    decoder: MultiGzDecoder<Vec<u8>>,
    unpacked: u64,
}

impl Unpacker {
    pub(super) fn new() -> Self {
        Self { decoder: MultiGzDecoder::new(Vec::new()), unpacked: 0 }
    }

    pub(super) fn feed(&mut self, packed: &[u8], key: &str) -> Result<Bytes, DataError> {
        let written = self.decoder.write_all(packed);
        written.map_err(|error| self.malformed(key, &error))?;
        Ok(self.take())
    }

    /// Checks that nothing is missing at the end.
    pub(super) fn finish(&mut self, key: &str) -> Result<Bytes, DataError> {
        let finished = self.decoder.try_finish();
        finished.map_err(|error| self.malformed(key, &error))?;
        Ok(self.take())
    }

    fn take(&mut self) -> Bytes {
        let bytes = std::mem::take(self.decoder.get_mut());
        self.unpacked += bytes.len() as u64;
        bytes.into()
    }

    fn malformed(&self, key: &str, error: &std::io::Error) -> DataError {
        let place = format!("after {} unpacked bytes", self.unpacked);
        DataError::Malformed { key: key.to_owned(), place, problem: format!("no gzip: {error}") }
    }
}

/// Finds the blocks of an object by their heads, without unpacking any; `None` if the object is no
/// BGZF and can only be unpacked from its beginning.
pub(crate) async fn index_blocks(object: StoredObject) -> Result<Option<Blocks>, DataError> {
    let mut source = Source::open(&object, Packing::Plain, 0, object.size)?;
    let mut walk = Walk::default();
    while let Some(bytes) = source.next().await? {
        if !walk.feed(&bytes) {
            return Ok(None);
        }
    }
    if walk.skip > 0 || !walk.gathered.is_empty() {
        let (key, place) = (object.key, format!("byte {}", walk.block));
        let problem = "the last block of gzip is incomplete".to_owned();
        return Err(DataError::Malformed { key, place, problem });
    }
    Ok(Some(Blocks { unpacked: walk.unpacked, starts: walk.starts }))
}

/// A walk from head to head.
#[derive(Default)]
struct Walk {
    gathered: BytesMut,
    /// Bytes between a head and the tail of its block that are still to come.
    skip: u64,
    in_tail: bool,
    /// Where the current block begins, packed; and the next.
    block: u64,
    next: u64,
    unpacked: u64,
    starts: Vec<(u64, u64)>,
}

impl Walk {
    /// Takes the next bytes; false if they show that this is no BGZF.
    fn feed(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len() as u64);
            bytes.advance(skipped as usize);
            self.skip -= skipped;
            if self.skip > 0 {
                return true;
            }
            let wanted = if self.in_tail { TAIL } else { self.head_size() };
            let missing = wanted - self.gathered.len();
            let taken = missing.min(bytes.len());
            self.gathered.extend_from_slice(&bytes[..taken]);
            bytes.advance(taken);
            if self.gathered.len() < wanted {
                return true;
            }
            if self.in_tail {
                self.unpacked += u64::from(self.gathered.get_u32_le());
                self.gathered.clear();
                self.in_tail = false;
                self.block = self.next;
            } else if self.head_size() == wanted && !self.enter_block() {
                return false;
            }
        }
        true
    }

    /// How long the head is, as far as its beginning shows.
    fn head_size(&self) -> usize {
        match self.gathered.get(..HEAD) {
            Some([_, _, _, flags, .., low, high]) if flags & EXTRA != 0 => {
                HEAD + usize::from(u16::from_le_bytes([*low, *high]))
            }
            _ => HEAD,
        }
    }

    /// Reads the head of a block, and skips to its tail.
    fn enter_block(&mut self) -> bool {
        let head = self.gathered.split();
        let Some(size) = block_size(&head) else { return false };
        let Some(skip) = size.checked_sub((head.len() + TAIL) as u64) else { return false };
        if self.starts.last().is_none_or(|(_, before)| self.unpacked - before >= STRIDE) {
            self.starts.push((self.block, self.unpacked));
        }
        self.skip = skip;
        self.next = self.block + size;
        self.in_tail = true;
        true
    }
}

/// The size of the block with this head, which BGZF keeps in an extra field.
fn block_size(head: &[u8]) -> Option<u64> {
    let [0x1f, 0x8b, 8, flags, ..] = head else { return None };
    if flags & EXTRA == 0 {
        return None;
    }
    let mut fields = head.get(HEAD..)?;
    while let [name @ .., low, high] = fields.get(..4)? {
        let len = usize::from(u16::from_le_bytes([*low, *high]));
        let value = fields.get(4..4 + len)?;
        if let (b"BC", [low, high]) = (name, value) {
            return Some(u64::from(u16::from_le_bytes([*low, *high])) + 1);
        }
        fields = &fields[4 + len..];
    }
    None
}

/// The blocks whose heads are in `bytes`, fed in pieces of `step`; `None` if that is no BGZF.
#[cfg(fuzzing)]
pub(crate) fn walk_blocks(bytes: &[u8], step: usize) -> Option<Vec<(u64, u64)>> {
    let mut walk = Walk::default();
    bytes.chunks(step).all(|piece| walk.feed(piece)).then_some(walk.starts)
}

/// How many bytes unpacking gives, fed in pieces of `step`; `None` if that is no gzip.
#[cfg(fuzzing)]
pub(crate) fn unpack(bytes: &[u8], step: usize) -> Option<u64> {
    let mut unpacker = Unpacker::new();
    for piece in bytes.chunks(step) {
        unpacker.feed(piece, "").ok()?;
    }
    unpacker.finish("").ok()?;
    Some(unpacker.unpacked)
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unpacker").field("unpacked", &self.unpacked).finish_non_exhaustive()
    }
}
