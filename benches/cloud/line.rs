//! A line that is as long as one to a cloud's storage: bytes reach the server late.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{self, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// How many bytes are taken at a time.
const PIECE: usize = 64 << 10;
/// How many pieces of a connection may be under way.
const UNDER_WAY: usize = 256;

/// Listens on a port of 127.0.0.1 and gives its address. What comes there reaches `server` after
/// `late`; what the server says is handed on at once, so a request takes `late` longer.
///
/// No byte is looked at, which costs the least, and the line is as wide as this machine allows. A
/// connection is made at once.
pub(crate) async fn delayed(server: String, late: Duration) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = server.clone();
            // An error is of one connection, whose client sees that it ends.
            tokio::spawn(async move { connection(client, &server, late).await.ok() });
        }
    });
    Ok(address)
}

async fn connection(client: TcpStream, server: &str, late: Duration) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut requests, mut to_client) = client.into_split();
    let (mut answers, mut to_server) = server.into_split();
    let (sent, mut line) = mpsc::channel(UNDER_WAY);
    tokio::spawn(async move { io::copy(&mut answers, &mut to_client).await });
    tokio::spawn(async move {
        while let Some((due, piece)) = line.recv().await {
            sleep_until(due).await;
            let piece: Vec<u8> = piece;
            if to_server.write_all(&piece).await.is_err() {
                return;
            }
        }
    });
    loop {
        let mut piece = Vec::with_capacity(4096);
        (&mut requests).take(PIECE as u64).read_buf(&mut piece).await?;
        if piece.is_empty() || sent.send((Instant::now() + late, piece)).await.is_err() {
            return Ok(());
        }
    }
}
