//! One call.

use std::future::IntoFuture;

use futures::future::BoxFuture;

use super::builder::options;
use super::future::CallFuture;
use super::map::Map;
use crate::error::{Error, Result};
use crate::function::Data;
use crate::plan::JobOptions;

/// One call, not yet sent off: set options, then `.await` it or [`submit`](Self::submit) it.
#[must_use = "a call does nothing until it is awaited or submitted"]
#[derive(Debug)]
pub struct Call<T> {
    map: Map<T>,
}

options!(Call<T>);

impl<T> Call<T> {
    pub(super) fn new(map: Map<T>) -> Self {
        Self { map }
    }

    fn options_mut(&mut self, set: impl Fn(&mut JobOptions)) {
        self.map.options_mut(set);
    }
}

impl<T: Data> Call<T> {
    /// Starts the call, and gives its future at once.
    ///
    /// # Errors
    /// As [`Map::submit`].
    pub fn submit(self) -> Result<CallFuture<T>> {
        let handle = self.map.submit()?;
        Ok(handle.future(0))
    }
}

impl<T: Data> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut values = self.map.submit()?.into_results().await?;
            Ok(values.remove(0))
        })
    }
}
