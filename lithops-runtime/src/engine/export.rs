//! Taking an image of ours out of the engine, as it was built.

use std::io;

use super::{Engine, EngineError, ExportError};
use crate::Image;

impl Engine {
    /// Takes an image of this library out of the engine, to be pushed or written. It is the same, bit
    /// for bit, as it was when it was built; its layers are held in memory.
    ///
    /// # Errors
    /// [`EngineError::ImageMissing`] if the engine has none, [`EngineError::Export`] if it was not
    /// made by this library.
    ///
    /// ```no_run
    /// # async fn push() -> Result<(), Box<dyn std::error::Error>> {
    /// use lithops_runtime::engine::Engine;
    ///
    /// let engine = Engine::connect(None).await?;
    /// let image = engine.export("lithops/words:0123456789abcdef").await?;
    /// assert_eq!(image.tag(), "0123456789abcdef");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn export(&self, reference: &str) -> Result<Image, EngineError> {
        let parts = self.parts(reference).await?;
        let failed = |source| EngineError::Export { reference: reference.to_owned(), source };
        match tokio::task::spawn_blocking(move || Image::of_parts(parts)).await {
            Ok(image) => image.map_err(|error| failed(error.into())),
            Err(ended) => Err(failed(ExportError::Read(io::Error::other(ended)))),
        }
    }
}
