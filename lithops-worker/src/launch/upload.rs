//! The client's side: a program on its way into storage.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use lithops_core::ports::{PutMode, StorageBackend, StorageError, StorageErrorKind};
use lithops_core::wire::keys;

use super::ProgramDigest;

/// Gzip and not zstd: its library is in the program already, and is Rust alone, where zstd's is a
/// build of C in every program and every launcher. The fastest level: a program is packed while a
/// job waits for it.
const LEVEL: Compression = Compression::fast();

/// A program that is in storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// What it is called.
    pub program: ProgramDigest,
    /// How many bytes were sent; none if it was there.
    pub sent: Option<u64>,
}

/// Why a program is not in storage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// The storage failed.
    #[error("the program can't be uploaded: {0}")]
    Storage(#[from] StorageError),
    /// The program could not be packed.
    #[error("the program can't be packed: {0}")]
    Pack(#[source] io::Error),
}

/// Brings `program`, the bytes of an executable, into `storage` for launchers to fetch.
///
/// One request if it is there, two if not. It stays for the jobs to come: it is no part of any job.
/// Several who upload the same program at once store the same bytes.
///
/// # Errors
/// [`UploadError::Storage`] if the storage fails.
///
/// ```
/// use lithops_storage::MemoryStorage;
/// use lithops_worker::upload_program;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let storage = MemoryStorage::new();
/// let first = upload_program(&storage, "program".into()).await?;
/// let again = upload_program(&storage, "program".into()).await?;
/// assert!(first.sent.is_some());
/// assert_eq!((again.program, again.sent), (first.program, None));
/// # Ok(())
/// # }
/// ```
pub async fn upload_program(
    storage: &dyn StorageBackend,
    program: Bytes,
) -> Result<Uploaded, UploadError> {
    let bytes = program.clone();
    let digest = blocking(move || Ok(ProgramDigest::of(&bytes))).await?;
    let key = keys::program(&digest.to_string());
    match storage.head(&key).await {
        Ok(_) => return Ok(Uploaded { program: digest, sent: None }),
        Err(error) if error.kind == StorageErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let packed = blocking(move || pack(&program)).await?;
    let sent = Some(packed.len() as u64);
    storage.put(&key, packed, PutMode::Overwrite).await?;
    Ok(Uploaded { program: digest, sent })
}

fn pack(program: &[u8]) -> io::Result<Bytes> {
    let mut packing = GzEncoder::new(Vec::new(), LEVEL);
    packing.write_all(program)?;
    Ok(packing.finish()?.into())
}

/// Runs `work` where it may take its time.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, UploadError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(panic.into())).map_err(UploadError::Pack)
}
