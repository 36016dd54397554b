//! Values that must not be seen: passwords, tokens, keys.

use std::fmt;

use serde::Deserialize;

/// A password, token or key: read from a setting, used by who needs it, and never shown.
///
/// It can be read from a file but not written: it implements no `Serialize`, so that no type that
/// holds one can become a payload, and its `Debug` shows nothing of it.
///
/// ```
/// use lithops_core::secret::Secret;
///
/// let secret = Secret::new("correct horse");
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// assert_eq!(secret.expose(), "correct horse");
/// ```
///
/// ```compile_fail
/// # use lithops_core::secret::Secret;
/// fn payload<T: serde::Serialize>(_: T) {}
/// payload(Secret::new("correct horse"));
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the one request that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_a_secret_does_not_show_it() {
        #[derive(Debug)]
        struct Holder {
            #[expect(dead_code, reason = "only shown")]
            key: Option<Secret>,
        }
        let shown = format!("{:#?}", Holder { key: Some(Secret::new("s3cr3t")) });
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
}
