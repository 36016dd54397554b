//! What a process of the client's program is told so that it becomes an agent.

use lithops_worker::{
    CONTAINER_VARIABLE, ENTRY_VARIABLE, LINK_KEY_VARIABLE, SOCKET_VARIABLE, WORKER_VARIABLE,
    passed_init,
};

/// Where an agent finds its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address<'a> {
    /// At a Unix socket, by its path where the agent runs.
    Socket(&'a str),
    /// Over TCP.
    Tcp {
        /// `HOST:PORT` each, without a comma; the agent tries them in this order, for a few seconds
        /// each.
        hosts: &'a [String],
        /// The file with the key, by its path where the agent runs: only its user may read it.
        key: &'a str,
    },
}

/// The environment variables by which this program becomes the agent of this number, on top of what
/// it has anyway. None is a secret but the number, which is of no use over TCP without the key.
pub fn agent_environment(number: u64, address: &Address<'_>) -> Vec<(&'static str, String)> {
    let entry = if passed_init() { "main" } else { "constructor" };
    let socket = match address {
        Address::Socket(path) => (*path).to_owned(),
        Address::Tcp { hosts, .. } => format!("tcp:{}", hosts.join(",")),
    };
    let mut told = vec![
        (WORKER_VARIABLE, "agent".to_owned()),
        (ENTRY_VARIABLE, entry.to_owned()),
        (SOCKET_VARIABLE, socket),
        (CONTAINER_VARIABLE, number.to_string()),
    ];
    if let Address::Tcp { key, .. } = address {
        told.push((LINK_KEY_VARIABLE, (*key).to_owned()));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_over_tcp_is_an_agent_told_of_a_key() {
        let told = agent_environment(7, &Address::Socket("/lithops/client"));
        assert!(told.contains(&("LITHOPS_WORKER_SOCKET", "/lithops/client".to_owned())));
        assert_eq!(told.len(), 4);

        let hosts = ["a:1".to_owned(), "b:2".to_owned()];
        let told = agent_environment(7, &Address::Tcp { hosts: &hosts, key: "/home/key" });
        let expected = [
            ("LITHOPS_WORKER", "agent"),
            ("LITHOPS_WORKER_ENTRY", "constructor"),
            ("LITHOPS_WORKER_SOCKET", "tcp:a:1,b:2"),
            ("LITHOPS_WORKER_CONTAINER", "7"),
            ("LITHOPS_WORKER_LINK_KEY", "/home/key"),
        ];
        assert_eq!(told, expected.map(|(name, value)| (name, value.to_owned())));
    }
}
