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
    let mut unpacking =
        GzDecoder::new(Hashed { file: staged.file(), hasher: Sha256::new(), failed: None });
    let damaged = |why: String| LaunchError::Damaged { program: *program, why, key: key.clone() };
    // A disk that takes no more is no damage.
    let failed = |unpacking: &mut GzDecoder<Hashed<'_>>, error: io::Error| match unpacking
        .get_mut()
        .failed
        .take()
    {
        Some(error) => LaunchError::Unwritable(place.clone(), error),
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
    failed: Option<io::Error>,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.hasher.update(bytes);
                Ok(bytes.len())
            }
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
