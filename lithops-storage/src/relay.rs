//! The storages of a client, for workers that reach nothing but a Unix socket.
//!
//! A worker in a container has no network, no credential, and sees no folder of its client. It asks
//! its client instead: [`RelayStorage`] stands in the worker for a storage of the client, [`serve`]
//! carries out at the client what it is asked, on the storages of [`Lent`] and on no other.
//!
//! ```
//! use std::sync::Arc;
//! use lithops_core::ports::{PutMode, StorageBackend};
//! use lithops_storage::MemoryStorage;
//! use lithops_storage::relay::{Lent, PREAMBLE, RelayStorage, serve};
//! use tokio::io::AsyncReadExt;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let socket = folder.path().join("relay");
//! let storage = MemoryStorage::new();
//! let lent = Arc::new(Lent::new());
//! lent.lend(Arc::new(storage.clone()));
//!
//! // The client.
//! let listener = tokio::net::UnixListener::bind(&socket)?;
//! tokio::spawn(async move {
//!     while let Ok((mut stream, _)) = listener.accept().await {
//!         let mut preamble = [0; PREAMBLE.len()];
//!         stream.read_exact(&mut preamble).await?;
//!         tokio::spawn(serve(stream, Arc::clone(&lent)));
//!     }
//!     Ok::<_, std::io::Error>(())
//! });
//!
//! // The worker.
//! let relayed = RelayStorage::open(&socket, PREAMBLE, &storage.location())?;
//! relayed.put("greeting", "hello".into(), PutMode::Create).await?;
//! assert_eq!(storage.get("greeting").await?, "hello");
//! # Ok(())
//! # }
//! ```

mod connection;
mod error;
mod framed;
mod incoming;
mod lent;
mod objects;
mod pool;
mod serve;
mod storage;
mod through;
mod upload;

pub use error::ServeError;
pub use lent::Lent;
pub use serve::serve;
pub use storage::RelayStorage;
pub(crate) use through::open_through;
pub use through::relay_through;

/// What a worker sends first on each connection, for a socket on which others are awaited too.
pub const PREAMBLE: &[u8] = b"relay\n";

/// How much of a stream is on its way at once.
const PIECE: usize = 1024 * 1024;
/// How large an object may be that is sent in one message.
const AT_ONCE: usize = 256 * 1024 * 1024;
/// How many connections the client works on at the same time.
const AT_WORK: usize = 256;
/// How long a worker may take to name its storage.
const OPENING: std::time::Duration = std::time::Duration::from_secs(10);
/// How often the client says that it is still at a request.
const ALIVE_EVERY: std::time::Duration = std::time::Duration::from_secs(10);
/// How long a worker waits for a sign of life.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(60);
