//! Takes up a job that another client has submitted through storage.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::driver::{Driver, Order, Share, Surroundings};
use super::past::{self, Past, PastShare, Writer};
use super::upload::{UploadError, claim};
use crate::error::Error;
use crate::plan::{JobInputs, JobOptions, PlannedJob, RetryPolicy, Transport};
use crate::ports::{JobEvent, TakeUp};
use crate::run::job::RunningJob;
use crate::run::mark;
use crate::wire::{CallError, JobHead, Report, SealKey};

/// Reads a job's objects, and goes on with it: outcomes that are there count, and so do the attempts
/// that its clients have found failed; calls of workers that have gone, or stay silent, run again.
///
/// Gives the job's head at once; the work goes on behind.
pub(in crate::run) async fn take_up(
    wanted: &TakeUp,
    around: Surroundings,
    key: SealKey,
    events: mpsc::UnboundedSender<JobEvent>,
    orders: mpsc::UnboundedReceiver<Order>,
) -> Result<JobHead, Error> {
    let refuse = |reason: String| Error::Attach { job: wanted.job.to_string(), reason };
    let past = past::read(&wanted.job, around.storage.as_ref(), &key).await;
    let past = past.map_err(|error| error.of(&wanted.job))?;
    if let Some(expected) = &wanted.result_type
        && *expected != past.head.result_type
    {
        let (expected, found) = (expected.clone(), past.head.result_type);
        return Err(Error::ResultType { expected, found });
    }
    let machine = mark::machine().unwrap_or_default();
    let living = mark::living();
    let lives = |writer: &Writer| mark::is_of(&writer.executor, &living);
    if !wanted.handed_over && past.writer.executor != around.writer && lives(&past.writer) {
        return Err(refuse(
            "its client is a process of this machine that still runs: end that first, or have it hand \
             the job over with `save`"
                .to_owned(),
        ));
    }
    let environment = environment(&past.environment).map_err(&refuse)?;
    let on_this_machine = around.backend.capability().on_this_machine;
    // Workers of this machine end with their client.
    let is_gone = |writer: &Writer| {
        on_this_machine && writer.machine == machine && !machine.is_empty() && !lives(writer)
    };

    let head = past.head.clone();
    let (mut driver, shares) = driver(past, environment, around, key, events);
    let wave = driver.wave;
    driver.sent += claim(&driver, wave).await.map_err(|error| match error {
        UploadError::Storage(error) => Error::Storage(error),
        UploadError::TakenUp => refuse("another client is just taking it up".to_owned()),
    })?;
    driver.wave += 1;
    let batches = driver.collector.collect(&mut driver.pace, true, std::iter::empty()).await;
    let mut batches = batches.map_err(|error| refuse(error.to_string()))?;
    for batch in &mut batches {
        // It is about the program that the client before has started as a worker: this one's may have
        // the function.
        let is_final =
            |report: &Report| !matches!(report.outcome, Err(CallError::UnknownFunction { .. }));
        batch.reports.retain(is_final);
    }
    driver.take(batches);
    let now = Instant::now();
    for PastShare { place, calls, writer } in shares {
        let ledger = &driver.job.ledger;
        let open = calls.into_iter().filter(|(index, attempt)| {
            ledger.is_open(*index)
                && ledger.attempt(*index) == *attempt
                && !driver.due.contains_key(index)
        });
        let open: Vec<(u32, u32)> = open.collect();
        if open.is_empty() {
            continue;
        }
        if is_gone(&writer) {
            // Its calls did not end it: they run again as if they had not begun.
            driver.due.extend(open.into_iter().map(|(index, _)| (index, now)));
        } else {
            driver.working.insert(place, Share::new(open, true, now));
        }
    }
    crate::run::runtime().spawn(driver.run(orders));
    Ok(head)
}

/// A driver that knows what the one before knew, and the shares that may still be at work.
fn driver(
    past: Past,
    environment: BTreeMap<String, String>,
    around: Surroundings,
    key: SealKey,
    events: mpsc::UnboundedSender<JobEvent>,
) -> (Driver, Vec<PastShare>) {
    let Past { head, calls, failed, shares, next, requests, .. } = past;
    let plan = PlannedJob {
        function: head.function.clone(),
        shared: head.shared.clone(),
        inputs: JobInputs::Supplied(head.calls),
        chunks: Vec::new(),
        result_type: "",
        options: JobOptions {
            transport: Transport::Storage,
            memory: head.memory,
            environment,
            retry: RetryPolicy {
                worker_deaths: head.retry.0,
                retries: head.retry.1,
                backoff: Duration::from_millis(head.retry.2),
            },
            ..JobOptions::default()
        },
    };
    let total = head.calls;
    let mut running = RunningJob::new(head, plan, events);
    for (index, failed) in failed {
        running.ledger.restore(index, failed);
    }
    let mut without_argument: Vec<u32> = (0..total).collect();
    without_argument.retain(|index| !calls.contains_key(index));
    for (index, (attempt, input)) in calls {
        running.ledger.begun(index, attempt);
        running.supply(index, Ok(input));
    }
    for index in without_argument {
        let reason = "its argument was not in storage when its client ended".to_owned();
        running.supply(index, Err(CallError::JobFailed { reason }));
    }
    let mut driver = Driver::new(running, around, key);
    driver.awaited.clear();
    driver.wave = next;
    driver.workers = u32::try_from(shares.len()).unwrap_or(u32::MAX);
    driver.sent = requests;
    (driver, shares)
}

/// The variables that the job's workers are given, as this process has them.
fn environment(names: &[String]) -> Result<BTreeMap<String, String>, String> {
    let value = |name: &String| Some((name.clone(), std::env::var(name).ok()?));
    let found: BTreeMap<String, String> = names.iter().filter_map(value).collect();
    let missing: Vec<&str> =
        names.iter().filter(|name| !found.contains_key(*name)).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(found);
    }
    Err(format!(
        "its calls were given variables by `.env(..)`, whose values are in no object: set {} in this \
         process's environment",
        missing.join(", ")
    ))
}
