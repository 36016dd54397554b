//! Whether the machine at the other end of a connection is still there.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::net::sockopt;

/// After how long without a word the other machine is asked for one, and how often from then on.
const QUIET: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_secs(10);
/// How often it is asked in vain before it is taken for gone.
const IN_VAIN: u32 = 3;

/// Lets a TCP connection fail within a minute or so after the machine at its other end has vanished,
/// whether anything is being sent or not. A process that ends there closes it at once anyway.
///
/// # Errors
/// If it is no TCP connection.
pub fn watch_peer(connection: impl AsFd) -> io::Result<()> {
    let connection = connection.as_fd();
    sockopt::set_socket_keepalive(connection, true)?;
    sockopt::set_tcp_keepidle(connection, QUIET)?;
    sockopt::set_tcp_keepintvl(connection, AGAIN)?;
    sockopt::set_tcp_keepcnt(connection, IN_VAIN)?;
    // What was sent and not confirmed is repeated for a quarter of an hour otherwise, and nobody is
    // asked meanwhile.
    #[cfg(target_os = "linux")]
    {
        let gone = (QUIET + AGAIN * IN_VAIN).as_millis();
        sockopt::set_tcp_user_timeout(connection, u32::try_from(gone).unwrap_or(u32::MAX))?;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_machine_that_vanishes_is_noticed_within_a_minute_whether_anything_is_sent_or_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        watch_peer(&stream).unwrap();
        assert!(sockopt::socket_keepalive(&stream).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&stream).unwrap(), Duration::from_secs(30));
        assert_eq!(sockopt::tcp_keepintvl(&stream).unwrap(), Duration::from_secs(10));
        assert_eq!(sockopt::tcp_keepcnt(&stream).unwrap(), 3);
        #[cfg(target_os = "linux")]
        assert_eq!(sockopt::tcp_user_timeout(&stream).unwrap(), 60_000);
    }

    #[test]
    fn what_is_no_tcp_connection_is_refused() {
        let (stream, _other) = UnixStream::pair().unwrap();
        let error = watch_peer(&stream).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    }
}
