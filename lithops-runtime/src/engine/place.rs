//! Where an engine listens, and who said so.

use std::fmt;
use std::path::PathBuf;

/// A place where an engine may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Who said that an engine is there.
    pub origin: Origin,
    /// How it is reached.
    pub address: Address,
}

/// Who says where the engine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The caller, or a setting that the caller read.
    Given,
    /// The environment variable `DOCKER_HOST`.
    Variable,
    /// A context of the Docker CLI.
    Context {
        /// The name of the context.
        name: String,
        /// What chose it: `DOCKER_CONTEXT`, or the path of a `config.json`.
        chosen_by: String,
    },
    /// Nobody: engines listen there unless told otherwise.
    Usual,
}

/// How an engine is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket in the file system.
    Unix(PathBuf),
    /// `HOST:PORT`, without TLS.
    Tcp(String),
}

impl Place {
    pub(super) fn usual(socket: impl Into<PathBuf>) -> Self {
        Self { origin: Origin::Usual, address: Address::Unix(socket.into()) }
    }

    /// Whether the engine is reached without a network.
    ///
    /// Behind a socket there may still be a virtual machine, or another machine behind a tunnel:
    /// [`Facts::same_machine`](super::Facts::same_machine) is asked of the engine itself.
    pub fn is_local(&self) -> bool {
        matches!(self.address, Address::Unix(_))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address, self.origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => f.write_str("as was asked for"),
            Self::Variable => f.write_str("by DOCKER_HOST"),
            Self::Context { name, chosen_by } => {
                write!(f, "by the context `{name}` that {chosen_by} chooses")
            }
            Self::Usual => f.write_str("a usual place"),
        }
    }
}

/// As `DOCKER_HOST` would have it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}
