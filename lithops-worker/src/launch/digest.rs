//! What a program is called: after its bytes.

use std::fmt;

use sha2::{Digest, Sha256};

/// The SHA-256 of a program's file, which names it in storage and on workers.
///
/// ```
/// use lithops_worker::ProgramDigest;
///
/// let digest = ProgramDigest::of(b"lithops");
/// let text = "ed684dbde091ac43e6e017edad2e3c2a60a0e75ff2d4584ee8c6ae0dcc897ff7";
/// assert_eq!(digest.to_string(), text);
/// assert_eq!(ProgramDigest::parse(text), Some(digest));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProgramDigest([u8; 32]);

impl ProgramDigest {
    /// The digest of these bytes.
    pub fn of(program: &[u8]) -> Self {
        Self::finished(Sha256::new_with_prefix(program))
    }

    /// The digest of all that `hasher` was given.
    pub(super) fn finished(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }

    /// Reads 64 hexadecimal digits in lower case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 64 || !text.bytes().all(is_digit) {
            return None;
        }
        let mut digest = [0; 32];
        for (byte, at) in digest.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(digest))
    }
}

impl fmt::Display for ProgramDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ProgramDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgramDigest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_digest_is_taken_for_one() {
        let digest = ProgramDigest::of(b"");
        assert_eq!(ProgramDigest::parse(&digest.to_string()), Some(digest));
        for text in ["", "../../etc/passwd", &"A".repeat(64), &"a".repeat(63), &"+1".repeat(32)] {
            assert_eq!(ProgramDigest::parse(text), None, "{text}");
        }
    }
}
