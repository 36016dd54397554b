//! Errors that functions return.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use anyhow::Context;
use lithops::{CallError, Error, ExecutorExt, FunctionError, FunctionExecutor, Result, TaskError};
use serde::{Deserialize, Serialize};

/// The error of a call that its function failed.
fn failed<T: fmt::Debug>(settled: &[Result<T, CallError>], index: usize) -> &FunctionError {
    match &settled[index] {
        Err(CallError::Failed(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn parsed(text: String) -> anyhow::Result<u8> {
    text.parse().with_context(|| format!("no size: {text}")).context("bad row")
}

fn opened(name: String) -> io::Result<u8> {
    if name == "full" { Ok(1) } else { Err(io::Error::other(format!("{name} is empty"))) }
}

fn boxed(text: String) -> Result<u8, Box<dyn StdError>> {
    Ok(text.parse()?)
}

async fn boxed_later(text: String) -> Result<u8, Box<dyn StdError + Send + Sync>> {
    tokio::task::yield_now().await;
    Ok(text.parse::<u8>().map_err(|error| format!("{text}: {error}"))?)
}

pub(crate) async fn errors_that_serde_cannot_carry_fail_the_call(
    exec: FunctionExecutor,
) -> Result<()> {
    let texts = || ["7", "x"].map(String::from);
    let settled = exec.map(parsed, texts()).settled().await?;
    assert_eq!(settled[0], Ok(7));
    let error = failed(&settled, 1);
    assert_eq!(error.message, "bad row");
    assert_eq!(error.chain, ["no size: x", "invalid digit found in string"]);
    assert_eq!(error.kind, "anyhow::Error");

    let settled = exec.map(opened, ["full", "cup"].map(String::from)).settled().await?;
    assert_eq!(settled[0], Ok(1));
    assert_eq!(failed(&settled, 1).message, "cup is empty");
    assert!(failed(&settled, 1).kind.contains("io::error::Error"));

    let settled = exec.map(boxed, texts()).settled().await?;
    assert_eq!(settled[0], Ok(7));
    assert_eq!(failed(&settled, 1).message, "invalid digit found in string");

    let settled = exec.map(boxed_later, texts()).settled().await?;
    assert_eq!(settled[0], Ok(7));
    assert_eq!(failed(&settled, 1).message, "x: invalid digit found in string");
    Ok(())
}

/// Neither serialisable nor of std.
#[derive(Debug)]
struct Rejected(io::Error);

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rejected")
    }
}

impl StdError for Rejected {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

impl TaskError for Rejected {
    fn cause(&self) -> Option<&(dyn StdError + 'static)> {
        self.source()
    }
}

fn judged(number: u32) -> Result<u32, Rejected> {
    if number > 1 { Err(Rejected(io::Error::other("too much"))) } else { Ok(number) }
}

pub(crate) async fn an_own_error_type_fails_the_call_with_its_chain(
    exec: FunctionExecutor,
) -> Result<()> {
    let settled = exec.map(judged, [1, 2]).settled().await?;
    assert_eq!(settled[0], Ok(1));
    let error = failed(&settled, 1);
    assert_eq!(
        (error.message.as_str(), error.chain.as_slice()),
        ("rejected", &["too much".to_owned()][..])
    );
    assert!(error.kind.ends_with("failures::Rejected"), "{}", error.kind);
    assert_eq!(error.to_string(), "rejected: too much");
    Ok(())
}

pub(crate) async fn errors_of_this_library_fail_the_call(exec: FunctionExecutor) -> Result<()> {
    let closed = |_: u32| -> Result<u32> { Err(Error::Closed) };
    let settled = exec.map(closed, [1]).settled().await?;
    assert_eq!(failed(&settled, 0).message, "the executor has been shut down");
    let read = async |key: String| -> Result<usize, lithops::StorageError> {
        let context = lithops::context();
        let storage = context.storage().expect("threads and processes of one machine reach it");
        Ok(storage.get(&key).await?.len())
    };
    let settled = exec.map(read, ["no/such/key".to_owned()]).settled().await?;
    assert!(failed(&settled, 0).message.contains("no/such/key"), "{settled:?}");
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Refusal {
    TooLarge { limit: u32 },
    Odd,
}

fn accepted(number: u32) -> Result<u32, Refusal> {
    match number {
        9.. => Err(Refusal::TooLarge { limit: 8 }),
        odd if odd % 2 == 1 => Err(Refusal::Odd),
        even => Ok(even / 2),
    }
}

async fn accepted_later(number: u32) -> Result<u32, Refusal> {
    tokio::task::yield_now().await;
    accepted(number)
}

pub(crate) async fn an_error_that_serde_can_carry_comes_back_as_it_is(
    exec: FunctionExecutor,
) -> Result<()> {
    let expected = [Ok(2), Err(Refusal::Odd), Err(Refusal::TooLarge { limit: 8 })];
    assert_eq!(exec.map(accepted, [4, 5, 10]).await?, expected);
    assert_eq!(exec.map(accepted_later, [4, 5, 10]).await?, expected);
    Ok(())
}

pub(crate) async fn a_failure_ends_the_map_and_names_its_call(
    exec: FunctionExecutor,
) -> Result<()> {
    let error = exec.map(judged, [0, 1, 2]).await.expect_err("the third call fails");
    let Error::Call { function, index, cause, .. } = &error else { panic!("{error}") };
    assert!(function.ends_with("failures::judged"), "{function}");
    assert_eq!(
        (*index, cause.to_string()),
        (2, "the function failed: rejected: too much".to_owned())
    );
    let error = exec.call_async(judged, 2).await.expect_err("the call fails");
    assert!(matches!(&error, Error::Call { index: 0, cause: CallError::Failed(_), .. }), "{error}");
    Ok(())
}
