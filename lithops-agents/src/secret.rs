//! What only a client and those that it has started know.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use lithops_core::wire::LinkKey;

/// A number that nobody can guess, by which an agent or a worker is known when it calls: whoever else
/// reaches the client's socket could call before it.
///
/// # Errors
/// If the operating system gives no random bytes.
pub fn secret_number() -> io::Result<u64> {
    random().map(u64::from_le_bytes)
}

/// A key for one [`Switchboard`](crate::Switchboard) over TCP, and the agents that shall reach it.
///
/// # Errors
/// If the operating system gives no random bytes.
pub fn new_key() -> io::Result<LinkKey> {
    random().map(LinkKey::new)
}

/// Writes a key into a new file, which nobody but this user can read, for agents that run as this
/// user.
///
/// # Errors
/// If the file is there already or can't be written.
pub fn keep_key(key: &LinkKey, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.expose())?;
    // Other machines may look for it in a moment.
    file.sync_all()
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = getrandom::fill(&mut bytes);
    filled.map_err(|error| io::Error::other(format!("no random numbers can be had: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_key_is_kept_where_only_its_user_reads_it_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = LinkKey::new([7; 32]);
        keep_key(&key, &path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read(&path).unwrap(), [7; 32]);
        let again = keep_key(&key, &path).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    }
}
