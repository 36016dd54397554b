//! The socket on which a client listens to its containers: the only way between them.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lithops_agents::Switchboard;
use lithops_storage::relay::Lent;
use lithops_worker::Owner;
use tempfile::TempDir;
use tokio::net::UnixListener;

/// What the names of folders begin with, and the file in them that says whose they are.
const PREFIX: &str = "lithops-";
const OWNER: &str = "owner";

/// A socket in a folder that containers can be given.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) switchboard: Switchboard,
    folder: PathBuf,
    /// Only this user gets through it; the engine mounts the folder below from outside.
    private: TempDir,
}

impl Socket {
    /// Begins to listen; requests for storages are answered from those that are `lent`.
    ///
    /// `owner` is noted in the folder, for those who find it after the owner's death.
    pub(super) fn open(lent: Arc<Lent>, owner: &Owner) -> io::Result<Self> {
        let parent = parent(&std::env::temp_dir());
        let private = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&parent)?;
        fs::write(private.path().join(OWNER), owner.to_text())?;
        let folder = private.path().join("c");
        // Containers run as another user: they may pass, and connect, and nothing else.
        fs::DirBuilder::new().mode(0o711).create(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o711))?;
        let socket = folder.join("client");
        let listener = UnixListener::bind(&socket)?;
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o666))?;
        let switchboard = Switchboard::listen_unix_and_lend(listener, lent);
        Ok(Self { switchboard, folder, private })
    }

    /// The folder with the socket, to be mounted in containers.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A name that no other client's containers have.
    pub(super) fn name(&self) -> String {
        let name = self.private.path().file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

/// Where folders of sockets are made: a socket's path has at most 107 bytes.
fn parent(temporary: &Path) -> PathBuf {
    if temporary.as_os_str().len() < 75 { temporary.to_owned() } else { PathBuf::from("/tmp") }
}

/// Removes the folders of clients that were killed.
pub(super) fn remove_dead(owner: &Owner) -> io::Result<()> {
    for entry in fs::read_dir(parent(&std::env::temp_dir()))? {
        let path = entry?.path();
        let is_ours = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(PREFIX));
        // Those of other users can't be read, and are theirs to remove.
        let Ok(label) = fs::read_to_string(path.join(OWNER)) else { continue };
        if is_ours && owner.is_leftover(&label) {
            fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}
