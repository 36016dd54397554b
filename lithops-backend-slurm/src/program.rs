//! The program on its way into the shared folder, where it is called after its bytes.

use bytes::Bytes;
use lithops_core::ports::{ComputeError, ComputeErrorKind};
use lithops_worker::ProgramDigest;

use crate::SlurmConfig;
use crate::refused::{BACKEND, error};

const READ: &str = "read the program";

/// A program as nodes get it.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) bytes: Bytes,
    pub(crate) digest: String,
}

impl Program {
    /// Reads the program that workers run.
    ///
    /// # Errors
    /// [`ComputeErrorKind::Start`] if it can't be read.
    pub(crate) async fn read(config: &SlurmConfig) -> Result<Self, ComputeError> {
        let path = config.program.clone().unwrap_or_else(|| "/proc/self/exe".into());
        let read = tokio::task::spawn_blocking(move || {
            let bytes = std::fs::read(&path).map_err(|source| (path, source))?;
            let digest = ProgramDigest::of(&bytes).to_string();
            Ok(Self { bytes: bytes.into(), digest })
        });
        match read.await {
            Ok(Ok(program)) => Ok(program),
            Ok(Err((path, source))) => {
                let message = format!("{} can't be read: {source}", path.display());
                Err(error(ComputeErrorKind::Start, READ, message))
            }
            Err(panic) => Err(ComputeError::because(BACKEND, ComputeErrorKind::Start, READ, panic)),
        }
    }
}
