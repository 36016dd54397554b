//! A Docker Engine, or a Podman that speaks as one.

mod base;
mod build;
mod connect;
mod context;
mod discovery;
mod error;
mod export;
mod facts;
mod give;
mod host;
mod images;
mod load;
mod name;
mod place;
mod pull;
mod unreachable;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as Answer;
use tokio::sync::OnceCell;

pub use base::ExportError;
pub use discovery::DiscoveryError;
pub use error::{EngineError, Missing};
pub use facts::{Facts, Limits, Make};
pub use give::{GiveError, Given};
pub use host::HostError;
pub use images::{Removed, StoredImage};
pub use load::Presence;
pub use place::{Address, Origin, Place};
pub use unreachable::Unreachable;

/// How long a request may take that moves no image.
const REQUEST: Duration = Duration::from_secs(60);

/// A container engine that answers. Clones share what is known of it.
#[derive(Clone, Debug)]
pub struct Engine {
    docker: Docker,
    place: Place,
    facts: Arc<OnceCell<Facts>>,
}

impl Engine {
    /// The engine's API, for all that is not about images.
    pub fn docker(&self) -> &Docker {
        &self.docker
    }

    /// Where the engine was found.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether the engine is reached without a network.
    pub fn is_local(&self) -> bool {
        self.place.is_local()
    }

    /// Waits for an answer, and says what it was about if there is none.
    async fn ask<T>(
        &self,
        doing: &str,
        bound: Duration,
        answer: impl Future<Output = Result<T, Answer>>,
    ) -> Result<T, EngineError> {
        match tokio::time::timeout(bound, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(source)) => Err(self.refused(doing, source)),
            Err(_) => {
                let (doing, place) = (doing.to_owned(), self.place.clone());
                Err(EngineError::Silent { doing, place, bound })
            }
        }
    }

    fn refused(&self, doing: &str, source: Answer) -> EngineError {
        EngineError::Request { doing: doing.to_owned(), place: self.place.clone(), source }
    }
}
