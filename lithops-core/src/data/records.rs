//! The records of a part, one by one.

use std::io::BufRead;

use super::{DataError, PartReader};
use crate::plan::Automaton;
use crate::wire::Records;

/// The records of a part: an iterator for plain functions, which blocks for each piece.
///
/// A record comes without what ends it: a line without `\n` or `\r\n`, a row of CSV likewise (its
/// quotes stay), a FASTA or FASTQ record with its inner line breaks and without the last.
#[derive(Debug)]
pub struct RecordIter {
    reader: PartReader,
    records: Records,
    automaton: Option<Automaton>,
    key: String,
    given: u64,
    ended: bool,
}

impl RecordIter {
    pub(super) fn new(reader: PartReader, records: Records, key: String) -> Self {
        let automaton = Automaton::of(&records);
        Self { reader, records, automaton, key, given: 0, ended: false }
    }

    fn read(&mut self) -> Result<Option<Vec<u8>>, DataError> {
        let mut record = Vec::new();
        match &self.records {
            Records::Bytes => {
                while let Some(piece) = self.reader.next_piece()? {
                    record.extend_from_slice(&piece);
                }
                self.ended = true;
                return Ok(Some(record));
            }
            Records::Lines => line(&mut self.reader, &mut record)?,
            Records::Csv { .. } => {
                until_start(&mut self.reader, self.automaton.as_ref(), &mut record)?;
            }
            Records::Delimited(delimiter) => match &self.automaton {
                Some(_) => until_start(&mut self.reader, self.automaton.as_ref(), &mut record)?,
                None => until_delimiter(&mut self.reader, delimiter, &mut record)?,
            },
            Records::Fixed(size) => exactly(&mut self.reader, *size, &mut record)?,
            Records::Fasta => {
                line(&mut self.reader, &mut record)?;
                while !record.is_empty()
                    && self
                        .reader
                        .fill_buf()
                        .map_err(taken_apart)?
                        .first()
                        .is_some_and(|b| *b != b'>')
                {
                    line(&mut self.reader, &mut record)?;
                }
            }
            Records::Fastq => {
                for _ in 0..4 {
                    line(&mut self.reader, &mut record)?;
                }
            }
        }
        // A blank line at the end of FASTQ is no record.
        let blank = matches!(self.records, Records::Fastq)
            && record.iter().all(|byte| matches!(byte, b'\n' | b'\r'));
        if record.is_empty() || blank {
            self.ended = true;
            return Ok(None);
        }
        self.check(&record)?;
        self.trim(&mut record);
        self.given += 1;
        Ok(Some(record))
    }

    fn check(&self, record: &[u8]) -> Result<(), DataError> {
        let problem = match &self.records {
            Records::Fixed(size) if (record.len() as u64) < *size => {
                format!("a record of {} bytes, {size} were expected", record.len())
            }
            Records::Fastq => match fastq_problem(record) {
                Some(problem) => problem.to_owned(),
                None => return Ok(()),
            },
            Records::Fasta if record[0] != b'>' => "a record that begins with no `>`".to_owned(),
            _ => return Ok(()),
        };
        let place = format!("record {} of the part", self.given);
        Err(DataError::Malformed { key: self.key.clone(), place, problem })
    }

    fn trim(&self, record: &mut Vec<u8>) {
        match &self.records {
            Records::Bytes | Records::Fixed(_) => {}
            Records::Delimited(delimiter) => {
                if record.ends_with(delimiter) {
                    record.truncate(record.len() - delimiter.len());
                }
            }
            Records::Lines | Records::Csv { .. } | Records::Fasta | Records::Fastq => {
                if record.last() == Some(&b'\n') {
                    record.pop();
                    if record.last() == Some(&b'\r') {
                        record.pop();
                    }
                }
            }
        }
    }
}

impl Iterator for RecordIter {
    type Item = Result<Vec<u8>, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let record = self.read().transpose();
        self.ended |= matches!(record, Some(Err(_)));
        record
    }
}

/// The error of a reader's own that an I/O error carries.
fn taken_apart(error: std::io::Error) -> DataError {
    match error.downcast::<DataError>() {
        Ok(error) => error,
        Err(error) => DataError::Malformed {
            key: String::new(),
            place: "while reading".to_owned(),
            problem: error.to_string(),
        },
    }
}

fn line(reader: &mut PartReader, record: &mut Vec<u8>) -> Result<(), DataError> {
    reader.read_until(b'\n', record).map(drop).map_err(taken_apart)
}

fn exactly(reader: &mut PartReader, size: u64, record: &mut Vec<u8>) -> Result<(), DataError> {
    let mut left = size;
    while left > 0 {
        let available = reader.fill_buf().map_err(taken_apart)?;
        if available.is_empty() {
            break;
        }
        let count = available.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        record.extend_from_slice(&available[..count]);
        reader.consume(count);
        left -= count as u64;
    }
    Ok(())
}

fn until_start(
    reader: &mut PartReader,
    automaton: Option<&Automaton>,
    record: &mut Vec<u8>,
) -> Result<(), DataError> {
    let Some(automaton) = automaton else { return Ok(()) };
    let mut state = Automaton::START;
    loop {
        let available = reader.fill_buf().map_err(taken_apart)?;
        if available.is_empty() {
            return Ok(());
        }
        let found = automaton.find(state, available);
        let count = *found.as_ref().unwrap_or(&available.len());
        record.extend_from_slice(&available[..count]);
        reader.consume(count);
        match found {
            Ok(_) => return Ok(()),
            Err(next) => state = next,
        }
    }
}

fn until_delimiter(
    reader: &mut PartReader,
    delimiter: &[u8],
    record: &mut Vec<u8>,
) -> Result<(), DataError> {
    let Some(last) = delimiter.last() else { return Ok(()) };
    // The delimiter's last byte is looked for; where it ends no delimiter, the search goes on.
    while reader.read_until(*last, record).map_err(taken_apart)? > 0 {
        if record.ends_with(delimiter) {
            return Ok(());
        }
    }
    Ok(())
}

fn fastq_problem(record: &[u8]) -> Option<&'static str> {
    let mut lines =
        record.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let parts = [lines.next(), lines.next(), lines.next(), lines.next()];
    let [Some(name), Some(bases), Some(again), Some(qualities)] = parts else {
        return Some("a record of fewer than four lines");
    };
    if name.first() != Some(&b'@') {
        return Some("a record that begins with no `@`: FASTQ must have four lines a record");
    }
    if again.first() != Some(&b'+') {
        return Some(
            "a record whose third line begins with no `+`: FASTQ must have four lines a record",
        );
    }
    (bases.len() != qualities.len())
        .then_some("a record with as many qualities as bases was expected")
}
