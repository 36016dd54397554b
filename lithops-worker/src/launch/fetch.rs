//! Reading a program from storage, verified before anybody can run it.

use std::fs::File;
use std::io::{self, Write};

use flate2::write::GzDecoder;
use futures::TryStreamExt;
use lithops_core::ports::{StorageBackend, StorageErrorKind};
use lithops_core::wire::keys;
use sha2::{Digest, Sha256};

use super::cache::Staged;
use super::{LaunchError, ProgramDigest};

/// The largest program, unpacked: 4 GiB. What claims the name of a program and unpacks to more is not
/// let fill the disk of the worker until its digest shows what it is.
const LARGEST: u64 = 4 << 30;

/// Unpacks the program into the file that is staged for it, with memory for a piece of it.
pub(super) async fn fetch(
    storage: &dyn StorageBackend,
    program: &ProgramDigest,
    staged: &mut Staged,
) -> Result<(), LaunchError> {
    let place = staged.place();
    let key = keys::program(&program.to_string());
    let found = storage.get_stream(&key, None).await.map_err(|source| match source.kind {
        StorageErrorKind::NotFound | StorageErrorKind::NoPlace => {
            LaunchError::Missing { program: *program, source }
        }
        _ => source.into(),
    })?;
    let mut body = found.body;
    let mut unpacking = GzDecoder::new(Hashed {
        file: staged.file(),
        hasher: Sha256::new(),
        left: LARGEST,
        end: None,
    });
    let damaged = |why: String| LaunchError::Damaged { program: *program, why, key: key.clone() };
    // A disk that takes no more is no damage.
    let failed = |unpacking: &mut GzDecoder<Hashed<'_>>, error: io::Error| match unpacking
        .get_mut()
        .end
        .take()
    {
        Some(End::Unwritable(error)) => LaunchError::Unwritable(place.clone(), error),
        Some(End::TooLarge) => damaged(format!("it unpacks to more than {LARGEST} bytes")),
        None => damaged(format!("it can't be unpacked: {error}")),
    };
    while let Some(piece) = body.try_next().await? {
        let written = unpacking.write_all(&piece);
        written.map_err(|error| failed(&mut unpacking, error))?;
    }
    unpacking.try_finish().map_err(|error| failed(&mut unpacking, error))?;
    let hashed = unpacking.finish().map_err(|error| damaged(error.to_string()))?;
    let digest = ProgramDigest::finished(hashed.hasher);
    if digest != *program {
        return Err(damaged(format!("its SHA-256 is {digest}")));
    }
    Ok(())
}

struct Hashed<'a> {
    file: &'a mut File,
    hasher: Sha256,
    /// How much more is believed.
    left: u64,
    end: Option<End>,
}

/// Why no more is written.
enum End {
    Unwritable(io::Error),
    TooLarge,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            self.end = Some(End::TooLarge);
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.left = left;
                self.hasher.update(bytes);
                Ok(bytes.len())
            }
            Err(error) => {
                let kind = error.kind();
                self.end = Some(End::Unwritable(error));
                Err(kind.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_unpacks_without_end_does_not_fill_the_disk() {
        let mut file = tempfile::tempfile().unwrap();
        let mut hashed = Hashed { file: &mut file, hasher: Sha256::new(), left: 10, end: None };
        assert_eq!(hashed.write(&[1; 8]).unwrap(), 8);
        let error = hashed.write(&[1; 3]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert!(matches!(hashed.end, Some(End::TooLarge)));
        assert_eq!(file.metadata().unwrap().len(), 8);
    }
}
