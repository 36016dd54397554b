//! Lists, read to their end.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Client;
use crate::error::ApiError;
use crate::request::Listing;
use crate::resource::Next;

/// More pages than any list has: a project has 100 of most things.
const MOST: usize = 1000;

impl Client {
    /// All things of a list, over all of its pages.
    ///
    /// A page of a token that was there before would be read for ever, so it ends the list with an
    /// error.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        listing: &Listing,
    ) -> Result<Vec<T>, ApiError> {
        let operation = listing.request.operation;
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut start = None;
        loop {
            let request = listing.request.page(start.as_deref());
            let mut page: Value = self.ask(&request).await?;
            let malformed = |reason: String| ApiError::Malformed { operation, reason };
            let things = page.get_mut(listing.plural).map(Value::take);
            let things =
                things.ok_or_else(|| malformed(format!("no `{}` in it", listing.plural)))?;
            let read = serde_json::from_value::<Vec<T>>(things);
            found.extend(read.map_err(|error| malformed(error.to_string()))?);
            let next = page.get_mut("next").map(Value::take).unwrap_or_default();
            let next = serde_json::from_value::<Option<Next>>(next);
            let next = next.map_err(|error| malformed(error.to_string()))?;
            match next.and_then(|next| next.start) {
                None => return Ok(found),
                Some(token) if seen.len() < MOST && seen.insert(token.clone()) => {
                    start = Some(token);
                }
                Some(_) => return Err(ApiError::EndlessList { operation, pages: seen.len() + 1 }),
            }
        }
    }
}
