//! The promises of every backend.

use std::any::Any;
use std::sync::Arc;

use lithops_codeengine_emulator::Settings;
use lithops_testkit::compute::{Setup, Subject, TestExecutor};

use super::cloud::{Cloud, Server};
use super::containers;

/// Fails a case after which anything of its jobs is left.
struct Emptied(Cloud);

impl Drop for Emptied {
    fn drop(&mut self) {
        let left = (self.0.resources("job_runs"), self.0.objects());
        assert!(left == Default::default() || std::thread::panicking(), "{left:?}");
    }
}

async fn executor(settings: Settings, section: &str) -> (TestExecutor, Box<dyn Any>) {
    let cloud = Cloud::new(settings).await;
    let exec = cloud.builder(section).workers(2).build().await.unwrap();
    (Arc::new(exec), Box::new(Emptied(cloud)))
}

/// In processes with one slot each and with two; and in containers, if `both` server and engine are
/// there.
pub(crate) fn subjects(
    server: &Result<Server, String>,
    both: &Result<Server, String>,
) -> [Subject; 3] {
    let subject = |name, there: &Result<Server, String>, setup: Setup| Subject {
        name,
        setup: there.clone().map(|_| setup),
        isolation: Ok(()),
        memory_limit: Ok(()),
        environment: Ok(()),
        output: Ok(()),
    };
    let processes =
        |section| -> Setup { Arc::new(move || Box::pin(executor(Settings::default(), section))) };
    let containers: Setup =
        Arc::new(|| Box::pin(executor(containers::settings(), containers::SECTION)));
    [
        subject("code_engine", server, processes("worker_processes = 1")),
        subject("code_engine_in_slots", server, processes("worker_processes = 2")),
        subject("code_engine_in_containers", both, containers),
    ]
}
