//! What a place in a registry is called.

use std::net::Ipv4Addr;

use oci_client::Reference;

use super::RegistryError;
use crate::reference::parse;

/// A registry, a path in it, and what is meant there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    registry: String,
    path: String,
    /// As it was given: a reference without a tag means `latest` for others, but nothing here.
    tag: Option<String>,
    digest: Option<String>,
}

impl Name {
    pub(super) fn parse(reference: &str) -> Result<Self, RegistryError> {
        let parsed = parse(reference).map_err(|reason| {
            let reference = reference.to_owned();
            RegistryError::Reference { reference, reason }
        })?;
        let name = reference.split_once('@').map_or(reference, |(name, _)| name);
        let last = name.rsplit('/').next().unwrap_or(name);
        Ok(Self {
            registry: parsed.registry().to_owned(),
            path: parsed.repository().to_owned(),
            tag: last.contains(':').then(|| parsed.tag().map(ToOwned::to_owned)).flatten(),
            digest: parsed.digest().map(ToOwned::to_owned),
        })
    }

    pub(super) fn registry(&self) -> &str {
        &self.registry
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Whether it is said which image is meant, by a tag or a digest.
    pub(super) fn is_exact(&self) -> bool {
        self.tag.is_some() || self.digest.is_some()
    }

    /// The same place, with this tag meant.
    pub(super) fn with_tag(&self, tag: &str) -> Self {
        Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() }
    }

    /// The image under a tag.
    pub(super) fn tagged(&self, tag: &str) -> Reference {
        Reference::with_tag(self.registry.clone(), self.path.clone(), tag.to_owned())
    }

    /// The image that is meant; as everywhere, `latest` if nothing is said.
    pub(super) fn meant(&self) -> Reference {
        match &self.digest {
            Some(digest) => self.any().clone_with_digest(digest.clone()),
            None => self.tagged(self.tag().unwrap_or("latest")),
        }
    }

    /// A reference for requests that are about the repository; its tag means nothing.
    pub(super) fn any(&self) -> Reference {
        self.tagged("any")
    }

    /// Whether the registry is on this machine, so that it needs no TLS.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.registry.split(':').next().unwrap_or_default();
        host == "localhost" || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_a_tag_that_was_given_is_a_tag() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let with_digest = format!("quay.io/a/b@{digest}");
        for (text, tag, meant) in [
            ("words", None, "docker.io/library/words:latest"),
            ("words:1", Some("1"), "docker.io/library/words:1"),
            ("127.0.0.1:5000/team/words", None, "127.0.0.1:5000/team/words:latest"),
            ("127.0.0.1:5000/words:latest", Some("latest"), "127.0.0.1:5000/words:latest"),
            (with_digest.as_str(), None, with_digest.as_str()),
        ] {
            let name = Name::parse(text).unwrap();
            assert_eq!((name.tag(), name.meant().whole()), (tag, meant.to_owned()), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        for (text, plain) in [
            ("localhost/a", true),
            ("localhost:5000/a", true),
            ("127.0.0.1:5000/a", true),
            ("127.1.2.3/a", true),
            ("127.0.0.1.example.com/a", false),
            ("localhost.example.com/a", false),
            ("10.0.0.1:5000/a", false),
            ("a", false),
        ] {
            assert_eq!(Name::parse(text).unwrap().is_loopback(), plain, "{text}");
        }
    }

    #[test]
    fn a_text_that_names_nothing_is_shown() {
        let error = Name::parse("Team/words").unwrap_err().to_string();
        assert_eq!(error, "`Team/words` names no image: repository name must be lowercase");
    }
}
