//! A job that was sent off.

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;

use super::future::CallFuture;
use super::job_state::{JobState, fetch};
use super::map::Map;
use super::progress::{JobSummary, Progress};
use super::stage::{Groups, Stage};
use super::stream::{Ordered, Unordered};
use super::table::Slot;
use super::verbs::assert_remote;
use super::wait::{Until, WaitReport};
use crate::error::{Error, Result};
use crate::function::{Data, MapFn, RemoteFn, TaskOutput};
use crate::shuffle::ShuffleSummary;
use crate::wire::{CallError, JobId, JobRecord, Payload, SavedJob, decode_value};

/// Results that are fetched from storage at once.
const FETCHES: usize = 8;

/// A job that was sent off: its progress, its results, its end.
///
/// When the handle and all futures of the job are dropped, the job is stopped and what it made is
/// removed.
pub struct JobHandle<T> {
    job: Arc<JobState>,
    result: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for JobHandle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobHandle").field("job", self.job.id()).finish_non_exhaustive()
    }
}

impl<T> JobHandle<T> {
    pub(super) fn new(job: Arc<JobState>) -> Self {
        Self { job, result: PhantomData }
    }

    /// The job's name.
    pub fn id(&self) -> &JobId {
        self.job.id()
    }

    /// How many calls the job has.
    pub fn len(&self) -> usize {
        self.job.len() as usize
    }

    /// The type of its results, as the compiler of the client that submitted it names it.
    pub fn result_type(&self) -> &str {
        self.job.result_type()
    }

    /// Whether the job has no call at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How far the job is.
    pub fn progress(&self) -> Progress {
        self.job.progress()
    }

    /// What the job has come to so far.
    pub fn summary(&self) -> JobSummary {
        self.job.summary()
    }

    /// What has become of the job and of each call so far, stages before it left out: for a report.
    /// Takes memory and time for each call.
    pub fn record(&self) -> JobRecord {
        self.job.record()
    }

    /// Waits until the job's workers have been stopped and the platform has told what it used, and
    /// gives the job's whole [summary](Self::summary): a moment after the last outcome.
    pub async fn finished(&self) -> JobSummary {
        std::future::poll_fn(|context| match self.job.poll_closed(context) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        self.summary()
    }

    /// How evenly the pairs of a shuffle fell on the calls of this job, one for each partition;
    /// `None` before all map calls have ended, and for a job that takes no pairs.
    pub fn shuffle(&self) -> Option<ShuffleSummary> {
        self.job.shuffle().cloned()
    }

    /// Stops the job: calls without an outcome end as [`CallError::Cancelled`]. Stages before
    /// it that were sent off with it are stopped too.
    pub fn cancel(&self) {
        self.job.cancel();
    }

    /// Waits until enough calls have their outcome, failures included.
    pub async fn wait(&self, until: Until) -> WaitReport {
        self.wait_within(until, None).await
    }

    /// As [`wait`](Self::wait), but for at most `limit`; the job goes on either way.
    pub async fn wait_for(&self, until: Until, limit: Duration) -> WaitReport {
        self.wait_within(until, Some(limit)).await
    }

    async fn wait_within(&self, until: Until, limit: Option<Duration>) -> WaitReport {
        let wanted = until.count(self.len());
        let enough = std::future::poll_fn(|context| {
            let seen = self
                .job
                .poll_watch(context, |settled| (settled.order.len() >= wanted).then_some(()));
            seen.map_or(Poll::Pending, Poll::Ready)
        });
        super::wait::within(limit, enough).await;
        self.job.look(|settled| {
            let pending =
                (0..).zip(settled.slots).filter(|(_, slot)| matches!(slot, Slot::Pending));
            WaitReport {
                done: settled.order.iter().map(|index| *index as usize).collect(),
                pending: pending.map(|(index, _)| index).collect(),
            }
        })
    }
}

impl<T: Data> JobHandle<T> {
    /// The future of one call.
    ///
    /// # Panics
    /// If the job has no call `index`.
    pub fn future(&self, index: usize) -> CallFuture<T> {
        assert!(index < self.len(), "job {} has {} calls, no call {index}", self.id(), self.len());
        CallFuture::new(Arc::clone(&self.job), index as u32)
    }

    /// The futures of all calls, in the order of the inputs.
    pub fn futures(&self) -> Vec<CallFuture<T>> {
        (0..self.len()).map(|index| self.future(index)).collect()
    }

    /// Waits for all values, in the order of the inputs. Can be asked again.
    ///
    /// # Errors
    /// [`Error::Call`] as soon as a call has failed for good: of those that have, the one with the
    /// lowest index. The job goes on until it is dropped or cancelled.
    pub async fn results(&self) -> Result<Vec<T>> {
        self.ended().await?;
        self.named(self.values(self.outcomes()).await)
    }

    /// As [`results`](Self::results), for the last reader: moves large values out.
    pub(super) async fn into_results(self) -> Result<Vec<T>> {
        self.ended().await?;
        self.named(self.values(self.job.take_outcomes()).await)
    }

