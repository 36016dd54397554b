//! A client that lends storages at a socket.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lithops_core::ports::StorageBackend;
use lithops_storage::relay::{Lent, PREAMBLE, RelayStorage, serve};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::UnixListener;

/// Lends as long as the runtime lives in which it was made.
pub(crate) struct Client {
    pub(crate) socket: PathBuf,
    pub(crate) lent: Arc<Lent>,
    accepted: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl Client {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("relay");
        let lent = Arc::new(Lent::new());
        let accepted = Arc::new(AtomicUsize::new(0));
        let listener = UnixListener::bind(&socket).unwrap();
        tokio::spawn(accept(listener, Arc::clone(&lent), Arc::clone(&accepted)));
        Self { socket, lent, accepted, _folder: folder }
    }

    /// Lends `storage`, and gives it as a worker has it.
    #[allow(dead_code, reason = "not every test is given a storage so")]
    pub(crate) fn lend(&self, storage: Arc<dyn StorageBackend>) -> RelayStorage {
        let location = storage.location();
        self.lent.lend(storage);
        RelayStorage::open(&self.socket, PREAMBLE, &location).unwrap()
    }

    /// How many connections there have been.
    #[allow(dead_code, reason = "not every test counts them")]
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

async fn accept(listener: UnixListener, lent: Arc<Lent>, accepted: Arc<AtomicUsize>) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        accepted.fetch_add(1, Ordering::Relaxed);
        let lent = Arc::clone(&lent);
        tokio::spawn(async move {
            let mut preamble = [0; PREAMBLE.len()];
            stream.read_exact(&mut preamble).await.unwrap();
            assert_eq!(preamble, PREAMBLE);
            serve(stream, lent).await
        });
    }
}
