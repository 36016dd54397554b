//! Nothing stays behind: neither jobs in the queue, nor files in the shared folder.

use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use lithops::prelude::*;
use lithops::{CallError, CleanScope, Cleaning, Error};
use rustix::process::{Pid, Signal, kill_process};

use crate::Case;
use crate::cluster::until;
use crate::stage::{Stage, play_when_told};
use crate::tenant::{ELSEWHERE, Tenant, builder};

pub(crate) const CASES: &[Case] = &[
    ("cleaning::a_job_that_succeeds_leaves_nothing", a_job_that_succeeds_leaves_nothing),
    ("cleaning::a_job_that_fails_leaves_nothing", a_job_that_fails_leaves_nothing),
    ("cleaning::a_job_that_is_cancelled_leaves_nothing", a_job_that_is_cancelled_leaves_nothing),
    ("cleaning::an_executor_that_is_dropped_leaves_nothing", an_executor_that_is_dropped),
    ("cleaning::the_program_stays_if_it_may", the_program_stays_if_it_may),
    ("cleaning::an_interrupted_client_leaves_nothing", an_interrupted_client_leaves_nothing),
    ("cleaning::what_a_killed_client_leaves_is_removed", what_a_killed_client_leaves_is_removed),
];

/// Set for this program to run as a client that does not end: its `lithops.toml`.
pub(crate) const CLIENT: &str = "LITHOPS_TEST_CLIENT";

/// Where a client's calls leave their traces.
const FOLDER: &str = "LITHOPS_TEST_FOLDER";

fn a_job_that_succeeds_leaves_nothing() {
    let tenant = Tenant::new();
    lithops::block_on(async {
        let exec = tenant.builder(ELSEWHERE).build().await.unwrap();
        assert_eq!(exec.map(|x: u32| x + 1, 0..4).await.unwrap(), [1, 2, 3, 4]);
        // Workers are kept for the next job.
        assert!(!tenant.jobs().is_empty());
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}

fn a_job_that_fails_leaves_nothing() {
    for way in ["", "link = false"] {
        let tenant = Tenant::new();
        let error = lithops::block_on(async {
            let exec = tenant.builder(&format!("{ELSEWHERE}\n{way}")).build().await.unwrap();
            let fail = |x: u32| if x == 3 { panic!("three is too much") } else { x };
            let error = exec.map(fail, 0..4).await.unwrap_err();
            exec.shutdown().await;
            error
        });
        assert!(matches!(error, Error::Call { index: 3, cause: CallError::Panicked(_), .. }));
        tenant.assert_nothing_is_left();
    }
}

fn a_job_that_is_cancelled_leaves_nothing() {
    let tenant = Tenant::new();
    lithops::block_on(async {
        let exec = tenant.builder(ELSEWHERE).build().await.unwrap();
        let stage = Stage::new();
        let job = exec.map(play_when_told, stage.inputs(4)).submit().unwrap();
        stage.until_begun(2);
        job.cancel();
        let outcomes = job.settled().await.unwrap();
        assert_eq!(outcomes, vec![Err(CallError::Cancelled); 4]);
        drop(job);
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}

fn an_executor_that_is_dropped() {
    let tenant = Tenant::new();
    lithops::block_on(async {
        let exec = tenant.builder(ELSEWHERE).build().await.unwrap();
        let stage = Stage::new();
        let job = exec.map(play_when_told, stage.inputs(2)).submit().unwrap();
        stage.until_begun(2);
        assert_eq!(tenant.jobs().len(), 2);
        drop(exec);
        drop(job);
        until("the executor's end", || tenant.has_nothing());
    });
}

fn the_program_stays_if_it_may() {
    let tenant = Tenant::new();
    lithops::block_on(async {
        let exec = builder(&tenant.text(ELSEWHERE)).workers(1).build().await.unwrap();
        assert_eq!(exec.map(|x: u32| x + 1, 0..2).await.unwrap(), [1, 2]);
        exec.shutdown().await;
    });
    assert_eq!(tenant.jobs(), Vec::<String>::new());
    assert_only_programs(&tenant.files());
}

fn assert_only_programs(files: &[String]) {
    assert!(!files.is_empty());
    assert!(files.iter().all(|file| file.starts_with("programs/")), "{files:?}");
}

/// Says nothing, and waits to be killed.
pub(crate) fn be_a_client(text: &str) -> ExitCode {
    let folder = std::env::var(FOLDER).unwrap();
    lithops::block_on(async {
        let exec = builder(text).workers(2).build().await.unwrap();
        let inputs = (0..2).map(|call| (folder.clone(), call));
        let job = exec.map(play_when_told, inputs).submit().unwrap();
        println!("{}", job.id());
        std::future::pending::<()>().await;
    });
    ExitCode::FAILURE
}

/// A client that is a process of its own, once both its calls have begun.
fn client_at_work(tenant: &Tenant, stage: &Stage, section: &str) -> Child {
    let mut client = Command::new("/proc/self/exe");
    client.env(CLIENT, tenant.text(section)).env(FOLDER, stage.folder()).stdout(Stdio::null());
    let client = client.spawn().unwrap();
    stage.until_begun(2);
    assert_eq!(tenant.jobs().len(), 2);
    client
}

fn an_interrupted_client_leaves_nothing() {
    let (tenant, stage) = (Tenant::new(), Stage::new());
    let section = format!("keep_program = false\n{ELSEWHERE}");
    let mut client = client_at_work(&tenant, &stage, &section);
    kill_process(Pid::from_child(&client), Signal::INT).unwrap();
    until("the client's end", || client.try_wait().unwrap().is_some());
    tenant.assert_nothing_is_left();
}

fn what_a_killed_client_leaves_is_removed() {
    let (tenant, stage) = (Tenant::new(), Stage::new());
    let mut client = client_at_work(&tenant, &stage, &format!("link = false\n{ELSEWHERE}"));
    lithops::block_on(async {
        let next = builder(&tenant.text(ELSEWHERE)).build().await.unwrap();
        let leftovers = Cleaning { scope: CleanScope::Leftovers, older_than: Duration::ZERO };
        // What somebody uses is no leftover.
        assert_eq!(next.clean(&leftovers).await.unwrap(), 0);
        client.kill().unwrap();
        client.wait().unwrap();
        assert_eq!(tenant.jobs().len(), 2);
        assert!(next.clean(&leftovers).await.unwrap() > 0);
        assert_eq!(tenant.jobs(), Vec::<String>::new());
        assert_only_programs(&tenant.files());
        assert_eq!(next.clean(&leftovers).await.unwrap(), 0);
        let all = Cleaning { scope: CleanScope::All, ..leftovers };
        assert!(next.clean(&all).await.unwrap() > 0);
        tenant.assert_nothing_is_left();
        next.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}
