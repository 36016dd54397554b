//! The socket on which a client listens to its containers: the only way between them.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lithops_core::wire::Preamble;
use lithops_storage::relay::{self, Lent};
use lithops_worker::Owner;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What the names of folders begin with, and the file in them that says whose they are.
const PREFIX: &str = "lithops-";
const OWNER: &str = "owner";

/// How many connections may not have said yet what they are for, and how many may carry requests to
/// storages: a call that opens without end must not take the client's last file.
const STRANGERS: usize = 64;
const RELAYS: usize = 512;

/// How long a connection may take to say what it is for.
const INTRODUCTION: Duration = Duration::from_secs(10);

/// Takes connections, and gives each to who waits for it.
#[derive(Debug)]
pub(super) struct Switchboard {
    waiting: Arc<Waiting>,
    task: JoinHandle<()>,
    folder: PathBuf,
    /// Only this user gets through it; the engine mounts the folder below from outside.
    private: TempDir,
}

#[derive(Debug, Default)]
struct Waiting(Mutex<HashMap<Preamble, oneshot::Sender<UnixStream>>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<Preamble, oneshot::Sender<UnixStream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Switchboard {
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
        let waiting = Arc::<Waiting>::default();
        let task = tokio::spawn(accept(listener, Arc::clone(&waiting), lent));
        Ok(Self { waiting, task, folder, private })
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

    /// The connection that will begin with this line.
    pub(super) fn expect(&self, preamble: Preamble) -> Expected {
        let (found, connection) = oneshot::channel();
        self.waiting.lock().insert(preamble, found);
        Expected { waiting: Arc::clone(&self.waiting), preamble, connection }
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

impl Drop for Switchboard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection that has not come yet. Dropping it refuses the connection.
#[derive(Debug)]
pub(super) struct Expected {
    waiting: Arc<Waiting>,
    preamble: Preamble,
    connection: oneshot::Receiver<UnixStream>,
}

impl Expected {
    /// Waits for the connection; `None` if the client listens no more.
    pub(super) async fn connection(&mut self) -> Option<UnixStream> {
        (&mut self.connection).await.ok()
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.waiting.lock().remove(&self.preamble);
    }
}

async fn accept(listener: UnixListener, waiting: Arc<Waiting>, lent: Arc<Lent>) {
    let (strangers, relays) = (semaphore(STRANGERS), semaphore(RELAYS));
    // They are never closed.
    while let Ok(stranger) = Arc::clone(&strangers).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let routed = route(
                    stream,
                    stranger,
                    Arc::clone(&waiting),
                    Arc::clone(&lent),
                    Arc::clone(&relays),
                );
                tokio::spawn(routed);
            }
            Err(error) => {
                // Too many open files, most likely: one of them will be closed.
                tracing::warn!(%error, "a container's connection can't be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

fn semaphore(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits))
}

async fn route(
    mut stream: UnixStream,
    stranger: OwnedSemaphorePermit,
    waiting: Arc<Waiting>,
    lent: Arc<Lent>,
    relays: Arc<Semaphore>,
) {
    let preamble = match timeout(INTRODUCTION, introduction(&mut stream)).await {
        Ok(Ok(Some(preamble))) => preamble,
        Ok(Ok(None) | Err(_)) | Err(_) => {
            return tracing::warn!("a connection from a container does not say what it is for");
        }
    };
    drop(stranger);
    if preamble == Preamble::Relay {
        let Ok(_one_of_many) = relays.try_acquire() else {
            return tracing::warn!("calls in containers open more than {RELAYS} connections");
        };
        if let Err(error) = relay::serve(stream, lent).await {
            tracing::warn!(%error, "a container's request for a storage can't be served");
        }
        return;
    }
    let found = waiting.lock().remove(&preamble);
    match found {
        // Whoever has given up waiting drops it, which hangs up.
        Some(found) => drop(found.send(stream)),
        None => tracing::debug!(?preamble, "nobody waits for this connection"),
    }
}

/// The line that a connection begins with, and not a byte more.
async fn introduction(stream: &mut UnixStream) -> io::Result<Option<Preamble>> {
    let mut line = String::new();
    while line.len() < Preamble::LONGEST && !line.ends_with('\n') {
        line.push(char::from(stream.read_u8().await?));
    }
    Ok(Preamble::from_line(&line))
}
