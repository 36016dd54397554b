//! The values of `DOCKER_HOST`: which of them can be connected to.

use std::path::PathBuf;

use super::place::Address;

/// The port of engines that listen without TLS.
const PORT: u16 = 2375;

/// Why an engine can't be reached in the way that its address says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// An address `ssh://…`.
    #[error(
        "engines are not reached over SSH: forward the engine's socket, as by `ssh -nNT -L \
         /tmp/engine.sock:/var/run/docker.sock {login}`, and set DOCKER_HOST=unix:///tmp/engine.sock"
    )]
    Ssh {
        /// What comes after `ssh://`.
        login: String,
    },
    /// TLS is asked for.
    #[error(
        "engines are not reached over TLS: use the engine's Unix socket, or forward it by `ssh -nNT \
         -L` and set DOCKER_HOST=unix:///PATH"
    )]
    Tls,
    /// Neither a socket nor a TCP address.
    #[error("an engine's address begins with `unix:///` or `tcp://`")]
    Scheme,
    /// A socket without a path, or a TCP address without a host.
    #[error("the address is not complete: `unix:///PATH` or `tcp://HOST:PORT`")]
    Incomplete,
}

/// Reads an address as the Docker CLI writes it; `tls` is whether TLS was asked for.
pub(super) fn parse(host: &str, tls: bool) -> Result<Address, HostError> {
    let (scheme, rest) = host.split_once("://").ok_or(HostError::Scheme)?;
    match scheme {
        "unix" if !rest.starts_with('/') => Err(HostError::Incomplete),
        "unix" => Ok(Address::Unix(PathBuf::from(rest))),
        "https" => Err(HostError::Tls),
        "tcp" | "http" if tls => Err(HostError::Tls),
        "tcp" | "http" => tcp(rest.trim_end_matches('/')),
        "ssh" => Err(HostError::Ssh { login: rest.to_owned() }),
        _ => Err(HostError::Scheme),
    }
}

fn tcp(address: &str) -> Result<Address, HostError> {
    let (host, port) = match address.rsplit_once(':') {
        // An IPv6 address stands in brackets; a colon within them begins no port.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (address, None),
    };
    let is_number = |port: &str| port.parse::<u16>().is_ok();
    if host.is_empty() || !port.is_none_or(is_number) || address.contains(['/', '@']) {
        return Err(HostError::Incomplete);
    }
    let port = port.map_or_else(|| PORT.to_string(), ToOwned::to_owned);
    Ok(Address::Tcp(format!("{host}:{port}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn read(host: &str) -> Result<String, HostError> {
        parse(host, false).map(|address| address.to_string())
    }

    #[test]
    fn sockets_and_plain_tcp_are_understood() {
        for (host, address) in [
            ("unix:///var/run/docker.sock", "unix:///var/run/docker.sock"),
            ("tcp://127.0.0.1:1234", "tcp://127.0.0.1:1234"),
            ("tcp://engine", "tcp://engine:2375"),
            ("tcp://[::1]", "tcp://[::1]:2375"),
            ("tcp://[::1]:99/", "tcp://[::1]:99"),
            ("http://engine:80", "tcp://engine:80"),
        ] {
            assert_eq!(read(host).as_deref(), Ok(address), "{host}");
        }
    }

    #[test]
    fn what_can_not_be_connected_to_says_what_can() {
        for (host, error) in [
            ("ssh://me@far", HostError::Ssh { login: "me@far".to_owned() }),
            ("https://engine", HostError::Tls),
            ("npipe:////./pipe/docker_engine", HostError::Scheme),
            ("/var/run/docker.sock", HostError::Scheme),
            ("unix://docker.sock", HostError::Incomplete),
            ("tcp://", HostError::Incomplete),
            ("tcp://engine:port", HostError::Incomplete),
        ] {
            assert_eq!(read(host), Err(error), "{host}");
        }
        assert_eq!(parse("tcp://engine:2376", true), Err(HostError::Tls));
        let ssh = read("ssh://me@far").unwrap_err().to_string();
        assert!(ssh.contains("docker.sock me@far`"), "{ssh}");
    }
}
