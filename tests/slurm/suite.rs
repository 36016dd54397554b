//! The promises of every backend: over the link, through storage, and from elsewhere by SSH.

use std::any::Any;
use std::sync::Arc;

use lithops_testkit::compute::{Setup, Subject, TestExecutor};
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::tenant::{self, ELSEWHERE};

/// Fails a case after which anything is left where its jobs keep their objects.
struct Emptied(TempDir);

impl Drop for Emptied {
    fn drop(&mut self) {
        let left: Vec<_> = std::fs::read_dir(self.0.path()).unwrap().collect();
        assert!(left.is_empty() || std::thread::panicking(), "{left:?}");
    }
}

/// Two workers. All cases share a folder, and the program in it.
async fn executor(way: &str) -> (TestExecutor, Box<dyn Any>) {
    let cluster = Cluster::from_env().unwrap();
    let shared = cluster.shared();
    let objects = tempfile::tempdir_in(shared).unwrap();
    let way = match way {
        "ssh" => {
            format!("login = \"login\"\nssh_config = \"{}\"", cluster.ssh().display())
        }
        other => other.to_owned(),
    };
    let (folder, shared) = (shared.join("suite"), shared.display());
    let folder = folder.display();
    let text = format!(
        "[lithops]\nbackend = \"slurm\"\n[slurm]\nfolder = \"{folder}\"\nshared = \
         [\"{shared}\"]\n{ELSEWHERE}\n{way}\n"
    );
    let builder = tenant::builder(&text).workers(2).storage("file");
    let exec = builder.storage_root(objects.path().join("jobs")).build().await.unwrap();
    (Arc::new(exec), Box::new(Emptied(objects)))
}

pub(crate) fn subjects(there: &Result<(), String>) -> [Subject; 3] {
    let subject = |name, way: &'static str| Subject {
        name,
        setup: there.clone().map(|()| -> Setup { Arc::new(move || Box::pin(executor(way))) }),
        isolation: Ok(()),
        memory_limit: Ok(()),
        environment: Ok(()),
        output: Ok(()),
    };
    [
        subject("slurm", "worker_processes = 1"),
        // Both workers share an array task.
        subject("slurm_through_storage", "link = false\nworker_processes = 2"),
        subject("slurm_over_ssh", "ssh"),
    ]
}
