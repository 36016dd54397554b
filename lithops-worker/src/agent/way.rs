//! How an agent reaches its client: through a Unix socket, or over TCP with a key.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use lithops_core::wire::{Challenge, LinkKey, Preamble, Proof};

use super::key;
use crate::watch_peer;

/// What the addresses of a client that listens over TCP begin with.
const TCP: &str = "tcp:";

/// How long a name may take to be found, and an address to be connected to.
const STEP: Duration = Duration::from_secs(5);

/// How long the client may take for each of its steps: longer than it hears out a crowd that says
/// nothing, behind which it takes nobody.
const PATIENCE: Duration = Duration::from_secs(15);

/// How many addresses of one name are tried.
const EACH: usize = 4;

/// A way that has led to the client.
#[derive(Debug)]
pub(super) enum Way {
    Socket(PathBuf),
    Tcp(SocketAddr, LinkKey),
}

/// Why none has.
#[derive(Debug)]
pub(super) enum NoWay {
    /// Each address that was tried, and what came of it.
    Unreachable(Vec<(String, io::Error)>),
    /// Nothing could be tried.
    Unusable(io::Error),
}

impl From<io::Error> for NoWay {
    fn from(error: io::Error) -> Self {
        Self::Unusable(error)
    }
}

/// Whether the client listens over TCP at `address`, as an agent is told it.
#[cfg(feature = "relay")]
pub(crate) fn is_tcp(address: &OsStr) -> bool {
    address.as_encoded_bytes().starts_with(TCP.as_bytes())
}

/// The first of the told addresses that leads to the client, and a connection for `preamble`.
pub(super) fn find(
    address: &OsStr,
    key: Option<&Path>,
    preamble: Preamble,
) -> Result<(Way, UnixStream), NoWay> {
    let text = address.to_string_lossy();
    let Some(names) = text.strip_prefix(TCP) else {
        let way = Way::Socket(address.into());
        let stream = way.call(preamble)?;
        return Ok((way, stream));
    };
    let key = key::read(key)?;
    let mut tried = Vec::new();
    for name in names.split(',') {
        match resolve(name) {
            Ok(found) => {
                for address in found {
                    let way = Way::Tcp(address, key.clone());
                    match way.call(preamble) {
                        Ok(stream) => return Ok((way, stream)),
                        Err(error) => tried.push((address.to_string(), error)),
                    }
                }
            }
            Err(error) => tried.push((name.to_owned(), error)),
        }
    }
    Err(NoWay::Unreachable(tried))
}

impl Way {
    /// Opens a connection to the client, and says what it is for.
    ///
    /// Where it is one over TCP, what is given is its descriptor all the same: std's Unix stream reads
    /// and writes any stream socket, and the worker that finds it as its standard input can't know
    /// which it is.
    pub(super) fn call(&self, preamble: Preamble) -> io::Result<UnixStream> {
        let mut stream = match self {
            Self::Socket(path) => UnixStream::connect(path)?,
            Self::Tcp(address, key) => UnixStream::from(OwnedFd::from(connect(address, key)?)),
        };
        stream.write_all(preamble.to_line().as_bytes())?;
        Ok(stream)
    }

    /// The socket through which workers reach the client's storages, if they do.
    pub(super) fn relay(&self) -> Option<&Path> {
        match self {
            Self::Socket(path) => Some(path),
            Self::Tcp(..) => None,
        }
    }
}

/// The addresses of `HOST:PORT`; a name is waited for no longer than [`STEP`].
fn resolve(name: &str) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = name.parse() {
        return Ok(vec![address]);
    }
    let (told, found) = mpsc::channel();
    let asked = name.to_owned();
    // The C library knows no bound. Nobody may listen any more when it answers.
    std::thread::Builder::new().name("lithops-resolve".to_owned()).spawn(move || {
        let all = asked.to_socket_addrs();
        told.send(all.map(|all| all.take(EACH).collect())).ok();
    })?;
    found.recv_timeout(STEP).unwrap_or_else(|_| Err(silent("the name is not found", STEP)))
}

