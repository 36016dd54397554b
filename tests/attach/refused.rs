//! Jobs that can't be taken up, each with the reason.

use std::fs;

use lithops::prelude::*;
use lithops_core::ports::PutMode;
use lithops_core::wire::{JobId, keys};

use super::executor;

fn double(x: u32) -> u32 {
    x * 2
}

/// Runs a job to its end, and leaves its objects as a client does that is killed then.
async fn abandoned(exec: &FunctionExecutor) -> JobId {
    let handle = exec.map(double, 0..4).through_storage().submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), [0, 2, 4, 6]);
    handle.save().unwrap().job
}

async fn reason(exec: &FunctionExecutor, job: &JobId) -> String {
    match exec.attach_id::<u32>(job).await.unwrap_err() {
        Error::Attach { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_job_whose_client_still_runs_on_this_machine_is_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (executor(folder.path()).await, executor(folder.path()).await);
    let job = abandoned(&first).await;
    let reason = reason(&second, &job).await;
    assert!(
        reason.starts_with("its client is a process of this machine that still runs"),
        "{reason}"
    );
    // The executor that has saved it may.
    let again = first.attach_id::<u32>(&job).await.unwrap();
    assert_eq!(again.results().await.unwrap(), [0, 2, 4, 6]);
}

#[tokio::test]
async fn a_job_whose_handle_is_here_is_not_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let exec = executor(folder.path()).await;
    let handle = exec.map(double, 0..4).through_storage().submit().unwrap();
    let reason = reason(&exec, handle.id()).await;
    assert_eq!(reason, "this executor runs it: its handle has the results");
    assert_eq!(handle.results().await.unwrap(), [0, 2, 4, 6]);
}

#[tokio::test]
async fn results_of_another_type_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let exec = executor(folder.path()).await;
    let job = abandoned(&exec).await;
    let storage = exec.storage();
    let keys = || async { storage.list(&keys::job(&job), None).await.unwrap().objects };
    let before = keys().await;
    let error = exec.attach_id::<String>(&job).await.unwrap_err();
    assert!(matches!(error, Error::ResultType { .. }), "{error}");
    assert_eq!(keys().await, before);
}

#[tokio::test]
async fn a_job_that_there_is_not_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let exec = executor(folder.path()).await;
    let reason = reason(&exec, &JobId::new("0123456789ab", 7)).await;
    assert!(reason.starts_with("there is no such job in this storage"), "{reason}");
}

#[tokio::test]
async fn a_job_that_was_sealed_with_another_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let job = abandoned(&executor(folder.path()).await).await;
    fs::remove_file(folder.path().join("key")).unwrap();
    let reason = reason(&executor(folder.path()).await, &job).await;
    assert!(reason.contains("is not sealed with this client's key"), "{reason}");
}

#[tokio::test]
async fn a_dispatch_that_somebody_has_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let exec = executor(folder.path()).await;
    let job = abandoned(&exec).await;
    let (storage, key) = (exec.storage(), keys::wave(&job, 0));
    let mut object = storage.get(&key).await.unwrap().to_vec();
    let middle = object.len() / 2;
    object[middle] ^= 1;
    storage.put(&key, object.into(), PutMode::Overwrite).await.unwrap();
    let reason = reason(&exec, &job).await;
    assert!(reason.contains("somebody has written to the storage"), "{reason}");
}

#[tokio::test]
async fn a_job_with_variables_needs_them_here_too() {
    let folder = tempfile::tempdir().unwrap();
    let exec = executor(folder.path()).await;
    let map = exec.map(double, 0..4).env("LITHOPS_TEST_NOWHERE", "sesame");
    let handle = map.through_storage().submit().unwrap();
    assert_eq!(handle.results().await.unwrap(), [0, 2, 4, 6]);
    let job = handle.save().unwrap().job;
    let reason = reason(&exec, &job).await;
    assert!(reason.contains("set LITHOPS_TEST_NOWHERE in this process's environment"), "{reason}");
    assert!(!reason.contains("sesame"), "{reason}");
}