    /// Waits until all calls have their outcome, or one has failed.
    async fn ended(&self) -> Result<()> {
        let ended = std::future::poll_fn(|context| {
            // Only what has come since the last look is looked at.
            let seen = self.job.poll_watch(context, |settled| {
                let over = settled.order.len() == settled.slots.len();
                let failed = settled.failures().next().is_some();
                (over || failed).then_some(())
            });
            seen.map_or(Poll::Pending, Poll::Ready)
        });
        ended.await;
        let failed = self.job.look(|settled| settled.failures().min_by_key(|(index, _)| *index));
        if let Some((index, cause)) = failed {
            return Err(self.call_error(index as usize, cause));
        }
        Ok(())
    }

    fn named(&self, values: Vec<Result<T, CallError>>) -> Result<Vec<T>> {
        let values = values.into_iter().enumerate();
        values.map(|(index, value)| value.map_err(|cause| self.call_error(index, cause))).collect()
    }

    fn outcomes(&self) -> Vec<Result<Payload, CallError>> {
        self.job.look(|settled| settled.slots.iter().map(Slot::outcome).collect())
    }

    /// Waits for every call, and gives each one's value or cause, in the order of the inputs.
    ///
    /// # Errors
    /// None at present; failures of calls stand in the list.
    pub async fn settled(&self) -> Result<Vec<Result<T, CallError>>> {
        self.wait(Until::All).await;
        Ok(self.values(self.outcomes()).await)
    }

    /// Results in the order of the inputs, each as soon as it and those before it are there.
    pub fn stream(&self) -> Ordered<T> {
        Ordered::new(Arc::clone(&self.job))
    }

    /// Results as they come, each with its place.
    pub fn stream_unordered(&self) -> Unordered<T> {
        Unordered::new(Arc::clone(&self.job))
    }

    /// Calls `f` on each result, as soon as it is there; see [`Map::map`].
    pub fn map<F, Out, M>(&self, _f: F) -> Map<Out::Value>
    where
        F: Fn(T) -> Out + RemoteFn,
        Out: TaskOutput<M>,
        M: 'static,
    {
        assert_remote!(F);
        Map::new(Stage::following::<MapFn<F, T, Out, M>, Out::Value>(&self.job, Groups::Each))
    }

    /// Leaves the job to another process, which takes it up with
    /// [`attach`](super::ExecutorExt::attach).
    ///
    /// The job must have been sent [through storage](Map::through_storage). It goes on as long as
    /// this process's executor lives; what it has not done by then, the other process does.
    ///
    /// # Errors
    /// [`Error::Attach`] if the job does not run through a storage that other processes reach, or
    /// takes the results of another.
    pub fn save(self) -> Result<SavedJob> {
        let storage = self.job.storage().location();
        if storage.is_in_process() || !self.job.is_in_storage() {
            let reason = "only a job that runs `.through_storage()`, in a storage that other \
                          processes reach, can be taken up"
                .to_owned();
            return Err(Error::Attach { job: self.id().to_string(), reason });
        }
        if self.job.has_upstream() {
            let reason = "its arguments come from another job, which ends with this program; save \
                          that one, or wait for this"
                .to_owned();
            return Err(Error::Attach { job: self.id().to_string(), reason });
        }
        self.job.keep();
        Ok(SavedJob {
            job: self.id().clone(),
            storage,
            calls: self.job.len(),
            result_type: self.job.result_type().to_owned(),
        })
    }

    /// Every call's value, decoded; those in storage are fetched several at once.
    async fn values(&self, payloads: Vec<Result<Payload, CallError>>) -> Vec<Result<T, CallError>> {
        let mut stored = Vec::new();
        let mut values: Vec<Result<T, CallError>> = Vec::with_capacity(payloads.len());
        for (index, payload) in payloads.into_iter().enumerate() {
            values.push(match payload {
                Ok(Payload::Inline(bytes)) => decode_value(bytes).map_err(CallError::Output),
                Ok(payload) => {
                    stored.push((index, payload));
                    // In its place until the value is here.
                    Err(CallError::Cancelled)
                }
                Err(cause) => Err(cause),
            });
        }
        let storage = self.job.storage();
        let fetched = futures::stream::iter(stored).map(|(index, payload)| {
            let storage = &storage;
            async move { (index, fetch(payload, storage.as_ref()).await) }
        });
        let mut fetched = std::pin::pin!(fetched.buffer_unordered(FETCHES));
        while let Some((index, bytes)) = fetched.next().await {
            values[index] = bytes.and_then(|bytes| decode_value(bytes).map_err(CallError::Output));
        }
        values
    }

    fn call_error(&self, index: usize, cause: CallError) -> Error {
        let (job, function) = (self.id().to_string(), self.job.title().to_owned());
        Error::Call { job, function, index, cause }
    }
}

impl<T: Data> IntoFuture for JobHandle<T> {
    type Output = Result<Vec<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.into_results())
    }
}
