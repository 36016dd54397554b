//! The pairs of a partition in the order of keys, merged from sections of sorted runs.

use std::cmp::Ordering;
use std::marker::PhantomData;

use bytes::Bytes;

use super::order::{Comparable, KeyOrder, prefix, prefix_of_bytes};
use super::section::SectionReader;
use super::{context, storage_of};
use crate::function::Data;
use crate::plan::Tournament;
use crate::wire::{CallError, PartitionInput, decode_value, pair_at};

/// The most that is read at once.
const LARGEST_PIECE: u64 = 4 << 20;

/// The pairs of a partition in the order of keys; equal keys in the order of calls, then as they
/// were given out.
#[derive(Debug)]
pub(super) struct Merged<K> {
    runs: Vec<Cursor<K>>,
    order: Tournament,
    upper: Option<Bound<K>>,
}

/// A pair that is not decoded yet.
#[derive(Debug)]
pub(super) struct Pair<K> {
    prefix: u64,
    key: Bytes,
    decoded: Option<K>,
    pub(super) value: Bytes,
}

impl<K: Data + Ord> Pair<K> {
    pub(super) fn key(self) -> Result<K, CallError> {
        match self.decoded {
            Some(key) => Ok(key),
            None => decode_value(self.key).map_err(CallError::Argument),
        }
    }

    fn comparable(&self) -> Comparable<'_, K> {
        Comparable { prefix: self.prefix, encoded: &self.key, decoded: self.decoded.as_ref() }
    }
}

/// An end of a range of keys.
#[derive(Debug)]
struct Bound<K> {
    prefix: u64,
    encoded: Bytes,
    key: K,
}

impl<K: Data + Ord> Bound<K> {
    fn decode(encoded: Bytes) -> Result<Self, CallError> {
        let key: K = decode_value(encoded.clone()).map_err(CallError::Argument)?;
        Ok(Self { prefix: prefix(&key, &encoded), encoded, key })
    }

    fn comparable(&self) -> Comparable<'_, K> {
        Comparable { prefix: self.prefix, encoded: &self.encoded, decoded: Some(&self.key) }
    }
}

impl<K: Data + Ord> Merged<K> {
    pub(super) fn open(input: PartitionInput) -> Result<Self, CallError> {
        let context = context()?;
        let storage = storage_of(&context)?;
        let lower = input.lower.map(Bound::<K>::decode).transpose()?;
        let upper = input.upper.map(Bound::<K>::decode).transpose()?;
        // Of each run one piece is being merged and the next one read.
        let pieces = 2 * input.sections.len().max(1) as u64;
        let most = (input.budget / pieces).min(LARGEST_PIECE);
        let sections = input.sections.into_iter();
        let mut runs: Vec<Cursor<K>> = sections
            .map(|section| SectionReader::new(storage, &input.job, section, most).map(Cursor::new))
            .collect::<Result<_, _>>()?;
        for run in &mut runs {
            run.advance()?;
            if let Some(lower) = &lower {
                while run.is_before(lower) {
                    run.advance()?;
                }
            }
        }
        if let Some(upper) = &upper {
            runs.iter_mut().for_each(|run| run.end_at(upper));
        }
        let order = Tournament::new(runs.len(), |a, b| less(&runs, a, b));
        Ok(Self { runs, order, upper })
    }

    /// The next pair; nothing at the end.
    pub(super) fn next_pair(&mut self) -> Result<Option<Pair<K>>, CallError> {
        let Some(run) = self.runs.get_mut(self.order.winner()) else { return Ok(None) };
        let Some(pair) = run.take() else { return Ok(None) };
        run.advance()?;
        if let Some(upper) = &self.upper {
            run.end_at(upper);
        }
        self.order.replay(|a, b| less(&self.runs, a, b));
        Ok(Some(pair))
    }

    /// The next pair, if its key equals that of `pair`.
    pub(super) fn next_equal(&mut self, pair: &Pair<K>) -> Result<Option<Pair<K>>, CallError> {
        let next = self.runs.get(self.order.winner()).and_then(Cursor::comparable);
        match next {
            Some(next) if next.compare(&pair.comparable()) == Ordering::Equal => self.next_pair(),
            _ => Ok(None),
        }
    }
}

fn less<K: Data + Ord>(runs: &[Cursor<K>], a: usize, b: usize) -> bool {
    match (runs[a].comparable(), runs[b].comparable()) {
        (Some(x), Some(y)) => x.compare(&y).then(a.cmp(&b)) == Ordering::Less,
        (x, y) => (x.is_none(), a) < (y.is_none(), b),
    }
}

/// Where the merge stands in one run.
#[derive(Debug)]
struct Cursor<K> {
    reader: SectionReader,
    piece: Bytes,
    /// Where the next pair begins.
    next: usize,
    head: Option<Head<K>>,
    key: PhantomData<K>,
}

#[derive(Debug)]
struct Head<K> {
    prefix: u64,
    key: std::ops::Range<usize>,
    value: std::ops::Range<usize>,
    decoded: Option<K>,
}

impl<K: Data + Ord> Cursor<K> {
    fn new(reader: SectionReader) -> Self {
        Self { reader, piece: Bytes::new(), next: 0, head: None, key: PhantomData }
    }

    fn comparable(&self) -> Option<Comparable<'_, K>> {
        let head = self.head.as_ref()?;
        let encoded = &self.piece[head.key.clone()];
        Some(Comparable { prefix: head.prefix, encoded, decoded: head.decoded.as_ref() })
    }

    fn is_before(&self, bound: &Bound<K>) -> bool {
        let head = self.comparable();
        head.is_some_and(|head| head.compare(&bound.comparable()) == Ordering::Less)
    }

    /// Ends the run if it has reached the bound.
    fn end_at(&mut self, bound: &Bound<K>) {
        if self.head.is_some() && !self.is_before(bound) {
            self.head = None;
        }
    }

    fn take(&mut self) -> Option<Pair<K>> {
        let Head { prefix, key, value, decoded } = self.head.take()?;
        let (key, value) = (self.piece.slice(key), self.piece.slice(value));
        Some(Pair { prefix, key, decoded, value })
    }

    /// Goes on to the next pair.
    fn advance(&mut self) -> Result<(), CallError> {
        self.head = None;
        if self.next == self.piece.len() {
            let Some(piece) = self.reader.next_piece()? else { return Ok(()) };
            (self.piece, self.next) = (piece, 0);
        }
        let pair = pair_at(&self.piece, self.next);
        let pair = pair.ok_or_else(|| self.reader.broken(self.next as u64))?;
        self.next = pair.value.end;
        let encoded = &self.piece[pair.key.clone()];
        let (prefix, decoded) = match KeyOrder::of::<K>() {
            KeyOrder::Bytes => (prefix_of_bytes(encoded), None),
            KeyOrder::Exact | KeyOrder::Decoded => {
                let key: K = decode_value(self.piece.slice(pair.key.clone()))
                    .map_err(CallError::Argument)?;
                (prefix(&key, encoded), Some(key))
            }
        };
        self.head = Some(Head { prefix, key: pair.key, value: pair.value, decoded });
        Ok(())
    }
}
