//! What the maker of an image should know.

use std::fmt;

/// Something about an image that is no error, but may surprise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// This machine has no bundle of certificates, so there is none in the image.
    NoCertificates,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificates => f.write_str(
                "no bundle of CA certificates was found, so programs in the image can't verify \
                 servers over TLS: install `ca-certificates`, or set SSL_CERT_FILE",
            ),
        }
    }
}
