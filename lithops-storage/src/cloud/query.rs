//! Parameters of a request, written so that signatures of them agree.

use std::fmt::Write;

/// Writes `name=value&...` with everything encoded that may be: a space as `%20`, never as `+`.
pub(crate) fn query(parameters: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in parameters {
        let separator = if text.is_empty() { "" } else { "&" };
        text.push_str(separator);
        encode(&mut text, name);
        text.push('=');
        encode(&mut text, value);
    }
    text
}

fn encode(text: &mut String, raw: &str) {
    for byte in raw.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            // Writing to a `String` can't fail.
            _ => write!(text, "%{byte:02X}").unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_plain_letters_is_encoded() {
        assert_eq!(query(&[("prefix", "a/b c+ü~"), ("x", "")]), "prefix=a%2Fb%20c%2B%C3%BC~&x=");
    }
}
