//! Where the client listens, and by which name nodes reach it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use lithops_core::ports::ComputeError;
use tokio::net::{UdpSocket, lookup_host};
use tokio::time::timeout;

use crate::SlurmConfig;
use crate::login::{Login, slurm};
use crate::refused::from_command;

/// How long it may take to find a node by its name.
const LOOK_UP: Duration = Duration::from_secs(5);
/// How long Slurm may take to tell where nodes are.
const ASK: Duration = Duration::from_secs(20);
/// How many nodes are tried.
const NODES: usize = 3;

/// Where the client listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) listen: SocketAddr,
    /// The names by which nodes reach it, the likeliest first.
    pub(super) hosts: Vec<String>,
}

/// Finds the address that this machine has on its way to the nodes.
///
/// # Errors
/// [`ComputeError`] if Slurm does not tell where nodes are.
pub(super) async fn find(login: &Login, config: &SlurmConfig) -> Result<Found, ComputeError> {
    let anywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), config.port);
    if let Some(address) = &config.address {
        return Ok(Found { listen: anywhere, hosts: vec![address.clone()] });
    }
    let mut question = vec!["sinfo", "--noheader", "--Node", "-o", "%o"];
    if let Some(partition) = &config.partition {
        question.extend(["--partition", partition]);
    }
    let said = login.run(&slurm(question), Bytes::new(), ASK).await;
    let said = said.map_err(|source| from_command("find out where nodes are", source))?;
    let mut ways: Vec<IpAddr> = Vec::new();
    for node in said.split_whitespace().take(NODES) {
        match way_to(node).await {
            Ok(way) if !ways.contains(&way) => ways.push(way),
            Ok(_) => {}
            Err(error) => tracing::debug!(node, %error, "the way to a node is not known"),
        }
    }
    Ok(match ways[..] {
        // Nobody else than nodes has to see it.
        [way] => Found { listen: SocketAddr::new(way, config.port), hosts: vec![way.to_string()] },
        // Names of nodes may have a meaning for the cluster alone: perhaps this machine's has too.
        [] => Found { listen: anywhere, hosts: vec![own_name()] },
        _ => Found { listen: anywhere, hosts: ways.iter().map(IpAddr::to_string).collect() },
    })
}

/// The address of this machine that packets to `node` would have. None is sent.
async fn way_to(node: &str) -> std::io::Result<IpAddr> {
    // Any port will do.
    let found = timeout(LOOK_UP, lookup_host((node, 9))).await??;
    let mut last = std::io::ErrorKind::NotFound.into();
    for address in found {
        let any = match address {
            SocketAddr::V4(_) => "0.0.0.0:0",
            SocketAddr::V6(_) => "[::]:0",
        };
        let socket = UdpSocket::bind(any).await?;
        match socket.connect(address).await {
            Ok(()) => return Ok(socket.local_addr()?.ip()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn own_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "localhost".to_owned(),
        name => name.to_owned(),
    }
}

/// `host:port`, as workers are told it.
pub(super) fn with_port(host: &str, port: u16) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        _ => format!("{host}:{port}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_way_to_a_node_of_this_machine_is_its_own_address() {
        assert_eq!(way_to("127.0.0.1").await.unwrap(), IpAddr::V4(Ipv4Addr::LOCALHOST));
    }

    #[tokio::test]
    async fn an_address_that_was_said_is_told_as_it_is_and_nobody_is_asked() {
        let config = SlurmConfig {
            address: Some("login-1".to_owned()),
            port: 7000,
            ..SlurmConfig::new("/shared")
        };
        let found = find(&Login::new(None, None).unwrap(), &config).await.unwrap();
        let hosts = vec!["login-1".to_owned()];
        assert_eq!(found, Found { listen: "0.0.0.0:7000".parse().unwrap(), hosts });
    }

    #[test]
    fn an_address_of_version_6_is_told_apart_from_its_port() {
        assert_eq!(with_port("login-1", 7), "login-1:7");
        assert_eq!(with_port("10.0.0.1", 7), "10.0.0.1:7");
        assert_eq!(with_port("fe80::1", 7), "[fe80::1]:7");
    }
}
