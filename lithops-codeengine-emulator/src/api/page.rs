//! Lists, page by page.

use std::ops::Bound;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Refused;
use super::input::parameter;
use crate::settings::Limits;

/// Which page is asked for. As a token it is opaque to clients: further parameters are ignored if a
/// request has one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Page {
    /// The key of the last item on the page before.
    after: Option<String>,
    limit: usize,
    /// What the kind's filter must be.
    pub(super) filter: Option<String>,
}

impl Page {
    /// The page that a query asks for.
    pub(super) fn of(
        query: Option<&str>,
        filter: Option<&'static str>,
        limits: &Limits,
    ) -> Result<Self, Refused> {
        if let Some(token) = parameter(query, "start") {
            let page = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
            let page = page.and_then(|page| serde_json::from_slice(&page).ok());
            return page.ok_or(Refused::Query("start"));
        }
        let limit = match parameter(query, "limit") {
            None => limits.page,
            Some(text) => text.parse().map_err(|_| Refused::Query("limit"))?,
        };
        if limit == 0 || limit > limits.largest_page {
            return Err(Refused::Query("limit"));
        }
        let filter = filter.and_then(|name| parameter(query, name));
        Ok(Self { after: None, limit, filter })
    }

    /// Where in the order of keys the page begins.
    pub(super) fn begin(&self) -> (Bound<&str>, Bound<&str>) {
        let from = self.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        (from, Bound::Unbounded)
    }

    /// How many items are to be found: those of the page, and one that tells whether there is a next.
    pub(super) fn wanted(&self) -> usize {
        self.limit + 1
    }

    /// The body of the response, from the items with their keys.
    pub(super) fn body(&self, list: &str, href: &str, mut found: Vec<(String, Value)>) -> Value {
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let last = found.last().map(|(key, _)| key.clone());
        let items: Vec<Value> = found.into_iter().map(|(_, item)| item).collect();
        let limit = self.limit;
        let mut body = json!({
            list: items,
            "limit": limit,
            "first": {"href": format!("{href}?limit={limit}")},
        });
        if more {
            let next = Page { after: last, limit, filter: self.filter.clone() };
            // Texts and a number can always be written.
            let next = serde_json::to_vec(&next).expect("a struct of texts and a number");
            let start = BASE64_URL_SAFE_NO_PAD.encode(next);
            let href = format!("{href}?limit={limit}&start={start}");
            body["next"] = json!({"href": href, "start": start});
        }
        body
    }
}
