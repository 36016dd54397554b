//! An image as one tar file that every engine loads.

use std::collections::VecDeque;
use std::io::{self, Write};

use bytes::Bytes;

use super::Image;

/// The pieces of an image's tar file, in order; made by [`Image::archive`].
#[derive(Debug)]
pub struct Archive {
    pieces: VecDeque<Bytes>,
    size: u64,
}

impl Archive {
    pub(super) fn of(image: &Image) -> Self {
        let _ = image.archive_manifest();
        todo!()
    }

    /// Returns how many bytes are left to come.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Iterator for Archive {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?;
        self.size -= piece.len() as u64;
        Some(piece)
    }
}

impl Image {
    /// Writes its [archive](Self::archive).
    ///
    /// # Errors
    /// If `writer` fails.
    pub fn write_archive(&self, mut writer: impl Write) -> io::Result<()> {
        self.archive().try_for_each(|piece| writer.write_all(&piece))
    }
}
