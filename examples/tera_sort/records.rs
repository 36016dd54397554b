//! Records of 100 bytes with keys of 10, as the sort benchmark of that name has them, in printable
//! characters and with a newline at their end, so that `sort` takes the same files.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use bytes::Bytes;
use flate2::Crc;
use lithops::SortedPartition;
use serde::{Deserialize, Serialize};

/// Bytes of a record.
pub(crate) const RECORD: usize = 100;
/// Bytes of its key, at its beginning.
pub(crate) const KEY: usize = 10;
/// Records that are read or written at once.
const BATCH: usize = 10_000;

/// A file of records.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) path: PathBuf,
    /// Where the sequence of random numbers begins.
    pub(crate) seed: u64,
    pub(crate) records: u64,
    /// Whether the first attempt to read it kills its worker.
    pub(crate) dies: bool,
}

/// Where sorted records go.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) folder: PathBuf,
    /// The partition whose first attempt kills its worker.
    pub(crate) dies: Option<usize>,
}

/// What is true of a file of records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) records: u64,
    /// The sum of the records' CRCs: the same in any order.
    pub(crate) checksum: u64,
    /// The first key and the last.
    pub(crate) keys: Option<(Bytes, Bytes)>,
    pub(crate) in_order: bool,
}

/// Writes one file of random records.
pub(crate) fn generate(part: Part) -> anyhow::Result<Facts> {
    let mut file = create(&part.path)?;
    let mut facts = Facts::new();
    let mut state = part.seed;
    let mut record = [0u8; RECORD];
    for number in 0..part.records {
        let (key, payload) = record.split_at_mut(KEY);
        for character in key {
            *character = b' ' + (next(&mut state) % 95) as u8;
        }
        write!(&mut payload[..], " {:016x} {:016x} ", part.seed, number)?;
        let filler = b'A' + (number % 26) as u8;
        payload[35..].fill(filler);
        record[RECORD - 1] = b'\n';
        facts.add(&record);
        file.write_all(&record)?;
    }
    file.flush().with_context(|| format!("cannot write {}", part.path.display()))?;
    Ok(facts)
}

/// Reads one file, and yields key and rest of each record.
pub(crate) fn read(
    part: Part,
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<(Bytes, Bytes)>>> {
    let dies = part.dies && lithops::context().attempt() == 1;
    let deadly = if dies { part.records / 2 } else { u64::MAX };
    let records = Records::open(&part.path)?;
    Ok((0u64..).zip(records).map(move |(number, record)| {
        if number == deadly {
            std::process::abort();
        }
        record.map(|record| (record.slice(..KEY), record.slice(KEY..)))
    }))
}

/// Writes one partition to a file.
pub(crate) fn write(
    output: &Output,
    partition: SortedPartition<Bytes, Bytes>,
) -> anyhow::Result<PathBuf> {
    if output.dies == Some(partition.index()) && lithops::context().attempt() == 1 {
        std::process::abort();
    }
    let path = output.folder.join(format!("part-{:05}", partition.index()));
    // Another attempt may still be writing: each has a name of its own until it is whole.
    let unfinished = path.with_extension(lithops::context().attempt().to_string());
    let mut file = create(&unfinished)?;
    for (key, rest) in partition {
        file.write_all(&key)?;
        file.write_all(&rest)?;
    }
    file.flush().with_context(|| format!("cannot write {}", unfinished.display()))?;
    std::fs::rename(&unfinished, &path)?;
    Ok(path)
}

/// Reads one file, and tells what is true of it.
pub(crate) fn check(path: PathBuf) -> anyhow::Result<Facts> {
    let mut facts = Facts::new();
    for record in Records::open(&path)? {
        facts.add(&record?);
    }
    Ok(facts)
}

impl Facts {
    pub(crate) fn new() -> Self {
        Self { records: 0, checksum: 0, keys: None, in_order: true }
    }

    fn add(&mut self, record: &[u8]) {
        let mut crc = Crc::new();
        crc.update(record);
        self.records += 1;
        self.checksum = self.checksum.wrapping_add(u64::from(crc.sum()));
        let key = &record[..KEY];
        match &mut self.keys {
            Some((_, last)) if **last == *key => {}
            Some((_, last)) => {
                self.in_order &= **last < *key;
                *last = Bytes::copy_from_slice(key);
            }
            None => self.keys = Some((Bytes::copy_from_slice(key), Bytes::copy_from_slice(key))),
        }
    }

    /// Adds a file that follows this one.
    pub(crate) fn follow(&mut self, next: Facts) {
        self.records += next.records;
        self.checksum = self.checksum.wrapping_add(next.checksum);
        self.in_order &= next.in_order;
        self.keys = match (self.keys.take(), next.keys) {
            (Some((first, last)), Some((begin, end))) => {
                self.in_order &= last <= begin;
                Some((first, end))
            }
            (before, after) => before.or(after),
        };
    }
}

/// The records of a file, some thousands in memory.
struct Records {
    file: File,
    path: PathBuf,
    batch: Bytes,
}

impl Records {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { file, path: path.to_owned(), batch: Bytes::new() })
    }

    fn fill(&mut self) -> anyhow::Result<()> {
        let mut batch = Vec::with_capacity(BATCH * RECORD);
        let read = (&self.file).take((BATCH * RECORD) as u64).read_to_end(&mut batch);
        read.with_context(|| format!("cannot read {}", self.path.display()))?;
        ensure!(batch.len().is_multiple_of(RECORD), "{} is cut short", self.path.display());
        self.batch = batch.into();
        Ok(())
    }
}

impl Iterator for Records {
    type Item = anyhow::Result<Bytes>;

    fn next(&mut self) -> Option<anyhow::Result<Bytes>> {
        if self.batch.is_empty()
            && let Err(error) = self.fill()
        {
            return Some(Err(error));
        }
        (!self.batch.is_empty()).then(|| Ok(self.batch.split_to(RECORD)))
    }
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

/// The generator SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
