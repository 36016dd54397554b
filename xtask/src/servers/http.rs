//! The least of HTTP: whether a server answers, and what.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const BOUND: Duration = Duration::from_secs(5);

/// The status of `GET path`, if the server answers at all.
pub(super) fn status(port: u16, path: &str) -> Option<u16> {
    let answer = get(port, path)?;
    answer.split(' ').nth(1)?.parse().ok()
}

/// The body of `GET path`, if the server answers it with 200.
pub(super) fn body(port: u16, path: &str) -> Option<String> {
    let answer = get(port, path)?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    (head.split(' ').nth(1)? == "200").then(|| body.to_owned())
}

/// Any failure means that the server is not ready yet, whatever it was.
fn get(port: u16, path: &str) -> Option<String> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, BOUND).ok()?;
    stream.set_read_timeout(Some(BOUND)).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}
