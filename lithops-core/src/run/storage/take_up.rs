//! Takes up a job that another process has submitted through storage.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::driver::{Driver, Order, Share, Surroundings, TAKEN_UP};
use crate::error::Error;
use crate::plan::{JobInputs, JobOptions, PlannedJob, RetryPolicy, Transport};
use crate::ports::{JobEvent, StorageError};
use crate::run::job::RunningJob;
use crate::wire::{CallInput, Frame, JobHead, JobId, ToWorker, keys};

/// Reads a job's objects, and goes on with it: outcomes that are there count, calls of workers that
/// stay silent run again.
///
/// Gives the job's head at once; the work goes on behind.
pub(in crate::run) async fn take_up(
    job: &JobId,
    around: Surroundings,
    events: mpsc::UnboundedSender<JobEvent>,
    orders: mpsc::UnboundedReceiver<Order>,
) -> Result<JobHead, Error> {
    let refuse = |reason: String| Error::Attach { job: job.to_string(), reason };
    let (head, calls, waves) = read(job, &around, &refuse).await?;
    let plan = PlannedJob {
        function: head.function.clone(),
        shared: head.shared.clone(),
        inputs: JobInputs::Supplied(head.calls),
        chunks: Vec::new(),
        result_type: "",
        options: JobOptions {
            transport: Transport::Storage,
            memory: head.memory,
            retry: RetryPolicy {
                worker_deaths: head.retry.0,
                retries: head.retry.1,
                backoff: std::time::Duration::from_millis(head.retry.2),
            },
            ..JobOptions::default()
        },
    };
    let mut running = RunningJob::new(head.clone(), plan, events);
    let mut share = Share::new(Vec::new(), true, Instant::now());
    for call in calls {
        running.ledger.begun(call.index, call.attempt);
        if running.supply(call.index, Ok(call.input)) {
            share.calls.push((call.index, call.attempt));
        }
    }
    let mut driver = Driver::new(running, around);
    driver.awaited.clear();
    driver.wave = waves;
    driver.taken_up = true;
    let batches = driver.collector.collect(&mut driver.pace, true).await;
    driver.take(batches.map_err(|error| refuse(error.to_string()))?);
    // Nobody knows which worker had which of these: they count as one worker's, which may be alive.
    driver.working.insert(TAKEN_UP, share);
    driver.drop_done();
    crate::run::runtime().spawn(driver.run(orders));
    Ok(head)
}

async fn read(
    job: &JobId,
    around: &Surroundings,
    refuse: &(dyn Fn(String) -> Error + Sync),
) -> Result<(JobHead, Vec<CallInput>, u32), Error> {
    let storage = Arc::clone(&around.storage);
    let mut head = None;
    let mut calls: Vec<CallInput> = Vec::new();
    let mut waves = 0;
    for key in list(&storage, &keys::waves(job)).await? {
        waves += 1;
        let object = storage.get(&key).await?;
        for frame in Frame::read_all(object).map_err(|error| refuse(error.to_string()))? {
            match ToWorker::decode(frame).map_err(|error| refuse(error.to_string()))? {
                ToWorker::Job(found) => head = Some(*found),
                ToWorker::Run { calls: more, .. } => calls.extend(more),
                ToWorker::Recall | ToWorker::Forget { .. } | ToWorker::Shares(_) => {}
            }
        }
    }
    let head = head.ok_or_else(|| {
        refuse("there is no such job in this storage; it may have been collected or cleaned".into())
    })?;
    // Of a call that was dispatched several times the last attempt counts.
    calls.sort_by_key(|call| (call.index, std::cmp::Reverse(call.attempt)));
    calls.dedup_by_key(|call| call.index);
    // All calls are in the first wave: a head that claims more than that is forged, and would have a
    // table of them made before anybody sees that they are not there.
    let (claimed, found) = (head.calls, calls.len());
    if found != claimed as usize || calls.last().is_some_and(|call| call.index >= claimed) {
        let reason = format!(
            "its head tells of {claimed} calls, and its dispatches have {found}: somebody has \
             replaced them, or some were deleted; run the job again"
        );
        return Err(refuse(reason));
    }
    if head.job != *job {
        let reason = format!("what is stored there is of {}", head.job);
        return Err(refuse(reason));
    }
    Ok((head, calls, waves))
}

async fn list(
    storage: &Arc<dyn crate::ports::StorageBackend>,
    prefix: &str,
) -> Result<Vec<String>, StorageError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = storage.list(prefix, after.as_deref()).await?;
        after = page.next_after(prefix, after.as_deref())?;
        found.extend(page.objects.into_iter().map(|object| object.key));
        if after.is_none() {
            return Ok(found);
        }
    }
}
