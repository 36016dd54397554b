//! Making workers possible before the first job needs them.

use super::engine::Engine;
use crate::error::Error;

impl Engine {
    /// Makes sure that workers can be started: that the runtime is there and has the program. The
    /// first job does it too; here it can be done ahead. Gives the name of the runtime.
    ///
    /// # Errors
    /// [`Error::Compute`] with what is missing and how to mend it.
    pub async fn deploy(&self) -> Result<String, Error> {
        Ok(self.around().backend.deploy().await?)
    }
}
