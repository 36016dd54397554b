//! Why an engine is not where it might be.

use std::io;
use std::time::Duration;

use bollard::errors::Error as Answer;

/// Why no engine answers at a place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreachable {
    /// There is no such socket.
    #[error("no such socket")]
    NoSocket,
    /// This user may not use the socket.
    #[error("this user may not use the socket: join the group `docker`, or run a rootless engine")]
    Forbidden,
    /// Nobody listens there any more.
    #[error("nobody listens there")]
    Refused,
    /// Somebody listens, and says nothing.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// An answer, but not one of an engine.
    #[error("{0}")]
    Answer(Answer),
}

impl Unreachable {
    pub(super) fn because(error: Answer) -> Self {
        if matches!(error, Answer::SocketNotFoundError(_)) {
            return Self::NoSocket;
        }
        // What the connection died of lies below the words of two HTTP crates.
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(inner) = cause {
            match inner.downcast_ref::<io::Error>().map(io::Error::kind) {
                Some(io::ErrorKind::NotFound) => return Self::NoSocket,
                Some(io::ErrorKind::PermissionDenied) => return Self::Forbidden,
                Some(io::ErrorKind::ConnectionRefused) => return Self::Refused,
                _ => cause = inner.source(),
            }
        }
        Self::Answer(error)
    }
}