fn connect(address: &SocketAddr, key: &LinkKey) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect_timeout(address, STEP)?;
    stream.set_nodelay(true)?;
    watch_peer(&stream)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    shake_hands(&mut stream, key).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            silent("what listens there does not answer", PATIENCE)
        }
        _ => error,
    })?;
    // They are the connection's and not this descriptor's: a worker would inherit them.
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)?;
    Ok(stream)
}

fn silent(what: &str, bound: Duration) -> io::Error {
    io::Error::new(ErrorKind::TimedOut, format!("{what} within {bound:?}"))
}

/// Shows the listener that this side has the key, and sees that the listener has it too.
fn shake_hands(stream: &mut (impl Read + Write), key: &LinkKey) -> io::Result<()> {
    let mut challenge = Challenge::default();
    stream.read_exact(&mut challenge)?;
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(|error| io::Error::other(error.to_string()))?;
    let answer = key.answer(&challenge, nonce);
    stream.write_all(&answer)?;
    let mut proof = Proof::default();
    stream.read_exact(&mut proof).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => refused("refuses this key"),
        _ => error,
    })?;
    let known = key.confirms(&challenge, &answer, &proof);
    if known { Ok(()) } else { Err(refused("does not have this key")) }
}

fn refused(what: &str) -> io::Error {
    let text = format!("what listens there {what}: start the agent with its own client's key");
    io::Error::new(ErrorKind::PermissionDenied, text)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn key() -> LinkKey {
        LinkKey::new([7; 32])
    }

    /// Both ends of a connection of this machine.
    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (caller, listener.accept().unwrap().0)
    }

    /// What the caller makes of a listener that answers with `proof`, given the right one.
    fn met_by(proof: impl FnOnce(Proof) -> Vec<u8> + Send + 'static) -> io::Result<()> {
        let (mut caller, mut client) = pair();
        let listener = std::thread::spawn(move || {
            let challenge = [1; 32];
            client.write_all(&challenge).unwrap();
            let mut answer = [0; 64];
            client.read_exact(&mut answer).unwrap();
            client.write_all(&proof(key().admit(&challenge, &answer).unwrap())).unwrap();
        });
        let met = shake_hands(&mut caller, &key());
        listener.join().unwrap();
        met
    }

    #[test]
    fn only_a_listener_that_has_the_key_is_taken_for_the_client() {
        met_by(|right| right.to_vec()).unwrap();
        let wrong = met_by(|_| vec![0; 32]).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "what listens there does not have this key: start the agent with its own client's key"
        );
        let short = met_by(|right| right[..31].to_vec()).unwrap_err();
        assert_eq!(
            short.to_string(),
            "what listens there refuses this key: start the agent with its own client's key"
        );
    }

    #[test]
    fn each_address_that_leads_nowhere_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        key::tests::write(&path, &[7; 32], 0o600);
        // Bound, and not listened on any more.
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let address = format!("tcp:{closed},nowhere");
        let found = find(address.as_ref(), Some(&path), Preamble::Agent(1)).unwrap_err();
        let NoWay::Unreachable(tried) = found else { panic!("{found:?}") };
        let kinds: Vec<_> = tried.iter().map(|(name, error)| (&**name, error.kind())).collect();
        let closed = closed.to_string();
        let expected =
            [(&*closed, ErrorKind::ConnectionRefused), ("nowhere", ErrorKind::InvalidInput)];
        assert_eq!(kinds, expected);
    }

    #[cfg(feature = "relay")]
    #[test]
    fn only_what_begins_so_is_an_address_over_tcp() {
        assert!(is_tcp("tcp:host:1".as_ref()));
        assert!(!is_tcp("/tmp/tcp:host:1".as_ref()));
    }
}
