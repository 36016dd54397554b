//! What programs expect to find on any system.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::ImageError;
use super::files::Files;
use crate::base::Tree;

/// Where the certificates are in an image.
pub(super) const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// The user that programs run as: without a name it would have no home.
pub(super) const USER: &str = "65532:65532";
/// Where engines mount what a worker shares with its client.
pub(super) const MOUNT: &str = "/lithops";

const PASSWD: &str = "root:x:0:0:root:/root:/sbin/nologin\n\
    nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n\
    lithops:x:65532:65532:lithops:/tmp:/sbin/nologin\n";
const GROUP: &str = "root:x:0:\nnogroup:x:65534:\nlithops:x:65532:\n";
const NSSWITCH: &str = "passwd: files\ngroup: files\nhosts: files dns\n";

/// Where distributions keep the bundle of certificates that they trust: the first that is there goes
/// into images, unless `SSL_CERT_FILE` names another.
pub const CERTIFICATE_BUNDLES: [&str; 6] = [
    CERTIFICATES,
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/var/lib/ca-certificates/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The files of the system that are not below, and whether certificates are among them or below.
pub(super) fn system(below: &Tree) -> Result<(Files, bool), ImageError> {
    let mut files = Files::default();
    let lacks = |at: &str| below.find(Path::new(at)).is_none();
    for (at, text) in
        [("/etc/passwd", PASSWD), ("/etc/group", GROUP), ("/etc/nsswitch.conf", NSSWITCH)]
    {
        if lacks(at) {
            files.file(at, 0o644, text);
        }
    }
    if lacks("/tmp") {
        files.folder("/tmp", 0o1777);
    }
    if lacks(MOUNT) {
        files.folder(MOUNT, 0o755);
    }
    let mut has_certificates = !lacks(CERTIFICATES);
    if !has_certificates {
        let told = std::env::var_os("SSL_CERT_FILE");
        if let Some(bundle) = certificates(told.as_deref(), &CERTIFICATE_BUNDLES.map(Path::new))? {
            files.file(CERTIFICATES, 0o644, bundle);
            has_certificates = true;
        }
    }
    Ok((files, has_certificates))
}

/// The certificates that this machine trusts: those of the file that it was told, or the first of the
/// usual ones.
fn certificates(told: Option<&OsStr>, usual: &[&Path]) -> Result<Option<Vec<u8>>, ImageError> {
    if let Some(path) = told.filter(|path| !path.is_empty()).map(PathBuf::from) {
        let bundle = fs::read(&path);
        return bundle.map(Some).map_err(|source| ImageError::Read { path, source });
    }
    for path in usual {
        match fs::read(path) {
            Ok(bundle) => return Ok(Some(bundle)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(ImageError::Read { path: path.into(), source }),
        }
    }
    Ok(None)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_those_that_the_machine_was_told_or_the_first_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let [own, second, none] = ["own", "second", "none"].map(at);
        fs::write(&own, "own").unwrap();
        fs::write(&second, "second").unwrap();
        let usual = [none.as_path(), second.as_path(), own.as_path()];
        assert_eq!(certificates(Some(own.as_os_str()), &usual).unwrap().unwrap(), b"own");
        assert_eq!(certificates(Some(OsStr::new("")), &usual).unwrap().unwrap(), b"second");
        assert_eq!(certificates(None, &usual[..1]).unwrap(), None);
        let error = certificates(Some(none.as_os_str()), &usual).unwrap_err();
        assert!(matches!(error, ImageError::Read { path, .. } if path == none));
    }
}
