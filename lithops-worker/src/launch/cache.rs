//! Programs on a worker's machine: in a folder for the next start, or in memory.

use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{MemfdFlags, StatVfsMountFlags, memfd_create, statvfs};
use sha2::{Digest, Sha256};

use super::{LaunchError, ProgramDigest};

/// Who may do what with a program: its owner may read and run it, nobody may write.
const MODE: u32 = 0o500;

/// A program that can be run.
pub(super) struct Program {
    pub(super) path: PathBuf,
    /// Keeps open what has no other name.
    _memory: Option<File>,
}

/// The program, if one of `folders` has it from an earlier start; it is verified anew.
pub(super) fn warm(folders: &[PathBuf], digest: &ProgramDigest) -> Option<Program> {
    let usable = folders.iter().filter(|folder| runs_programs(folder));
    usable.map(|folder| folder.join(digest.to_string())).find_map(|path| {
        match is_intact(&path, digest) {
            Ok(true) => Some(Program { path, _memory: None }),
            Ok(false) => {
                eprintln!("lithops launcher: {} is not what it was: not used", path.display());
                // If it stays it is replaced, or that fails and is told.
                fs::remove_file(&path).ok();
                None
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                eprintln!("lithops launcher: {} can't be used: {error}", path.display());
                None
            }
        }
    })
}

/// Whether nobody else can have changed the file, and it has the digest.
fn is_intact(path: &Path, digest: &ProgramDigest) -> io::Result<bool> {
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    let metadata = file.metadata()?;
    let owner = metadata.uid();
    let is_ours = owner == rustix::process::geteuid().as_raw() || owner == 0;
    if !metadata.is_file() || !is_ours || metadata.mode() & 0o022 != 0 {
        return Ok(false);
    }
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 256 * 1024];
    loop {
        match io::Read::read(&mut file, &mut piece)? {
            0 => return Ok(ProgramDigest::finished(hasher) == *digest),
            read => hasher.update(&piece[..read]),
        }
    }
}

/// Whether the folder is there and on a file system whose programs may be run.
fn runs_programs(folder: &Path) -> bool {
    statvfs(folder).is_ok_and(|place| !place.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

/// A program that is being written. Dropped unpublished, it leaves nothing behind.
pub(super) struct Staged {
    file: File,
    /// The folder and the name there until it is whole; `None` in memory.
    at: Option<(PathBuf, PathBuf)>,
}

impl Staged {
    /// In the first of `folders` that takes programs; in memory if none does.
    pub(super) fn create(folders: &[PathBuf]) -> Result<Self, LaunchError> {
        for folder in folders.iter().filter(|folder| runs_programs(folder)) {
            let name = format!(".lithops-program-{:016x}", RandomState::new().hash_one(0));
            let path = folder.join(name);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok(Self { file, at: Some((folder.clone(), path)) }),
                Err(error) if takes_no_files(&error) => {}
                Err(error) => return Err(LaunchError::Unwritable(folder.clone(), error)),
            }
        }
        let memory = memfd_create("lithops-program", MemfdFlags::CLOEXEC);
        let memory = memory.map_err(|error| LaunchError::Unwritable("memory".into(), error.into()));
        Ok(Self { file: memory?.into(), at: None })
    }

    /// Where it is, for those who read of it.
    pub(super) fn place(&self) -> PathBuf {
        self.at.as_ref().map_or_else(|| "memory".into(), |(folder, _)| folder.clone())
    }

    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Makes the program what starts after this one find too.
    pub(super) fn publish(mut self, digest: &ProgramDigest) -> Result<Program, LaunchError> {
        let Some((folder, staged)) = &self.at else {
            let file = self.file.try_clone();
            let file = file.map_err(|error| LaunchError::Unwritable("memory".into(), error))?;
            let path = format!("/proc/self/fd/{}", file.as_raw_fd()).into();
            return Ok(Program { path, _memory: Some(file) });
        };
        let path = folder.join(digest.to_string());
        let published = self.file.set_permissions(Permissions::from_mode(MODE)).and_then(|()| {
            // Nobody can run what is open for writing, and others may run it once it has its name.
            self.file = File::open(staged)?;
            fs::rename(staged, &path)
        });
        published.map_err(|error| LaunchError::Unwritable(folder.clone(), error))?;
        self.at = None;
        Ok(Program { path, _memory: None })
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.at {
            // Whoever ends a launcher half-way has its cause told already.
            fs::remove_file(path).ok();
        }
    }
}

/// Whether a folder takes no files of ours, whatever they are.
fn takes_no_files(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
    )
}
