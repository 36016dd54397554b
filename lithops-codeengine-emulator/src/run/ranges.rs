//! Sets of indices as texts.

use std::fmt::Write as _;

/// Writes ascending indices with ranges for neighbours: `2-4,6,8-9`.
pub(super) fn compressed(indices: impl IntoIterator<Item = u64>) -> String {
    let mut text = String::new();
    let mut indices = indices.into_iter().peekable();
    while let Some(first) = indices.next() {
        let mut last = first;
        while let Some(next) = indices.next_if(|next| *next == last + 1) {
            last = next;
        }
        let comma = if text.is_empty() { "" } else { "," };
        // Writing to a string can't fail.
        let _ = match last - first {
            0 => write!(text, "{comma}{first}"),
            _ => write!(text, "{comma}{first}-{last}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_ranges() {
        for (indices, text) in [
            (&[][..], ""),
            (&[7], "7"),
            (&[0, 1], "0-1"),
            (&[2, 3, 4, 6, 7, 8], "2-4,6-8"),
            (&[0, 2, 4, 5, 9_999_999], "0,2,4-5,9999999"),
        ] {
            assert_eq!(compressed(indices.iter().copied()), text);
        }
    }
}
