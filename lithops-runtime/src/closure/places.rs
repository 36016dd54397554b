//! Where libraries of this machine are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{ClosureError, cache, configuration};
use crate::Architecture;

/// The places that hold for every program.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// `LD_LIBRARY_PATH`.
    pub(super) library_path: Vec<PathBuf>,
    /// `/etc/ld.so.cache`, by the name of the library.
    pub(super) cached: HashMap<String, Vec<PathBuf>>,
    /// Folders of `/etc/ld.so.conf`, where there is no cache.
    pub(super) configured: Vec<PathBuf>,
    /// Folders that the loader knows by itself.
    pub(super) default: Vec<PathBuf>,
}

impl Places {
    pub(super) fn of_this_machine(architecture: &Architecture) -> Result<Self, ClosureError> {
        let path = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let path = path.to_string_lossy();
        let library_path = path.split([':', ';']).filter(|folder| !folder.is_empty());
        let library_path = library_path.map(PathBuf::from).collect();
        let file = Path::new("/etc/ld.so.cache");
        let (cached, configured) = match std::fs::read(file).map(|cache| cache::parse(&cache)) {
            Ok(Some(cached)) => (cached, Vec::new()),
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(ClosureError::Read { path: file.to_owned(), source });
            }
            _ => (HashMap::new(), configuration::folders(Path::new("/etc/ld.so.conf"))?),
        };
        Ok(Self { library_path, cached, configured, default: default_folders(architecture) })
    }
}

/// The folders that loaders of glibc and musl know by themselves, in all distributions.
pub(crate) fn default_folders(architecture: &Architecture) -> Vec<PathBuf> {
    let processor = match architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::Aarch64 => "aarch64",
        Architecture::Other(name) if name == "ppc64le" => "powerpc64le",
        Architecture::Other(name) if name == "loong64" => "loongarch64",
        Architecture::Other(name) => name,
    };
    let triplet = format!("{processor}-linux-gnu");
    let with_triplet = ["/lib", "/usr/lib"].map(|folder| Path::new(folder).join(&triplet));
    let plain = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"].map(PathBuf::from);
    with_triplet.into_iter().chain(plain).collect()
}
