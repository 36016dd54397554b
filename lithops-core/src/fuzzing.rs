//! What the fuzz targets reach and users don't: decoders behind the public ones. Built with
//! `--cfg fuzzing` alone.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

pub use crate::plan::Automaton;
use crate::ports::StorageBackend;
use crate::wire::{
    CallError, Extent, JobId, ObjectPart, Packing, PartitionInput, Records, Section, ShuffleTerms,
    StoredObject,
};

/// A range of an object, its size, and the states of the format's automaton at both ends.
pub type Place = (Range<u64>, u64, u32, u32);

/// A part of an object; all of it without a place.
pub fn cut(
    object: StoredObject,
    records: Records,
    packing: Packing,
    place: Option<Place>,
) -> ObjectPart {
    let extent = match place {
        None => Extent::Whole,
        Some((range, size, entry, exit)) => {
            let Range { start, end } = range;
            Extent::Range { start, end, size, entry, exit, block: None }
        }
    };
    ObjectPart { object, index: 0, parts: 1, records, packing, extent }
}

/// The state of the format's automaton after the first bytes of an object.
pub fn state_after(records: &Records, bytes: &[u8]) -> u32 {
    Automaton::of(records).map_or(0, |automaton| automaton.run(Automaton::START, bytes))
}

/// See the walk of an object's blocks.
pub fn walk_blocks(bytes: &[u8], step: usize) -> Option<Vec<(u64, u64)>> {
    crate::data::walk_blocks(bytes, step)
}

/// See the reading of packed objects.
pub fn unpack(bytes: &[u8], step: usize) -> Option<u64> {
    crate::data::unpack(bytes, step)
}

/// What partitions read of runs that map calls tell of.
///
/// # Errors
/// As when the map calls of a job have ended.
pub fn route(terms: &ShuffleTerms, results: Vec<Bytes>) -> Result<Vec<PartitionInput>, CallError> {
    crate::api::route(terms, results)
}

/// Reads a section of a run.
///
/// # Errors
/// As in the call of a partition.
pub fn read_section(
    storage: &Arc<dyn StorageBackend>,
    job: &JobId,
    section: Section,
    most: u64,
) -> Result<Vec<Bytes>, CallError> {
    crate::shuffle::read_section(storage, job, section, most)
}
