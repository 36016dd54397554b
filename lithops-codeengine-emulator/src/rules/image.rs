//! References to images.

use super::Invalid;
use super::name::IMAGE;

/// Checks a reference. Code Engine's pattern, with one addition: a registry may have a port, since
/// registries on a developer's machine do.
pub(super) fn check(reference: &str) -> Result<(), Invalid> {
    IMAGE.check("image_reference", reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_namespaces_tags_and_digests_are_understood() {
        let digest = "a".repeat(64);
        for good in [
            "us.icr.io/space/worker:v1",
            "worker",
            "localhost:5000/space/worker",
            "docker.io/library/busybox:1",
            &format!("icr.io/codeengine/helloworld@sha256:{digest}"),
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for wrong in ["", "Worker", "a b", "worker:", &"a".repeat(257)] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
