//! What a launcher is told by its environment.

use std::ffi::OsString;
use std::path::PathBuf;

use lithops_core::ports::StorageLocation;

use super::{LaunchError, ProgramDigest};

/// Set for a process that is to fetch a program and become it: the program's digest.
pub const LAUNCH_VARIABLE: &str = "LITHOPS_LAUNCH";
/// Where the program is: a storage's location as text.
pub const LAUNCH_STORAGE_VARIABLE: &str = "LITHOPS_LAUNCH_STORAGE";
/// A folder where programs are kept for the next start; the folder for temporary files without it.
pub const LAUNCH_CACHE_VARIABLE: &str = "LITHOPS_LAUNCH_CACHE";

/// What a launcher removes from its environment.
pub(crate) const VARIABLES: [&str; 3] =
    [LAUNCH_VARIABLE, LAUNCH_STORAGE_VARIABLE, LAUNCH_CACHE_VARIABLE];

/// Which program a launcher is to become.
///
/// ```
/// use lithops_core::ports::StorageBackend;
/// use lithops_storage::MemoryStorage;
/// use lithops_worker::{LaunchOrder, ProgramDigest};
///
/// let storage = MemoryStorage::new().location();
/// let order = LaunchOrder { program: ProgramDigest::of(b"program"), storage };
/// let [(variable, digest), _] = order.environment();
/// assert_eq!((variable, digest), ("LITHOPS_LAUNCH", order.program.to_string()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchOrder {
    /// The program.
    pub program: ProgramDigest,
    /// The storage that it was uploaded to.
    pub storage: StorageLocation,
}

impl LaunchOrder {
    /// What a launcher must have in its environment; what else is there reaches the program, so
    /// the variables that make a worker of it stand beside these.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        [
            (LAUNCH_VARIABLE, self.program.to_string()),
            (LAUNCH_STORAGE_VARIABLE, self.storage.to_text()),
        ]
    }
}

/// The variables as they were found, before the process has removed them.
pub(crate) struct Told {
    program: OsString,
    storage: Option<OsString>,
    cache: Option<PathBuf>,
}

impl Told {
    /// The variables of a launcher; `None` if this process is none.
    pub(crate) fn by_environment() -> Option<Self> {
        Some(Self {
            program: std::env::var_os(LAUNCH_VARIABLE)?,
            storage: std::env::var_os(LAUNCH_STORAGE_VARIABLE),
            cache: std::env::var_os(LAUNCH_CACHE_VARIABLE).map(PathBuf::from),
        })
    }

    pub(super) fn order(&self) -> Result<LaunchOrder, LaunchError> {
        let program = self.program.to_str().and_then(ProgramDigest::parse);
        let storage = self.storage.as_ref().and_then(|storage| storage.to_str());
        let storage = storage.and_then(StorageLocation::from_text);
        Ok(LaunchOrder {
            program: program.ok_or(LaunchError::Order(LAUNCH_VARIABLE))?,
            storage: storage.ok_or(LaunchError::Order(LAUNCH_STORAGE_VARIABLE))?,
        })
    }

    /// Where programs may be kept, the best place first.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        self.cache.iter().cloned().chain([std::env::temp_dir()]).collect()
    }
}
