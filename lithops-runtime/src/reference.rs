//! The names of images.

use oci_spec::distribution::{ParseError, Reference};

/// Reads a name such as `debian:12` or `HOST/PATH@DIGEST`; without tag and digest, `latest` is meant.
pub(crate) fn parse(text: &str) -> Result<Reference, ParseError> {
    let parsed: Reference = text.parse()?;
    // A first part with a capital letter is taken for a host, then found to be none, and let through.
    if parsed.repository().contains(|letter: char| letter.is_ascii_uppercase()) {
        return Err(ParseError::NameContainsUppercase);
    }
    Ok(parsed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_have_capital_letters_and_a_path_may_not() {
        assert_eq!(parse("Team/words"), Err(ParseError::NameContainsUppercase));
        let far = parse("Registry.Example.com/team/words:V1").unwrap();
        assert_eq!(far.whole(), "Registry.Example.com/team/words:V1");
    }
}
