//! A folder that is this user's alone, though it lies where everybody may make one.

use std::fs::{self, DirBuilder, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use crate::open::OpenError;

/// Makes the folder, or checks that nobody else can have put anything into the one that is there.
pub(super) fn claim(folder: &Path) -> Result<(), OpenError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    // Looked at after it was made: it can be another's still. A link is not followed.
    match flaw(&fs::symlink_metadata(folder)?) {
        None => Ok(()),
        Some(flaw) => Err(OpenError::NotPrivate(flaw)),
    }
}

fn flaw(metadata: &Metadata) -> Option<&'static str> {
    match metadata {
        _ if !metadata.is_dir() => Some("is no folder"),
        _ if metadata.uid() != rustix::process::geteuid().as_raw() => Some("is another user's"),
        _ if metadata.mode() & 0o022 != 0 => Some("can be written by others"),
        _ => None,
    }
}
