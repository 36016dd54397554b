//! What an executor refuses, what it gives up on, and what another process takes up.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use lithops::prelude::*;
use lithops::{Config, ConfigError, SavedJob};
use lithops_core::wire::keys;

fn double(x: u32) -> u32 {
    x * 2
}

fn config_error(error: Error) -> ConfigError {
    match error {
        Error::Config(error) => error,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_worker_that_never_starts_is_told_with_its_exit_code() {
    let builder = FunctionExecutor::builder().workers(2).worker_program("/bin/false");
    let exec = builder.build().await.unwrap();
    for map in [exec.map(double, 0..100), exec.map(double, 0..100).through_storage()] {
        let error = map.await.unwrap_err();
        let Error::Call { cause: CallError::WorkerLost { reason }, .. } = error else {
            panic!("{error}")
        };
        assert!(reason.contains("exited with code 1"), "{reason}");
    }
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_named() {
    let builder = FunctionExecutor::builder().workers(1).worker_program("/no/such/program");
    let error = builder.build().await.unwrap().map(double, [1]).await.unwrap_err();
    assert!(error.to_string().contains("/no/such/program"), "{error}");
}

#[tokio::test]
async fn a_program_that_starts_and_says_nothing_is_given_up() {
    let builder = FunctionExecutor::builder().workers(1).worker_program("/bin/cat");
    // Through a pipe `cat` would echo; it is given a folder it can't read and a socket it waits on.
    let builder = builder.start_bound(Duration::from_millis(100));
    let exec = builder.build().await.unwrap();
    let error = exec.map(double, [1]).await.unwrap_err();
    assert!(matches!(error, Error::Call { cause: CallError::WorkerLost { .. }, .. }), "{error}");
}

fn third_time_lucky(x: u32) -> u32 {
    assert!(lithops::context().attempt() == 3, "not yet");
    x
}

#[tokio::test]
async fn what_the_configuration_says_of_jobs_holds_unless_they_say_it_themselves() {
    let text = "[lithops]\nbackend = \"threads\"\nretries = 2\nbackoff = 0\n\
                execution_timeout = 1";
    let config = Config::resolve("lithops.toml", text, |_| None).unwrap();
    let exec = lithops::Builder::new(config).build().await.unwrap();
    assert_eq!(exec.map(third_time_lucky, [7]).await.unwrap(), [7]);
    let chained = exec.map(double, [4]).map(third_time_lucky).await.unwrap();
    assert_eq!(chained, [8]);
    let error = exec.map(third_time_lucky, [7]).retries(1).await.unwrap_err();
    assert!(matches!(error, Error::Call { cause: CallError::Panicked(_), .. }), "{error}");
    let limit = exec.job_options().timeout;
    assert_eq!(limit, lithops_core::plan::TimeLimit::After(Duration::from_secs(1)));
}

#[tokio::test]
async fn names_that_there_are_not_are_refused_with_those_that_there_are() {
    let error = FunctionExecutor::builder().backend("cloud").build().await.unwrap_err();
    let known = "processes, localhost, threads, containers, code_engine, slurm".to_owned();
    let name = "cloud".to_owned();
    assert_eq!(config_error(error), ConfigError::Unknown { what: "backend", name, known });
    let error = FunctionExecutor::builder().storage("tape").build().await.unwrap_err();
    let (name, known) = (
        "tape".to_owned(),
        String::from(
            "file, memory, aws_s3, s3, ibm_cos, minio, ceph, gcp_storage, azure_storage, redis",
        ),
    );
    assert_eq!(config_error(error), ConfigError::Unknown { what: "storage", name, known });
    let error = FunctionExecutor::processes(0).await.unwrap_err();
    assert!(matches!(config_error(error), ConfigError::Invalid { .. }));
}

#[tokio::test]
async fn what_threads_cannot_do_is_refused_before_anything_runs() {
    let exec = FunctionExecutor::threads(1).await.unwrap();
    let error = exec.map(double, [1]).memory(1 << 20).submit().unwrap_err();
    assert!(matches!(error, Error::Unsupported { backend: "threads", .. }), "{error}");
    let error = exec.map(double, [1]).env("A", "b").submit().unwrap_err();
    assert!(matches!(error, Error::Unsupported { backend: "threads", .. }), "{error}");
}

#[tokio::test]
async fn processes_refuse_a_storage_that_they_cannot_reach() {
    let exec = FunctionExecutor::builder().workers(1).storage("memory").build().await.unwrap();
    assert_eq!(exec.map(double, [1]).await.unwrap(), [2]);
    let error = exec.map(double, [1]).through_storage().submit().unwrap_err();
    assert!(matches!(error, Error::Unsupported { backend: "processes", .. }), "{error}");
}

#[tokio::test]
async fn an_executor_that_was_shut_down_refuses_jobs() {
    let exec = FunctionExecutor::threads(1).await.unwrap();
    let handle = exec.map(|_: u32| std::thread::park(), [1]).submit().unwrap();
    exec.shutdown().await;
    let outcomes = handle.settled().await.unwrap();
    assert_eq!(outcomes, [Err(CallError::Cancelled)]);
    assert!(matches!(exec.map(double, [1]).submit(), Err(Error::Closed)));
}

#[tokio::test]
async fn a_saved_job_is_taken_up_with_what_is_done_and_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let builder = || {
        let builder =
            FunctionExecutor::builder().workers(2).storage_root(folder.path().join("jobs"));
        builder.silence_bound(Duration::from_millis(1500))
    };
    let first = builder().build().await.unwrap();
    let marks = folder.path().to_str().unwrap().to_owned();
    // Call 1 hangs in the first client and ends in the second.
    let map = first.map_with(marks, 0..4u32, |marks: &String, x| {
        let mark = format!("{marks}/mark-{x}");
        if x == 1 && std::fs::create_dir(mark).is_ok() {
            loop {
                std::thread::park();
            }
        }
        x * 10
    });
    let handle = map.chunk_size(1).through_storage().submit().unwrap();
    handle.wait(Until::Count(2)).await;
    // Both workers may have answered before either has come to call 1.
    let deadline = Instant::now() + Duration::from_secs(60);
    while !folder.path().join("mark-1").exists() {
        assert!(Instant::now() < deadline, "call 1 has not begun");
        tokio::task::yield_now().await;
    }
    let saved: SavedJob = handle.save().unwrap();
    drop(first);
    let second = builder().build().await.unwrap();
    let wrong = second.attach::<String>(&saved).await.unwrap_err();
    assert!(matches!(wrong, Error::ResultType { .. }), "{wrong}");
    let handle = second.attach::<u32>(&saved).await.unwrap();
    assert_eq!(handle.results().await.unwrap(), [0, 10, 20, 30]);
    drop(handle);
    second.shutdown().await;
    let gone = builder().build().await.unwrap().attach::<u32>(&saved).await;
    assert!(matches!(gone, Err(Error::Attach { .. })));
    let storage = second.storage();
    assert_eq!(storage.list(&keys::job(&saved.job), None).await.unwrap().objects, []);
}

#[tokio::test]
async fn a_job_over_a_link_cannot_be_saved() {
    let exec = FunctionExecutor::processes(1).await.unwrap();
    let error = exec.map(double, [1]).submit().unwrap().save().unwrap_err();
    assert!(matches!(error, Error::Attach { .. }), "{error}");
}

#[tokio::test]
async fn settings_made_in_code_are_those_of_the_file() {
    let exec = lithops::Builder::new(Config { workers: Some(3), ..Config::default() });
    assert_eq!(exec.build().await.unwrap().capability().max_workers, 3);
}

#[tokio::test]
async fn a_job_of_a_million_calls_is_taken_in_one_piece() {
    let exec = FunctionExecutor::threads(2).await.unwrap();
    let handle = exec.map(double, 0..1_000_000).submit().unwrap();
    let total: u64 = handle.results().await.unwrap().into_iter().map(u64::from).sum();
    assert_eq!(total, 999_999_000_000);
    assert_eq!(handle.progress().failed, 0);
}
