//! How many files this process may have open.

use std::io;
use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process open as many files as it may, and gives how many it could before.
///
/// A thousand instances take two thousand descriptors, and the usual limit is 1024.
pub(super) fn raise() -> io::Result<Rlimit> {
    // Of the first time: afterwards it is raised.
    static USUAL: OnceLock<Rlimit> = OnceLock::new();
    let usual = *USUAL.get_or_init(|| getrlimit(Resource::Nofile));
    setrlimit(Resource::Nofile, Rlimit { current: usual.maximum, maximum: usual.maximum })?;
    Ok(usual)
}

/// Gives the calling process the limit of before. One system call, and nothing else.
pub(super) fn restore(usual: Rlimit) -> io::Result<()> {
    Ok(setrlimit(Resource::Nofile, usual)?)
}
