//! The bytes of one part, in order.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures::Stream;
use futures::future::BoxFuture;

use super::source::Source;
use super::{DataError, wait};
use crate::plan::{Automaton, Cut};
use crate::wire::{Extent, ObjectPart, Packing, Records, StoredObject};

/// Reads a part, or a whole object: a [`Read`] and [`BufRead`] for plain functions, a [`Stream`] of
/// pieces for `async` ones.
///
/// Holds one piece in memory, of about a megabyte from files and as it comes from a network. As a
/// `Read` it blocks its thread. Dropping it ends the request.
#[derive(Debug)]
pub struct PartReader {
    /// Taken while a piece is on its way.
    pieces: Option<Pieces>,
    piece: Bytes,
    pending: Pending,
}

type Fetched = (Pieces, Result<Option<Bytes>, DataError>);

/// A piece on its way to a stream.
#[derive(Default)]
struct Pending(Option<BoxFuture<'static, Fetched>>);

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pending").field(&self.0.is_some()).finish()
    }
}

impl PartReader {
    pub(super) fn of_part(part: &ObjectPart) -> Result<Self, DataError> {
        let (object, packing) = (&part.object, part.packing);
        let pieces = match &part.extent {
            Extent::Whole => Pieces::whole(object, packing)?,
            Extent::Range { start, end, size, entry, exit, block } => {
                check(part).map_err(|problem| no_part(part, problem))?;
                let cut = Cut::new(&part.records, &(*start..*end), *size, *entry, *exit);
                let (packed, unpacked) = block.unwrap_or((cut.from(), cut.from()));
                let skip = cut.from().checked_sub(unpacked);
                let skip = skip.ok_or_else(|| no_part(part, "its block begins after it does"))?;
                // How many packed bytes are needed is known only where nothing is packed.
                let needed = if block.is_some() { packed } else { cut.needed().max(*end) };
                Pieces {
                    source: Source::open(object, packing, packed, needed)?,
                    skip,
                    cut: Some(cut),
                    ready: VecDeque::new(),
                    ended: false,
                }
            }
        };
        Ok(Self::new(pieces))
    }

    pub(super) fn of_object(object: &StoredObject) -> Result<Self, DataError> {
        Pieces::whole(object, Packing::Plain).map(Self::new)
    }

    fn new(pieces: Pieces) -> Self {
        Self { pieces: Some(pieces), piece: Bytes::new(), pending: Pending::default() }
    }

    /// The next bytes, as they come; none at the end. For plain functions: blocks.
    ///
    /// # Errors
    /// [`DataError`] if they can't be read, or the object has changed.
    pub fn next_piece(&mut self) -> Result<Option<Bytes>, DataError> {
        if !self.piece.is_empty() {
            return Ok(Some(std::mem::take(&mut self.piece)));
        }
        wait(std::future::poll_fn(|context| self.poll_piece(context)))
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, DataError>> {
        if let Some(pieces) = &mut self.pieces
            && let Some(piece) = pieces.ready.pop_front()
        {
            return Poll::Ready(Ok(Some(piece)));
        }
        if let Some(mut pieces) = self.pieces.take() {
            self.pending.0 = Some(Box::pin(async move {
                let piece = pieces.next().await;
                (pieces, piece)
            }));
        }
        let Some(pending) = &mut self.pending.0 else { return Poll::Ready(Ok(None)) };
        let (pieces, piece) = ready!(pending.as_mut().poll(context));
        self.pending.0 = None;
        self.pieces = Some(pieces);
        Poll::Ready(piece)
    }
}

impl Stream for PartReader {
    type Item = Result<Bytes, DataError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.piece.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.piece))));
        }
        self.poll_piece(context).map(Result::transpose)
    }
}

impl BufRead for PartReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.piece.is_empty() {
            match self.next_piece()? {
                Some(piece) => self.piece = piece,
                None => break,
            }
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, count: usize) {
        self.piece.advance(count);
    }
}

impl Read for PartReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

/// The pieces of a part, cut out of what its source gives.
/// Looks whether a part is one that objects are divided into: it comes from another process.
fn check(part: &ObjectPart) -> Result<(), &'static str> {
    let Extent::Range { start, end, size, entry, exit, .. } = part.extent else { return Ok(()) };
    if start > end || end > size {
        return Err("its range is none of the object's");
    }
    if part.records == Records::Fixed(0) {
        return Err("its records have no bytes");
    }
    if let Records::Delimited(delimiter) = &part.records
        && delimiter.len() > Automaton::LONGEST
    {
        return Err("its records end in more bytes than can be looked for");
    }
    match Automaton::of(&part.records) {
        Some(automaton) if !automaton.has(entry) || !automaton.has(exit) => {
            Err("its format has no such state")
        }
        _ => Ok(()),
    }
}

fn no_part(part: &ObjectPart, problem: &str) -> DataError {
    let place = format!("part {}", part.index);
    let problem = format!("{problem}: plan the parts again");
    DataError::Malformed { key: part.object.key.clone(), place, problem }
}

#[derive(Debug)]
struct Pieces {
    source: Source,
    /// Unpacked bytes before those that the cut wants.
    skip: u64,
    cut: Option<Cut>,
    ready: VecDeque<Bytes>,
    ended: bool,
}

impl Pieces {
    fn whole(object: &StoredObject, packing: Packing) -> Result<Self, DataError> {
        let source = Source::open(object, packing, 0, object.size)?;
        Ok(Self { source, skip: 0, cut: None, ready: VecDeque::new(), ended: false })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, DataError> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Ok(Some(piece));
            }
            if self.ended {
                return Ok(None);
            }
            let Some(cut) = &mut self.cut else { return self.source.next().await };
            let mut given = Vec::new();
            self.ended = cut.is_done();
            if !self.ended {
                match self.source.next().await? {
                    Some(mut bytes) => {
                        let skipped = self.skip.min(bytes.len() as u64);
                        bytes.advance(skipped as usize);
                        self.skip -= skipped;
                        cut.feed(bytes, &mut given);
                    }
                    None => {
                        cut.finish(&mut given);
                        self.ended = true;
                    }
                }
            }
            self.ready.extend(given);
        }
    }
}
