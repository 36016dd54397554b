//! Making things once, although answers get lost.

use serde_json::Value;
use tokio::time::Instant;

use super::Client;
use crate::error::ApiError;
use crate::request::Creation;

/// How something that was to be made came to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// By this request, as far as anybody can tell.
    Now,
    /// It had been there before.
    Before,
}

impl Client {
    /// Makes something under a name that its maker has chosen.
    ///
    /// A request whose answer is lost may have been carried out. So it is not sent again before it
    /// is known that nothing of this name is there.
    pub(crate) async fn create(&self, creation: &Creation) -> Result<Created, ApiError> {
        let mut pauses = self.pauses();
        let mut doubtful = false;
        loop {
            let error = match self.once(&creation.create, pauses.end()).await {
                Ok(_) => return Ok(Created::Now),
                Err(error) => error,
            };
            let taken = error.status() == Some(409);
            if taken && doubtful {
                // An earlier try was carried out after all. A look-up may lag behind, so that the
                // refusal counts more than it.
                return Ok(Created::Now);
            }
            if taken {
                if self.is_there(creation, pauses.end()).await? {
                    return Ok(Created::Before);
                }
                // One of this name is being removed: it is refused for a while after it is gone.
                if pauses.patiently().await {
                    continue;
                }
                return Err(error);
            }
            doubtful |= error.is_doubtful();
            pauses.after(error).await?;
            if doubtful && self.is_there(creation, pauses.end()).await? {
                return Ok(Created::Now);
            }
        }
    }

    async fn is_there(&self, creation: &Creation, end: Instant) -> Result<bool, ApiError> {
        match self.ask_until::<Value>(end, &creation.find).await {
            Ok(_) => Ok(true),
            Err(error) if error.status() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
