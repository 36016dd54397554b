//! What a function finds around it, and what it may do.

use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

use lithops::{ExecutorExt, FunctionExecutor, PutMode, Result, context, try_context};

/// Its index, attempt and job, and whether it ends within the given seconds.
fn place(seconds: u64) -> (usize, u32, String, bool) {
    let context = context();
    let limit = Instant::now() + Duration::from_secs(seconds);
    let in_time = context.deadline().is_some_and(|deadline| deadline < limit);
    (context.index(), context.attempt(), context.job_id().to_string(), in_time)
}

async fn place_later(seconds: u64) -> (usize, u32, String, bool) {
    tokio::task::yield_now().await;
    place(seconds)
}

pub(crate) async fn a_call_knows_its_place_job_and_deadline(exec: FunctionExecutor) -> Result<()> {
    assert!(try_context().is_none());
    let handle = exec.map(place, [601, 599, 601]).timeout(Duration::from_secs(600)).submit()?;
    let id = handle.id().to_string();
    let expected = |in_time: [bool; 3]| {
        in_time
            .iter()
            .enumerate()
            .map(|(n, in_time)| (n, 1, id.clone(), *in_time))
            .collect::<Vec<_>>()
    };
    assert_eq!(handle.results().await?, expected([true, false, true]));
    let later = exec.map(place_later, [601; 3]).timeout(Duration::from_secs(600)).submit()?;
    let other = later.id().to_string();
    assert_ne!(id, other);
    assert_eq!(later.results().await?[2], (2, 1, other, true));
    let limitless = exec.map(|(): ()| context().deadline().is_none(), [()]).no_timeout();
    assert_eq!(limitless.await?, [true]);
    assert!(try_context().is_none());
    Ok(())
}

/// Fails until the attempt that it is told, and gives the attempt.
fn at_attempt(wanted: u32) -> io::Result<u32> {
    let attempt = context().attempt();
    if attempt < wanted { Err(io::Error::other("too early")) } else { Ok(attempt) }
}

pub(crate) async fn a_repeated_call_knows_its_attempt(exec: FunctionExecutor) -> Result<()> {
    assert_eq!(exec.map(at_attempt, [1, 3, 2]).retries(2).await?, [1, 3, 2]);
    Ok(())
}

async fn write(text: String) -> anyhow::Result<String> {
    let context = context();
    let storage = context.storage().ok_or_else(|| anyhow::anyhow!("no storage"))?;
    let key = format!("tests-of-functions/{}/{}", context.job_id(), context.index());
    storage.put(&key, text.into(), PutMode::Create).await?;
    Ok(key)
}

async fn read(key: String) -> anyhow::Result<String> {
    let context = context();
    let storage = context.storage().ok_or_else(|| anyhow::anyhow!("no storage"))?;
    let text = storage.get(&key).await?;
    storage.delete(&[key]).await?;
    Ok(String::from_utf8(text.to_vec())?)
}

pub(crate) async fn calls_share_the_storage_of_their_job(exec: FunctionExecutor) -> Result<()> {
    let texts = ["to", "be"].map(String::from);
    assert_eq!(exec.map(write, texts).map(read).await?, ["to", "be"]);
    Ok(())
}

fn shell(script: String) -> io::Result<(Option<i32>, String)> {
    let output = Command::new("sh").args(["-c", &script]).output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

pub(crate) async fn a_call_may_start_programs(exec: FunctionExecutor) -> Result<()> {
    let scripts = ["echo hello", "cat; exit 3", "(echo deep) | cat"].map(String::from);
    let expected =
        [(Some(0), "hello\n".to_owned()), (Some(3), String::new()), (Some(0), "deep\n".to_owned())];
    assert_eq!(exec.map(shell, scripts).await?, expected);
    Ok(())
}

/// The Fibonacci number, by two calls for each number above 1.
async fn fib(number: u32) -> Result<u64> {
    if number < 2 {
        return Ok(number.into());
    }
    let exec = FunctionExecutor::from_config().await?;
    Ok(exec.map(fib, [number - 1, number - 2]).await?.iter().sum())
}

/// The same without async.
fn blocking_fib(number: u32) -> Result<u64> {
    if number < 2 {
        return Ok(number.into());
    }
    lithops::block_on(async {
        let exec = FunctionExecutor::from_config().await?;
        Ok(exec.map(blocking_fib, [number - 1, number - 2]).await?.iter().sum())
    })
}

/// Far more than the deepest calls take, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn async_calls_that_call_do_not_wait_for_each_other(
    exec: FunctionExecutor,
) -> Result<()> {
    let numbers = tokio::time::timeout(PATIENCE, async { exec.map(fib, [9, 8, 1]).await });
    assert_eq!(numbers.await.expect("nested calls end")?, [34, 21, 1]);
    Ok(())
}

pub(crate) async fn sync_calls_that_call_do_not_wait_for_each_other(
    exec: FunctionExecutor,
) -> Result<()> {
    let numbers = tokio::time::timeout(PATIENCE, async { exec.map(blocking_fib, [9, 8, 1]).await });
    assert_eq!(numbers.await.expect("nested calls end")?, [34, 21, 1]);
    Ok(())
}
