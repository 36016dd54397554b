//! A job in the making: what verbs build up and `submit` sends off.

use std::any::type_name;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

use super::handle::JobHandle;
use super::job_state::{JobState, fetch, gather};
use crate::error::Error;
use crate::function::{Data, Entry, Kernel, register};
use crate::plan::{JobInputs, JobOptions, PackedInputs, PlannedJob, chunks};
use crate::ports::{Executor, Supply};
use crate::shuffle::ShuffleSummary;
use crate::wire::{CallError, Input, JobId, Payload, ValueSink, encode_value};

/// Results above this size stay in storage on their way to the next stage.
const HAND_ON: u64 = 64 * 1024;
/// Results that are fetched from storage at once.
const FETCHES: usize = 8;

/// A job in the making.
pub(crate) struct Stage {
    executor: Arc<dyn Executor>,
    entry: Entry,
    shared: Option<Bytes>,
    source: Source,
    result_type: &'static str,
    pub(crate) options: JobOptions,
    /// What was wrong with the inputs; told at submission.
    error: Option<Error>,
}

enum Source {
    Ready(PackedInputs),
    After(Upstream, Groups),
}

/// The stage whose results are this one's arguments.
enum Upstream {
    Draft(Box<Stage>),
    Submitted(Arc<JobState>),
}

/// Which results make which argument.
pub(crate) enum Groups {
    /// Call `i` takes result `i`.
    Each,
    /// Call `i` takes the list of these results.
    Lists(Vec<Vec<u32>>),
    /// Call `i` takes what this makes of all results.
    All(Recipe),
}

/// Makes the arguments of a stage's calls of all results of the stage before it.
pub(crate) struct Recipe {
    /// How many calls there are.
    pub(crate) calls: u32,
    pub(crate) make: Make,
}

/// Takes the job whose results these are, and its results.
pub(crate) type Make =
    Box<dyn FnOnce(&JobId, Vec<Bytes>) -> Result<(Vec<Bytes>, ShuffleSummary), CallError> + Send>;

/// Sends off calls whose inputs are encoded already.
pub(crate) fn submit_packed<K: Kernel, S: Data, T: Data>(
    executor: Arc<dyn Executor>,
    inputs: PackedInputs,
    shared: S,
    options: JobOptions,
) -> Result<JobHandle<T>, Error> {
    let stage = Stage { options, ..Stage::of_packed::<K, T>(executor, inputs) };
    stage.share(shared).submit().map(JobHandle::new)
}

impl Stage {
    pub(crate) fn new<K: Kernel, In: Data, T>(
        executor: Arc<dyn Executor>,
        items: impl IntoIterator<Item = In>,
    ) -> Self {
        match PackedInputs::encode(items) {
            Ok(inputs) => Self::of_packed::<K, T>(executor, inputs),
            Err(error) => {
                let empty = Self::of_packed::<K, T>(executor, PackedInputs::default());
                Self { error: Some(error.into()), ..empty }
            }
        }
    }

    fn of_packed<K: Kernel, T>(executor: Arc<dyn Executor>, inputs: PackedInputs) -> Self {
        let options = executor.job_options();
        Self {
            executor,
            entry: register::<K>(),
            shared: None,
            source: Source::Ready(inputs),
            result_type: type_name::<T>(),
            options,
            error: None,
        }
    }

    pub(crate) fn share<S: Data>(mut self, shared: S) -> Self {
        let mut sink = ValueSink::new();
        match encode_value(shared, &mut sink) {
            Ok(()) => self.shared = Some(sink.take()),
            Err(error) => self.error = Some(Error::Shared(error)),
        }
        self
    }

    /// The same inputs, for another function.
    pub(crate) fn with_kernel<K: Kernel, T>(mut self) -> Self {
        self.entry = register::<K>();
        self.result_type = type_name::<T>();
        self
    }

    pub(crate) fn executor(&self) -> &Arc<dyn Executor> {
        &self.executor
    }

