//! What the headers of an answer tell.

use std::ops::Range;

use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, LAST_MODIFIED};

/// The header `Content-Range`: `bytes 0-9/100`, `bytes 0-9/*` or `bytes */100`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ContentRange {
    pub(super) bytes: Option<Range<u64>>,
    pub(super) total: Option<u64>,
}

impl ContentRange {
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get(CONTENT_RANGE)?.to_str().ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let (bytes, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let bytes = match bytes.trim() {
            "*" => None,
            bytes => {
                let (first, last) = bytes.split_once('-')?;
                let last: u64 = last.parse().ok()?;
                Some(first.parse().ok()?..last.checked_add(1)?)
            }
        };
        let total = match total.trim() {
            "*" => None,
            total => Some(total.parse().ok()?),
        };
        Some(Self { bytes, total })
    }
}

pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// What changes with the object: its tag, else the time of its last change.
pub(super) fn version(headers: &HeaderMap) -> Option<String> {
    let version = headers.get(ETAG).or_else(|| headers.get(LAST_MODIFIED))?;
    version.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_read_in_its_three_forms() {
        let read = |text| ContentRange::parse(text).map(|range| (range.bytes, range.total));
        assert_eq!(read("bytes 0-9/100"), Some((Some(0..10), Some(100))));
        assert_eq!(read("bytes 5-5/*"), Some((Some(5..6), None)));
        assert_eq!(read("bytes */100"), Some((None, Some(100))));
        assert_eq!(read("lines 0-9/100"), None);
        assert_eq!(read("bytes 0-18446744073709551615/*"), None);
    }
}
