//! Naming bytes by what they are.

use std::fmt::Write as _;

use oci_spec::image::{Digest, Sha256Digest};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of `bytes`, as images name their parts.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    finished(Sha256::new_with_prefix(bytes))
}

/// The digest of all that `hasher` was given.
pub(crate) fn finished(hasher: Sha256) -> Digest {
    let digits: Result<Sha256Digest, _> = hex(&hasher.finalize()).parse();
    digits.expect("64 hexadecimal digits are a SHA-256").into()
}

/// Bytes as lower case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // A `String` takes everything.
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_one_that_sha256sum_prints() {
        assert_eq!(
            sha256(b"lithops").to_string(),
            "sha256:ed684dbde091ac43e6e017edad2e3c2a60a0e75ff2d4584ee8c6ae0dcc897ff7"
        );
    }
}
