//! The key of an agent that calls its client over TCP: in a file that nobody else can read.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use lithops_core::wire::LinkKey;

use crate::LINK_KEY_VARIABLE;

/// No file of a key is longer.
const LONGEST: u64 = 128;

/// What a group or others may do with a file.
const FOREIGN: u32 = 0o077;

/// Reads the key that `path` holds.
pub(super) fn read(path: Option<&Path>) -> io::Result<LinkKey> {
    let path = path.ok_or_else(|| {
        let text = format!("a client over TCP wants a key: name its file in {LINK_KEY_VARIABLE}");
        io::Error::new(ErrorKind::InvalidInput, text)
    })?;
    read_file(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn read_file(path: &Path) -> io::Result<LinkKey> {
    let file = File::open(path)?;
    // Of the file that was opened, whatever the name is given to meanwhile.
    if file.metadata()?.mode() & FOREIGN != 0 {
        let text = "others may use this key: `chmod 600` its file";
        return Err(io::Error::new(ErrorKind::PermissionDenied, text));
    }
    let mut held = Vec::new();
    file.take(LONGEST).read_to_end(&mut held)?;
    LinkKey::read(&held).ok_or_else(|| {
        let text = "it holds no key: write 32 random bytes there, or 64 hexadecimal digits";
        io::Error::new(ErrorKind::InvalidData, text)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
pub(super) mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    pub(in crate::agent) fn write(path: &Path, held: &[u8], mode: u32) {
        fs::write(path, held).unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_and_so_is_what_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write(&path, &[7; 32], 0o400);
        assert_eq!(read(Some(&path)).unwrap().expose(), &[7; 32]);

        let shown = path.display();
        for mode in [0o640, 0o604, 0o660] {
            write(&path, &[7; 32], mode);
            let text = read(Some(&path)).unwrap_err().to_string();
            assert_eq!(text, format!("{shown}: others may use this key: `chmod 600` its file"));
        }
        write(&path, &[7; 31], 0o600);
        assert_eq!(
            read(Some(&path)).unwrap_err().to_string(),
            format!(
                "{shown}: it holds no key: write 32 random bytes there, or 64 hexadecimal digits"
            )
        );
        assert_eq!(
            read(None).unwrap_err().to_string(),
            "a client over TCP wants a key: name its file in LITHOPS_WORKER_LINK_KEY"
        );
    }
}
