//! `If-Match`: an update of what the client has seen, and of nothing later.

use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;

use super::Refused;

/// Compares the request's condition with the tag of the resource. `*` matches any.
pub(super) fn check(headers: &HeaderMap, tag: Option<&str>) -> Result<(), Refused> {
    let given = headers.get(IF_MATCH).ok_or(Refused::Unconditional)?;
    let given = given.to_str().map_err(|_| Refused::Changed)?.trim();
    let matches = given == "*" || Some(given.trim_matches('"')) == tag;
    if matches { Ok(()) } else { Err(Refused::Changed) }
}