    /// Notes what is wrong with the stage's inputs, to be told at submission.
    pub(crate) fn refuse(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// The options of the stage before this one, unless it has been submitted.
    pub(crate) fn options_before(&mut self) -> Option<&mut JobOptions> {
        match &mut self.source {
            Source::After(Upstream::Draft(stage), _) => Some(&mut stage.options),
            _ => None,
        }
    }

    /// A stage that takes the results of this one.
    pub(crate) fn then<K: Kernel, T>(self, groups: Groups) -> Self {
        let (executor, options) = (Arc::clone(&self.executor), self.options.clone());
        Self::after::<K, T>(executor, Upstream::Draft(Box::new(self)), groups, options)
    }

    /// A stage that takes the results of a job that runs already.
    pub(crate) fn following<K: Kernel, T>(job: &Arc<JobState>, groups: Groups) -> Self {
        let executor = job.executor().handle();
        let (upstream, options) = (Upstream::Submitted(Arc::clone(job)), executor.job_options());
        Self::after::<K, T>(executor, upstream, groups, options)
    }

    fn after<K: Kernel, T>(
        executor: Arc<dyn Executor>,
        upstream: Upstream,
        groups: Groups,
        options: JobOptions,
    ) -> Self {
        // The name was the other stage's.
        let options = JobOptions { name: None, writes_objects: false, ..options };
        Self {
            executor,
            entry: register::<K>(),
            shared: None,
            source: Source::After(upstream, groups),
            result_type: type_name::<T>(),
            options,
            error: None,
        }
    }

    /// How many calls the stage will have.
    pub(crate) fn calls(&self) -> u32 {
        match &self.source {
            Source::Ready(inputs) => inputs.len(),
            Source::After(_, Groups::Lists(lists)) => lists.len() as u32,
            Source::After(_, Groups::All(recipe)) => recipe.calls,
            Source::After(Upstream::Draft(stage), Groups::Each) => stage.calls(),
            Source::After(Upstream::Submitted(job), Groups::Each) => job.len(),
        }
    }

    /// Plans the job and sends it off; stages before it first.
    pub(crate) fn submit(self) -> Result<Arc<JobState>, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let calls = self.calls();
        let mut owns_upstream = false;
        let (inputs, upstream) = match self.source {
            Source::Ready(inputs) => (JobInputs::Ready(inputs), None),
            Source::After(upstream, groups) => {
                let job = match upstream {
                    Upstream::Submitted(job) => job,
                    Upstream::Draft(mut stage) => {
                        owns_upstream = true;
                        let reach = !stage.executor.storage().location().is_in_process();
                        stage.options.store_above = reach.then_some(HAND_ON);
                        stage.submit()?
                    }
                };
                (JobInputs::Supplied(calls), Some((job, groups)))
            }
        };
        let workers = self.executor.capability().max_workers;
        let title = self.options.name.clone().unwrap_or_else(|| self.entry.id.path.clone());
        let plan = PlannedJob {
            function: self.entry.id,
            shared: self.shared,
            chunks: chunks(calls, workers, self.options.chunk_size),
            inputs,
            result_type: self.result_type,
            options: self.options,
        };
        let submitted = self.executor.submit(plan)?;
        let before: Vec<Arc<JobState>> = upstream.iter().map(|(job, _)| Arc::clone(job)).collect();
        let state = JobState::follow(submitted, title, self.executor, before, owns_upstream);
        match upstream {
            Some((job, Groups::All(recipe))) => feed_all(&job, recipe, Arc::downgrade(&state)),
            Some((job, groups)) => feed(&job, groups, Arc::downgrade(&state)),
            None => {}
        }
        Ok(state)
    }
}

/// Gives results of one job as arguments to another, each as soon as it can be.
fn feed(upstream: &Arc<JobState>, groups: Groups, downstream: Weak<JobState>) {
    let upstream = Arc::downgrade(upstream);
    crate::run::runtime().spawn(async move {
        let Some(mut feeder) = upstream.upgrade().map(|job| Feeder::new(&job, groups)) else {
            return;
        };
        supply(&downstream, feeder.without_arguments());
        while feeder.fed < feeder.total {
            let settled = std::future::poll_fn(|context| {
                let Some(job) = upstream.upgrade() else { return std::task::Poll::Ready(None) };
                let fresh = job.poll_watch(context, |settled| {
                    let fresh = settled.order.get(feeder.fed..).unwrap_or_default();
                    (!fresh.is_empty()).then(|| fresh.to_vec())
                });
                fresh.map_or(std::task::Poll::Pending, |fresh| std::task::Poll::Ready(Some(fresh)))
            });
            let (Some(fresh), Some(job)) = (settled.await, upstream.upgrade()) else { return };
            feeder.fed += fresh.len();
            let inputs = fresh.into_iter().filter_map(|index| feeder.argument(&job, index));
            supply(&downstream, inputs.collect());
        }
    });
}

