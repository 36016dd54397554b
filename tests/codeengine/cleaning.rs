//! Nothing stays behind.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use lithops::prelude::*;
use lithops::{CallError, Config, JobId};
use lithops_backend_codeengine::{CodeEngineBackend, CodeEngineConfig};
use lithops_codeengine_emulator::HttpFaultKind as Kind;
use lithops_codeengine_emulator::{HttpFault, Settings};
use lithops_core::ports::{CleanScope, ComputeBackend};

use crate::Case;
use crate::cloud::{Cloud, wait};
use crate::stage::{Stage, end, play, play_when_told, until};

pub(crate) const CASES: &[Case] = &[
    ("cleaning::a_handle_that_is_dropped_leaves_nothing", a_handle_that_is_dropped_leaves_nothing),
    ("cleaning::a_shutdown_leaves_nothing", a_shutdown_leaves_nothing),
    ("cleaning::an_executor_that_is_dropped_leaves_nothing", an_executor_that_is_dropped),
    ("cleaning::a_job_that_is_cancelled_leaves_nothing", a_job_that_is_cancelled_leaves_nothing),
    ("cleaning::what_a_killed_client_leaves_is_found", what_a_killed_client_leaves_is_found),
    ("cleaning::a_killed_clients_job_goes_on_and_is_taken_up", a_killed_clients_job_is_taken_up),
    ("cleaning::a_run_that_can_not_be_removed_holds_nobody_up", a_run_that_can_not_be_removed),
    ("cleaning::everything_is_all_there_is", everything_is_all_there_is),
];

/// Set for this program to run as a client that does not end: its `lithops.toml`.
pub(crate) const CLIENT: &str = "LITHOPS_TEST_CLIENT";

/// Where a client's calls leave their traces.
const FOLDER: &str = "LITHOPS_TEST_FOLDER";

fn is_empty(cloud: &Cloud) -> bool {
    cloud.resources("job_runs").is_empty() && cloud.objects().is_empty()
}

fn a_handle_that_is_dropped_leaves_nothing() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let stage = Stage::new();
        let job = exec.map(play_when_told, stage.inputs(2)).submit().unwrap();
        stage.until_begun(2, 2);
        assert!(!is_empty(&cloud));
        drop(job);
        until("the job's end", || is_empty(&cloud));
        end(exec, &cloud).await;
    });
}

fn a_shutdown_leaves_nothing() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let stage = Stage::new();
        let job = exec.map(play_when_told, stage.inputs(2)).submit().unwrap();
        stage.until_begun(2, 2);
        end(exec, &cloud).await;
        let outcomes = job.settled().await.unwrap();
        assert_eq!(outcomes, [Err(CallError::Cancelled), Err(CallError::Cancelled)]);
    });
}

fn an_executor_that_is_dropped() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let stage = Stage::new();
        let job = exec.map(play_when_told, stage.inputs(2)).submit().unwrap();
        stage.until_begun(2, 2);
        drop(exec);
        drop(job);
        until("the executor's end", || is_empty(&cloud));
    });
}

fn a_job_that_is_cancelled_leaves_nothing() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let stage = Stage::new();
        let job = exec.map(play_when_told, stage.inputs(4)).submit().unwrap();
        stage.until_begun(4, 2);
        job.cancel();
        let outcomes = job.settled().await.unwrap();
        assert_eq!(outcomes, vec![Err(CallError::Cancelled); 4]);
        until("the run's end", || cloud.resources("job_runs").is_empty());
        drop(job);
        end(exec, &cloud).await;
    });
}

/// Says when its calls run, and waits to be killed.
pub(crate) fn be_a_client(text: &str) -> ExitCode {
    let config = Config::resolve("lithops.toml", text, |_| None).unwrap();
    let folder = std::env::var(FOLDER).unwrap();
    lithops::block_on(async {
        let builder = lithops::Builder::new(config).progress(false).handle_signals(false);
        let exec = builder.workers(2).build().await.unwrap();
        let inputs = (0..2).map(|call| (folder.clone(), call));
        let job = exec.map(play_when_told, inputs).submit().unwrap();
        println!("{}", job.id());
        std::future::pending::<()>().await;
    });
    ExitCode::FAILURE
}

/// The backend of the next client.
fn next_client(cloud: &Cloud) -> CodeEngineBackend {
    CodeEngineBackend::new(
        CodeEngineConfig::from_settings(&cloud.config("retry_bound = 2")).unwrap(),
    )
}

