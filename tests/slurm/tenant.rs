//! What a case has on the cluster: a folder, and an account that its jobs are known by.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use lithops::{Builder, Config};
use tempfile::TempDir;

use crate::cluster::{Cluster, FRAIL};

/// Keeps a case's jobs from the node that others do harm to.
pub(crate) const ELSEWHERE: &str = "sbatch_options = [\"--exclude=n2\"]";
/// Puts them there, for a case that does it harm.
pub(crate) const ON_THE_FRAIL: &str = "sbatch_options = [\"--nodelist=n2\"]";

/// One user of the cluster, whose folder goes with this value.
pub(crate) struct Tenant {
    pub(crate) cluster: Cluster,
    folder: TempDir,
    account: String,
}

impl Tenant {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        assert_eq!(FRAIL, "n2");
        let cluster = Cluster::from_env().unwrap();
        let folder = tempfile::tempdir_in(cluster.shared()).unwrap();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let account = format!("case-{}-{number}", std::process::id());
        Self { cluster, folder, account }
    }

    /// The `lithops.toml` of a client, with these lines in `[slurm]`.
    pub(crate) fn text(&self, section: &str) -> String {
        let (folder, account) = (self.folder.path().display(), &self.account);
        format!(
            "[lithops]\nbackend = \"slurm\"\n[slurm]\nfolder = \"{folder}\"\naccount = \
             \"{account}\"\n{section}\n"
        )
    }

    /// What makes an executor of two workers, which takes the program along when it ends.
    pub(crate) fn builder(&self, section: &str) -> Builder {
        builder(&self.text(&format!("keep_program = false\n{section}"))).workers(2)
    }

    /// The jobs that wait, run or are about to end: number, state and node of each task.
    pub(crate) fn jobs(&self) -> Vec<String> {
        self.cluster.queue(&["--account", &self.account, "--format=%F %T %N"])
    }

    /// The files in the folder, as paths from there.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders: Vec<PathBuf> = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            // A folder may be removed meanwhile.
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    _ => found.push(self.name_of(&entry.path())),
                }
            }
        }
        found.sort();
        found
    }

    /// Removes all that is in the folder.
    pub(crate) fn remove_files(&self) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
    }

    fn name_of(&self, file: &Path) -> String {
        file.strip_prefix(self.folder.path()).unwrap().display().to_string()
    }

    /// Whether neither a job nor a file is there.
    pub(crate) fn has_nothing(&self) -> bool {
        self.jobs().is_empty() && self.files().is_empty()
    }

    /// Fails if a job or a file is there.
    pub(crate) fn assert_nothing_is_left(&self) {
        assert_eq!((self.jobs(), self.files()), Default::default());
    }
}

/// A client that is told this.
pub(crate) fn builder(text: &str) -> Builder {
    let config = Config::resolve("lithops.toml", text, |_| None).unwrap();
    Builder::new(config).progress(false).journal(false)
}
