//! Reading a partition's part of a run: large ranges, one ahead, each block held to its checksum.

use std::collections::VecDeque;
use std::sync::{Arc, mpsc};

use bytes::Bytes;

use super::storage_error;
use crate::ports::{StorageBackend, StorageError};
use crate::wire::{CallError, JobId, Section, keys};

/// The largest block that is believed. Writers close one that has grown long, so that only a pair of
/// this size could make it.
const LARGEST_BLOCK: u64 = 1 << 40;

/// Reads one section, some blocks at a time.
#[derive(Debug)]
pub(super) struct SectionReader {
    storage: Arc<dyn StorageBackend>,
    key: String,
    offset: u64,
    /// Length and checksum of what has not been asked for.
    blocks: VecDeque<(u64, u32)>,
    most: u64,
    pending: Option<Pending>,
}

#[derive(Debug)]
struct Pending {
    offset: u64,
    blocks: Vec<(u64, u32)>,
    answer: mpsc::Receiver<Result<Bytes, StorageError>>,
}

impl SectionReader {
    /// Begins to read; at most `most` bytes at once, but whole blocks.
    ///
    /// # Errors
    /// If the section tells of more than a run can hold.
    pub(super) fn new(
        storage: &Arc<dyn StorageBackend>,
        job: &JobId,
        section: Section,
        most: u64,
    ) -> Result<Self, CallError> {
        let key = keys::run(job, section.call, section.attempt, section.run);
        let (storage, blocks) = (Arc::clone(storage), VecDeque::from(section.blocks));
        let mut reader = Self { storage, key, offset: section.offset, blocks, most, pending: None };
        let bytes = reader.blocks.iter().try_fold(section.offset, |end, block| {
            // What is in one block is in memory at once.
            (block.0 <= LARGEST_BLOCK).then(|| end.checked_add(block.0))?
        });
        if bytes.is_none() {
            return Err(reader.broken(section.offset));
        }
        reader.ask();
        Ok(reader)
    }

    /// The next blocks, as one piece; nothing at the end.
    pub(super) fn next_piece(&mut self) -> Result<Option<Bytes>, CallError> {
        let Some(pending) = self.pending.take() else { return Ok(None) };
        let piece = pending.answer.recv().map_err(|_| CallError::WorkerLost {
            reason: "the worker's runtime stopped before the storage had answered".to_owned(),
        })?;
        let piece = piece.map_err(|error| storage_error(&error))?;
        self.ask();
        let mut at = 0;
        for (bytes, checksum) in pending.blocks {
            let end = at + bytes as usize;
            let block = piece.get(at..end).unwrap_or_default();
            if block.len() as u64 != bytes || crc32fast::hash(block) != checksum {
                let offset = pending.offset + at as u64;
                return Err(self.broken(offset));
            }
            at = end;
        }
        Ok(Some(piece))
    }

    /// What a block is told as that does not hold what was written.
    pub(super) fn broken(&self, offset: u64) -> CallError {
        let key = &self.key;
        CallError::Storage {
            reason: format!(
                "object {key:?} is damaged: the block at byte {offset} is not what was written; \
                 run the job again, and check the storage if it happens twice"
            ),
            retryable: false,
        }
    }

    fn ask(&mut self) {
        let mut blocks = Vec::new();
        let mut bytes = 0;
        while let Some(block) = self.blocks.front()
            && (blocks.is_empty() || bytes + block.0 <= self.most)
        {
            bytes += block.0;
            blocks.extend(self.blocks.pop_front());
        }
        if blocks.is_empty() {
            return;
        }
        let (storage, key) = (Arc::clone(&self.storage), self.key.clone());
        let range = self.offset..self.offset + bytes;
        let (answer, receiver) = mpsc::sync_channel(1);
        crate::run::runtime().spawn(async move {
            // Nobody waits any more if the call has failed.
            answer.send(storage.get_range(&key, range).await).ok();
        });
        self.pending = Some(Pending { offset: self.offset, blocks, answer: receiver });
        self.offset += bytes;
    }
}

/// All pieces of a section.
#[cfg(fuzzing)]
pub(crate) fn read_section(
    storage: &Arc<dyn StorageBackend>,
    job: &JobId,
    section: Section,
    most: u64,
) -> Result<Vec<Bytes>, CallError> {
    let mut reader = SectionReader::new(storage, job, section, most)?;
    std::iter::from_fn(|| reader.next_piece().transpose()).collect()
}