/// A client that is a process of its own, once both its calls have begun, and its job.
fn client_at_work(cloud: &Cloud, stage: &Stage) -> (Child, JobId) {
    let (folder, _) = stage.inputs(1).remove(0);
    let mut client = Command::new("/proc/self/exe");
    client.env(CLIENT, cloud.text("")).env(FOLDER, folder).stdout(Stdio::piped());
    let mut client = client.spawn().unwrap();
    let mut job = String::new();
    BufReader::new(client.stdout.take().unwrap()).read_line(&mut job).unwrap();
    stage.until_begun(2, 2);
    (client, JobId::from_text(job.trim()).unwrap())
}

fn a_killed_clients_job_is_taken_up() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let stage = Stage::new();
        let (mut client, job) = client_at_work(&cloud, &stage);
        client.kill().unwrap();
        client.wait().unwrap();
        let exec = cloud.builder("").workers(2).build().await.unwrap();
        let handle = exec.attach_id::<u32>(&job).await.unwrap();
        stage.let_go();
        assert_eq!(handle.results().await.unwrap(), [0, 10]);
        // By the workers of the client that is dead.
        assert_eq!(stage.begun(2), [1, 1]);
        drop(handle);
        end(exec, &cloud).await;
    });
}

fn what_a_killed_client_leaves_is_found() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let stage = Stage::new();
        let (mut client, job) = client_at_work(&cloud, &stage);
        let next = next_client(&cloud);
        // What somebody uses is no leftover.
        assert_eq!(next.clean(CleanScope::Leftovers).await.unwrap(), 0);
        client.kill().unwrap();
        client.wait().unwrap();
        assert_eq!(cloud.resources("job_runs"), [format!("lithops-{job}-w0")]);
        // The run, the definition that no other run is of, and the secret that it names.
        assert_eq!(next.clean(CleanScope::Leftovers).await.unwrap(), 3);
        for kind in ["job_runs", "jobs", "secrets"] {
            assert_eq!(cloud.resources(kind), Vec::<String>::new(), "{kind}");
        }
        assert_eq!(next.clean(CleanScope::Leftovers).await.unwrap(), 0);
        next.shutdown().await;
        // Its objects are all below the prefix of its job.
        let objects = cloud.objects();
        let prefix = format!("jobs/{job}/");
        assert!(
            !objects.is_empty() && objects.iter().all(|key| key.starts_with(&prefix)),
            "{objects:?}"
        );
        wait(lithops::StorageBackend::delete(cloud.bucket.as_ref(), &objects)).unwrap();
    });
}

fn a_run_that_can_not_be_removed() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("retry_bound = 2").workers(2).build().await.unwrap();
        let kind = Kind::Status { status: 503, retry_after: None };
        let id = cloud
            .suffer(HttpFault { times: None, ..HttpFault::once("DELETE", "/job_runs/", kind) });
        let stage = Stage::new();
        assert_eq!(exec.map(play, stage.inputs(2)).await.unwrap(), [0, 10]);
        let begun = Instant::now();
        exec.shutdown().await;
        assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
        assert_eq!(cloud.objects(), Vec::<String>::new());
        assert_eq!(cloud.resources("job_runs").len(), 1);
        cloud.emulator().faults().remove(id);
        let next = next_client(&cloud);
        assert_eq!(next.clean(CleanScope::All).await.unwrap(), 3);
        assert_eq!(cloud.resources("job_runs"), Vec::<String>::new());
        next.shutdown().await;
    });
}

fn everything_is_all_there_is() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let login = "docker_user = \"me\"\ndocker_password = \"a-password\"";
        let exec = cloud.builder(login).workers(2).build().await.unwrap();
        let stage = Stage::new();
        assert_eq!(exec.map(play, stage.inputs(2)).await.unwrap(), [0, 10]);
        end(exec, &cloud).await;
        // For the next client, who finds them by what is in them.
        assert_eq!((cloud.resources("jobs").len(), cloud.resources("secrets").len()), (1, 2));
        let next = next_client(&cloud);
        assert_eq!(next.clean(CleanScope::All).await.unwrap(), 3);
        for kind in ["job_runs", "jobs", "secrets", "config_maps"] {
            assert_eq!(cloud.resources(kind), Vec::<String>::new(), "{kind}");
        }
        next.shutdown().await;
    });
}
