//! A connection to the client, whichever way it came.

use std::io;

use lithops_worker::watch_peer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// What comes through a connection.
pub type Reader = Box<dyn AsyncRead + Send + Unpin>;
/// What goes through a connection. Dropping it shuts the connection down for writing, which the other
/// side takes as the end.
pub type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// A connection. Dropping it hangs up.
#[derive(Debug)]
pub enum Stream {
    /// Through a socket of this machine.
    Unix(UnixStream),
    /// From another machine, or another place of this one.
    Tcp(TcpStream),
}

impl Stream {
    /// What comes and what goes, apart.
    pub fn into_split(self) -> (Reader, Writer) {
        match self {
            Self::Unix(stream) => {
                let (reader, writer) = stream.into_split();
                (Box::new(reader), Box::new(writer))
            }
            Self::Tcp(stream) => {
                let (reader, writer) = stream.into_split();
                (Box::new(reader), Box::new(writer))
            }
        }
    }

    /// Lets what is written leave at once, and the connection fail when the other machine vanishes.
    pub(crate) fn attend(&self) -> io::Result<()> {
        match self {
            Self::Unix(_) => Ok(()),
            Self::Tcp(stream) => {
                // Messages are written whole: what is held back would only come later.
                stream.set_nodelay(true)?;
                watch_peer(stream)
            }
        }
    }
}

/// Where connections come in.
#[derive(Debug)]
pub(crate) enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
            Self::Tcp(listener) => Ok(Stream::Tcp(listener.accept().await?.0)),
        }
    }
}
