//! Which keys are taken: those that every storage of Lithops takes.

/// Whether a key is a path: not empty, no empty, `.` or `..` segment, no control character.
pub(crate) fn is_valid(key: &str) -> bool {
    let segment = |segment: &str| !matches!(segment, "" | "." | "..");
    key.split('/').all(segment) && !key.chars().any(char::is_control)
}

/// A key as the header that names a copy's source wants it.
pub(crate) fn encoded(key: &str) -> String {
    let mut encoded = String::new();
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_are_keys() {
        assert!(["a", "a/b c", "..a", "ü"].into_iter().all(is_valid));
        assert!(!["", "/a", "a/", "a//b", "../a", "a/./b", "a\0"].into_iter().any(is_valid));
    }

    #[test]
    fn what_is_no_letter_is_encoded_byte_by_byte() {
        assert_eq!(encoded("a b/ü%"), "a%20b/%C3%BC%25");
    }
}
