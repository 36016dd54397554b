//! Two clients of one job: the one that has taken it up goes on, the other starts no call.

use std::path::Path;

use lithops::prelude::*;
use lithops_core::wire::keys;

use super::{executor, until};

/// Waits where the job's first client runs it, and ends anywhere else.
fn hang_once(marks: &String, x: u32) -> u32 {
    if std::fs::create_dir(format!("{marks}/mark-{x}")).is_ok() {
        loop {
            std::thread::park();
        }
    }
    x * 10
}

async fn begun(exec: &FunctionExecutor, folder: &Path) -> lithops::JobHandle<u32> {
    let marks = folder.to_str().unwrap().to_owned();
    let map = exec.map_with(marks, 0..2u32, hang_once).chunk_size(1);
    let handle = map.through_storage().submit().unwrap();
    until("both calls at work", || {
        (0..2).all(|x| folder.join(format!("mark-{x}")).exists()).then_some(())
    });
    handle
}

#[tokio::test]
async fn the_objects_of_a_job_are_left_to_the_client_that_has_taken_it_up() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (executor(folder.path()).await, executor(folder.path()).await);
    let handle = begun(&first, folder.path()).await;
    let job = handle.id().clone();
    let wanted =
        lithops_core::ports::TakeUp { job: job.clone(), result_type: None, handed_over: true };
    let taken = second.take_up(&wanted).await.unwrap();
    assert_eq!(taken.calls, 2);
    // The first client ends, and removes what is its own: nothing.
    drop(handle);
    first.shutdown().await;
    let kept = second.storage().list(&keys::job(&job), None).await.unwrap().objects;
    let waves = kept.iter().filter_map(|object| keys::parse_wave(&object.key));
    assert_eq!(waves.collect::<Vec<_>>(), [0, 1]);
    second.cancel(&job);
    second.release(&job);
    second.shutdown().await;
    assert!(!folder.path().join("jobs").exists());
}

#[tokio::test]
async fn a_client_whose_job_was_taken_up_starts_no_call_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (executor(folder.path()).await, executor(folder.path()).await);
    let marks = folder.path().to_str().unwrap().to_owned();
    // Its worker dies of the first call when it is told to, so that the client wants to dispatch again.
    let map = first.map_with(marks, 0..1u32, |marks: &String, _| -> u32 {
        std::fs::create_dir(format!("{marks}/begun")).unwrap();
        while !Path::new(&format!("{marks}/die")).exists() {
            std::thread::park_timeout(std::time::Duration::from_millis(1));
        }
        std::process::abort()
    });
    let handle = map.through_storage().submit().unwrap();
    until("the call at work", || folder.path().join("begun").exists().then_some(()));
    let job = handle.id().clone();
    let wanted =
        lithops_core::ports::TakeUp { job: job.clone(), result_type: None, handed_over: true };
    let _taken = second.take_up(&wanted).await.unwrap();
    std::fs::write(folder.path().join("die"), "").unwrap();
    let error = handle.results().await.unwrap_err();
    let Error::Call { cause: CallError::JobFailed { reason }, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(reason, "another client has taken the job up");
    second.cancel(&job);
    second.release(&job);
}

#[tokio::test]
async fn an_executor_goes_on_with_a_job_that_it_has_saved_and_with_its_workers() {
    let folder = tempfile::tempdir().unwrap();
    let exec = executor(folder.path()).await;
    let marks = folder.path().to_str().unwrap().to_owned();
    let map = exec.map_with(marks, 0..1u32, |marks: &String, x| {
        std::fs::create_dir(format!("{marks}/begun")).unwrap();
        while !Path::new(&format!("{marks}/end")).exists() {
            std::thread::park_timeout(std::time::Duration::from_millis(1));
        }
        x + 1
    });
    let handle = map.through_storage().submit().unwrap();
    until("the call at work", || folder.path().join("begun").exists().then_some(()));
    let saved = handle.save().unwrap();
    let handle = exec.attach::<u32>(&saved).await.unwrap();
    std::fs::write(folder.path().join("end"), "").unwrap();
    assert_eq!(handle.results().await.unwrap(), [1]);
    assert_eq!(handle.future(0).stats().unwrap().attempts, 1);
}
