//! The folders that a container is given.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::InstanceSpec;

/// The folders of one container, for any user to read; removed when this is dropped.
#[derive(Debug)]
pub(super) struct Folders {
    _root: TempDir,
    /// What is mounted where.
    pub(super) mounts: Vec<(PathBuf, String)>,
}

impl Folders {
    /// Writes all files. Blocks.
    pub(super) fn write(parent: &Path, spec: &InstanceSpec) -> io::Result<Self> {
        let root = tempfile::Builder::new().prefix(&spec.hostname).tempdir_in(parent)?;
        let mut mounts = Vec::new();
        for (number, (target, files)) in spec.folders.iter().enumerate() {
            let folder = root.path().join(number.to_string());
            fs::create_dir(&folder)?;
            fs::set_permissions(&folder, Permissions::from_mode(0o755))?;
            for (name, content) in files {
                let file = folder.join(name);
                fs::write(&file, content)?;
                fs::set_permissions(&file, Permissions::from_mode(0o644))?;
            }
            mounts.push((folder, target.clone()));
        }
        Ok(Self { _root: root, mounts })
    }
}
