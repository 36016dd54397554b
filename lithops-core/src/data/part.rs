//! Reading one part.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;

use super::{DataError, PartReader, RecordIter};
use crate::wire::{Extent, ObjectPart, Records};

impl ObjectPart {
    /// The key of its object.
    pub fn key(&self) -> &str {
        &self.object.key
    }

    /// The bytes of the unpacked object in which its records begin; `None` if it is the whole object.
    pub fn range(&self) -> Option<Range<u64>> {
        match self.extent {
            Extent::Whole => None,
            Extent::Range { start, end, .. } => Some(start..end),
        }
    }

    /// How its object divides into records.
    pub fn format(&self) -> &Records {
        &self.records
    }

    /// Reads its bytes, in order, as they come: for plain functions a [`Read`](std::io::Read) and
    /// [`BufRead`](std::io::BufRead), for `async` ones a [`Stream`](futures::Stream).
    ///
    /// Asks for nothing until it is read.
    ///
    /// # Errors
    /// [`DataError::Storage`] if this process can't open the storage.
    pub fn reader(&self) -> Result<PartReader, DataError> {
        PartReader::of_part(self)
    }

    /// Reads its bytes at once; blocks. In `async` code, [`fetch`](Self::fetch) does.
    ///
    /// # Errors
    /// [`DataError`] if they can't be read, or the object has changed.
    pub fn bytes(&self) -> Result<Bytes, DataError> {
        super::wait(self.fetch())
    }

    /// Reads its bytes at once.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub async fn fetch(&self) -> Result<Bytes, DataError> {
        gather(self.reader()?).await
    }

    /// Its records, one by one, without what ends them; blocks.
    ///
    /// A part whose format has no records ([`Records::Bytes`]) is one record.
    ///
    /// # Errors
    /// As [`reader`](Self::reader); each record can fail like [`bytes`](Self::bytes).
    pub fn records(&self) -> Result<RecordIter, DataError> {
        Ok(RecordIter::new(self.reader()?, self.records.clone(), self.object.key.clone()))
    }

    /// Its lines as text, one by one, without `\n` or `\r\n`; blocks.
    ///
    /// # Errors
    /// As [`records`](Self::records), and [`DataError::Malformed`] for a line that is not UTF-8.
    pub fn lines(
        &self,
    ) -> Result<impl Iterator<Item = Result<String, DataError>> + use<>, DataError> {
        let key = self.object.key.clone();
        let lines = RecordIter::new(self.reader()?, Records::Lines, key.clone());
        Ok(lines.zip(0_u64..).map(move |(line, number)| {
            String::from_utf8(line?).map_err(|error| DataError::Malformed {
                key: key.clone(),
                place: format!("line {number} of the part"),
                problem: error.to_string(),
            })
        }))
    }
}

/// All bytes of a reader, without a copy where they came in one piece.
pub(super) async fn gather(mut reader: PartReader) -> Result<Bytes, DataError> {
    let Some(first) = reader.try_next().await? else { return Ok(Bytes::new()) };
    let Some(second) = reader.try_next().await? else { return Ok(first) };
    let mut all = BytesMut::from(first);
    all.extend_from_slice(&second);
    while let Some(piece) = reader.try_next().await? {
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}
