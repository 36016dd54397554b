//! Which part of the sorted set of keys a listing wants.

/// The bounds, as `ZRANGEBYLEX` wants them, of keys that begin with `prefix` and come after `after`.
pub(super) fn of(prefix: &str, after: Option<&str>) -> (Vec<u8>, Vec<u8>) {
    let first = match after {
        Some(after) if after >= prefix => bound(b'(', after.as_bytes()),
        _ if prefix.is_empty() => b"-".to_vec(),
        _ => bound(b'[', prefix.as_bytes()),
    };
    let mut next = prefix.as_bytes().to_vec();
    let last = match next.last_mut() {
        // No byte of UTF-8 is the greatest one.
        Some(byte) => {
            *byte += 1;
            bound(b'(', &next)
        }
        None => b"+".to_vec(),
    };
    (first, last)
}

fn bound(kind: u8, key: &[u8]) -> Vec<u8> {
    [&[kind], key].concat()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::of;

    #[test]
    fn a_listing_goes_from_the_later_of_prefix_and_key_to_the_end_of_the_prefix() {
        let bounds = |prefix, after| {
            let (first, last) = of(prefix, after);
            (String::from_utf8(first).unwrap(), String::from_utf8(last).unwrap())
        };
        let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        assert_eq!(bounds("", None), pair("-", "+"));
        assert_eq!(bounds("", Some("k")), pair("(k", "+"));
        assert_eq!(bounds("a/", None), pair("[a/", "(a0"));
        assert_eq!(bounds("a/", Some("a/b")), pair("(a/b", "(a0"));
        assert_eq!(bounds("b", Some("a/9")), pair("[b", "(c"));
        assert_eq!(bounds("a", Some("b")), pair("(b", "(b"));
    }
}
