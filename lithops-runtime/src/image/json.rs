//! Documents whose bytes depend on their content alone.

use bytes::Bytes;
use serde::Serialize;

/// A document as JSON without spaces, its keys in order: `HashMap`s have none of their own.
pub(super) fn canonical(document: &impl Serialize) -> Bytes {
    let mut value =
        serde_json::to_value(document).expect("documents have keys and values of text and numbers");
    value.sort_all_objects();
    value.to_string().into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn keys_are_in_order() {
        let labels: HashMap<_, _> = (0..50).rev().map(|n| (format!("{n:02}"), n)).collect();
        let shown = canonical(&labels);
        assert!(shown.starts_with(br#"{"00":0,"01":1,"02":2,"#));
        assert!(shown.ends_with(br#","49":49}"#));
    }
}
