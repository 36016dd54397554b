//! The promises of every backend: over the link, through storage, and from elsewhere by SSH.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use lithops::{Builder, Executor, StorageBackend};
use lithops_testkit::compute::{Setup, Subject, TestExecutor};
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::login;
use crate::tenant::{self, ELSEWHERE};

/// Fails a case after which anything is left where its jobs keep their objects.
struct Emptied(Arc<dyn StorageBackend>, #[expect(dead_code, reason = "goes last")] TempDir);

impl Drop for Emptied {
    fn drop(&mut self) {
        let left = lithops::block_on(self.0.list("", None)).unwrap().objects;
        assert!(left.is_empty() || std::thread::panicking(), "{left:?}");
    }
}

/// What makes an executor in the folder that all cases share, and the program in it.
fn builder(cluster: &Cluster, section: &str) -> Builder {
    let folder = cluster.shared().join("suite");
    let (folder, shared) = (folder.display(), cluster.shared().display());
    let text = format!(
        "[lithops]\nbackend = \"slurm\"\n[slurm]\nfolder = \"{folder}\"\nshared = \
         [\"{shared}\"]\n{section}\n"
    );
    tenant::builder(&text).workers(2)
}

async fn here(section: &str) -> (TestExecutor, Box<dyn Any>) {
    let cluster = Cluster::from_env().unwrap();
    let objects = tempfile::tempdir_in(cluster.shared()).unwrap();
    let builder = builder(&cluster, &format!("{section}\n{ELSEWHERE}")).storage("file");
    let exec = builder.storage_root(objects.path()).build().await.unwrap();
    let emptied = Emptied(exec.storage(), objects);
    (Arc::new(exec), Box::new(emptied))
}

async fn by_ssh() -> (TestExecutor, Box<dyn Any>) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let cluster = Cluster::from_env().unwrap();
    let prefix = format!("suite-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let section = format!("{}\n{}", login::by_ssh(&cluster), login::redis(&prefix));
    let exec = builder(&cluster, &section).storage("redis").build().await.unwrap();
    let emptied = Emptied(exec.storage(), tempfile::tempdir().unwrap());
    (Arc::new(exec), Box::new(emptied))
}

pub(crate) fn subjects(there: &Result<(), String>) -> [Subject; 3] {
    let subject = |name, there: &Result<(), String>, setup: Setup| Subject {
        name,
        setup: there.clone().map(|()| setup),
        isolation: Ok(()),
        memory_limit: Ok(()),
        environment: Ok(()),
        output: Ok(()),
    };
    // Both workers share an array task there.
    let through_storage = "link = false\nworker_processes = 2";
    [
        subject("slurm", there, Arc::new(|| Box::pin(here("")))),
        subject("slurm_through_storage", there, Arc::new(move || Box::pin(here(through_storage)))),
        subject("slurm_by_ssh", &login::both(), Arc::new(|| Box::pin(by_ssh()))),
    ]
}