/// Gives a job the arguments that `recipe` makes of all results of another.
fn feed_all(upstream: &Arc<JobState>, recipe: Recipe, downstream: Weak<JobState>) {
    let upstream = Arc::downgrade(upstream);
    crate::run::runtime().spawn(async move {
        let ended = std::future::poll_fn(|context| {
            let Some(job) = upstream.upgrade() else { return std::task::Poll::Ready(None) };
            let ended = job.poll_watch(context, |settled| {
                let failed = settled.failures().next().map(|(index, _)| index);
                let over = settled.order.len() == settled.slots.len();
                (over || failed.is_some()).then_some(failed)
            });
            let ended = ended.map(|failed| Some((job, failed)));
            ended.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
        });
        let Some((job, failed)) = ended.await else { return };
        let calls = recipe.calls;
        let made = match failed.and_then(|index| job.as_input(index)) {
            Some(Err(cause)) => Err(cause),
            _ => cook(&job, recipe).await,
        };
        let inputs = match made {
            Ok((inputs, summary)) => {
                tracing::info!(job = %job.id(), %summary, "shuffle written");
                if let Some(downstream) = downstream.upgrade() {
                    downstream.note_shuffle(summary);
                }
                let inputs = inputs.into_iter().map(|bytes| Ok(Input::One(Payload::Inline(bytes))));
                (0..calls).zip(inputs).collect()
            }
            Err(cause) => (0..calls).map(|call| (call, Err(cause.clone()))).collect(),
        };
        drop(job);
        supply(&downstream, inputs);
    });
}

async fn cook(
    job: &Arc<JobState>,
    recipe: Recipe,
) -> Result<(Vec<Bytes>, ShuffleSummary), CallError> {
    let outcomes = (0..job.len()).filter_map(|index| job.as_input(index));
    let payloads = outcomes.collect::<Result<Vec<_>, _>>()?;
    let storage = job.storage();
    let fetched = futures::stream::iter(payloads)
        .map(|payload| fetch(payload, storage.as_ref()))
        .buffered(FETCHES)
        .try_collect::<Vec<Bytes>>();
    let (results, id) = (fetched.await?, job.id().clone());
    // Many results take a while, and this runtime has one thread.
    let made = tokio::task::spawn_blocking(move || (recipe.make)(&id, results)).await;
    made.unwrap_or_else(|error| Err(CallError::JobFailed { reason: error.to_string() }))
}

fn supply(downstream: &Weak<JobState>, inputs: Supply) {
    if !inputs.is_empty()
        && let Some(job) = downstream.upgrade()
    {
        job.executor().supply(job.id(), inputs);
    }
}

struct Feeder {
    /// Results taken so far, of how many.
    fed: usize,
    total: usize,
    groups: Groups,
    /// For each result, the call it goes to; for each call, results it still needs.
    call_of: Vec<u32>,
    missing: Vec<usize>,
}

impl Feeder {
    fn new(job: &JobState, groups: Groups) -> Self {
        let total = job.len() as usize;
        let (mut call_of, mut missing) = (Vec::new(), Vec::new());
        if let Groups::Lists(lists) = &groups {
            call_of = vec![u32::MAX; total];
            missing = lists.iter().map(Vec::len).collect();
            for (call, list) in (0u32..).zip(lists) {
                for index in list {
                    call_of[*index as usize] = call;
                }
            }
        }
        Self { fed: 0, total, groups, call_of, missing }
    }

    /// Calls whose list of results is empty can run at once.
    fn without_arguments(&self) -> Supply {
        let empty = (0u32..).zip(&self.missing).filter(|(_, missing)| **missing == 0);
        empty.map(|(call, _)| (call, Ok(Input::Many(Vec::new())))).collect()
    }

    /// The argument that result `index` completes, if it does.
    fn argument(&mut self, job: &JobState, index: u32) -> Option<crate::ports::SuppliedCall> {
        match &self.groups {
            Groups::Each => Some((index, job.as_input(index)?.map(Input::One))),
            Groups::All(_) => None,
            Groups::Lists(lists) => {
                let call = self.call_of[index as usize];
                let missing =
                    self.missing.get_mut(call as usize).filter(|missing| **missing > 0)?;
                // A list that lacks one result will never be whole: its call ends now.
                if let Err(cause) = job.as_input(index)? {
                    *missing = 0;
                    return Some((call, Err(cause)));
                }
                *missing -= 1;
                if *missing > 0 {
                    return None;
                }
                let list = &lists[call as usize];
                let results = list.iter().filter_map(|index| job.as_input(*index));
                Some((call, gather(results)))
            }
        }
    }
}
