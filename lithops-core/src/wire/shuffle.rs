//! What a shuffle's calls tell each other: the terms, the blocks of a run, what a partition reads.
//!
//! A run is an object of blocks, one after another; a block is pairs, one after another; a pair is
//! the lengths of key and value as LEB128 numbers, then the encoded key, then the encoded value.

use std::ops::Range;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::JobId;

/// How map calls of a shuffle write their pairs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShuffleTerms {
    /// Into how many partitions.
    pub partitions: u32,
    /// How many bytes of memory a call may fill with pairs.
    pub budget: u64,
    /// How a run is ordered.
    pub layout: Layout,
}

/// How the blocks of a run are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// By partition, which the hash of the encoded key gives, then by key.
    Hashed,
    /// By key alone; which partition a block belongs to is decided later.
    Sorted,
}

/// What one map call of a shuffle has written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRuns {
    /// The attempt that wrote it.
    #[serde(rename = "a")]
    pub attempt: u32,
    /// The blocks of each run.
    #[serde(rename = "r")]
    pub runs: Vec<Vec<Block>>,
}

/// A block of a run; it begins where the one before it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Its partition, in a hashed run.
    #[serde(rename = "p")]
    pub partition: u32,
    /// Its length.
    #[serde(rename = "b")]
    pub bytes: u64,
    /// How many pairs it holds.
    #[serde(rename = "n")]
    pub pairs: u64,
    /// CRC-32 of its bytes.
    #[serde(rename = "c")]
    pub checksum: u32,
    /// Its first key, encoded, in a sorted run.
    #[serde(rename = "k")]
    pub first: Bytes,
}

/// What the call of one partition is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionInput {
    /// The job that wrote the runs.
    pub job: JobId,
    /// Its number.
    pub partition: u32,
    /// Of how many.
    pub partitions: u32,
    /// How many bytes of memory its reading may take.
    pub budget: u64,
    /// Its least key, encoded; of a sort only.
    pub lower: Option<Bytes>,
    /// The key that it ends before, encoded; of a sort only.
    pub upper: Option<Bytes>,
    /// What to read of each run, in the order of calls and runs.
    pub sections: Vec<Section>,
}

/// Neighbouring blocks of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The call that wrote the run.
    #[serde(rename = "c")]
    pub call: u32,
    /// Its attempt.
    #[serde(rename = "a")]
    pub attempt: u32,
    /// Its run.
    #[serde(rename = "r")]
    pub run: u32,
    /// Where the first block begins.
    #[serde(rename = "o")]
    pub offset: u64,
    /// Length and checksum of each block.
    #[serde(rename = "b")]
    pub blocks: Vec<(u64, u32)>,
}

/// A pair inside of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairAt {
    /// Where the encoded key is.
    pub key: Range<usize>,
    /// Where the encoded value is.
    pub value: Range<usize>,
}

/// Finds the pair that begins at `at`; nothing if the bytes hold no whole one.
pub fn pair_at(bytes: &[u8], at: usize) -> Option<PairAt> {
    // Most keys and values are short: both lengths are in one byte each then.
    let (key, value, start) = match bytes.get(at..at.checked_add(2)?)? {
        [key @ 0..0x80, value @ 0..0x80] => (usize::from(*key), usize::from(*value), at + 2),
        _ => {
            let (key, at) = length_at(bytes, at)?;
            let (value, at) = length_at(bytes, at)?;
            (key, value, at)
        }
    };
    let middle = start.checked_add(key)?;
    let end = middle.checked_add(value).filter(|end| *end <= bytes.len())?;
    Some(PairAt { key: start..middle, value: middle..end })
}

fn length_at(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut length = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        length |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some((usize::try_from(length).ok()?, at));
        }
    }
    None
}

/// The lengths that stand before a pair.
pub fn pair_lengths(key: usize, value: usize, out: &mut Vec<u8>) {
    for mut length in [key as u64, value as u64] {
        while length >= 0x80 {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pairs_of_any_length_come_apart(lengths in proptest::collection::vec((0usize..300, 0usize..40_000), 0..8)) {
            let mut bytes = Vec::new();
            for (key, value) in &lengths {
                pair_lengths(*key, *value, &mut bytes);
                bytes.resize(bytes.len() + key + value, 7);
            }
            let mut at = 0;
            for (key, value) in &lengths {
                let pair = pair_at(&bytes, at).unwrap();
                prop_assert_eq!((pair.key.len(), pair.value.len()), (*key, *value));
                at = pair.value.end;
            }
            prop_assert_eq!(at, bytes.len());
            prop_assert_eq!(pair_at(&bytes, at), None);
        }

        #[test]
        fn bytes_that_are_no_pair_are_refused_or_end_inside(bytes in proptest::collection::vec(any::<u8>(), 0..30)) {
            if let Some(pair) = pair_at(&bytes, 0) {
                prop_assert!(pair.value.end <= bytes.len());
            }
        }
    }
}
