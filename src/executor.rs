//! The executor that users make.

use std::sync::Arc;

use async_trait::async_trait;
use lithops_core::plan::{JobOptions, PlannedJob};
use lithops_core::ports::{
    Capability, Executor, JobObserver, StorageBackend, SubmittedJob, Supply, TakeUp,
};
use lithops_core::run::{Engine, StoredJob};
use lithops_core::wire::{JobId, StoredObject};

use crate::{Builder, Cleaning, Config, ConfigError, Error, Finding, Leftover, Result};

/// Runs functions on the configured backend. Cheap to clone; clones are the same executor.
///
/// Workers are started by the first job, kept warm for the next ones, and end when the last clone
/// and the last handle of its jobs are dropped.
///
/// Inside a call, an executor made from the configuration is one that all calls of the worker share:
/// it runs nested calls on threads of the worker, and never waits for a worker that waits for it.
#[derive(Clone, Debug)]
pub struct FunctionExecutor {
    engine: Engine,
}

impl FunctionExecutor {
    /// An executor as configured.
    ///
    /// The file is the one that `LITHOPS_CONFIG` names, else `./lithops.toml`, else
    /// `lithops/lithops.toml` in the user's configuration folder; no file at all means worker
    /// processes on this machine. See [`lithops_core::config`] for its keys.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting that can't be used.
    pub async fn from_config() -> Result<Self> {
        Builder::from_config()?.build().await
    }

    /// An executor to be set up in code, on top of the defaults: no file and no environment is read.
    /// [`Builder::from_config`] starts from those.
    pub fn builder() -> Builder {
        Builder::new(Config::default())
    }

    /// An executor over `workers` worker processes.
    ///
    /// # Errors
    /// [`Error::Config`] if `workers` is 0, or the build has no such backend.
    pub async fn processes(workers: usize) -> Result<Self> {
        Self::builder().backend("processes").workers(workers).build().await
    }

    /// An executor over `workers` threads.
    ///
    /// # Errors
    /// [`Error::Config`] if `workers` is 0, or the build has no such backend.
    pub async fn threads(workers: usize) -> Result<Self> {
        Self::builder().backend("threads").workers(workers).build().await
    }

    /// Makes sure that workers can be started, ahead of the first job: that the runtime is there and
    /// has the program. Gives the name of the runtime.
    ///
    /// # Errors
    /// [`Error::Compute`] with what is missing and how to mend it.
    pub async fn deploy(&self) -> Result<String> {
        self.engine.deploy().await
    }

    /// Tries what jobs need: the storage, and what the backend's platform has to be like. Starts no
    /// worker, changes nothing, and is done within two minutes.
    ///
    /// ```
    /// # use lithops::prelude::*;
    /// # lithops::block_on(async {
    /// let exec = FunctionExecutor::threads(1).await?;
    /// assert!(exec.examine().await.iter().all(|finding| finding.verdict.is_ok()));
    /// # Ok::<(), Error>(()) }).unwrap();
    /// ```
    pub async fn examine(&self) -> Vec<Finding> {
        self.engine.examine().await
    }

    /// Finds what [`clean`](Self::clean) would remove, on the backend's platform and in the storage.
    ///
    /// ```
    /// # use lithops::prelude::*;
    /// # lithops::block_on(async {
    /// use lithops::Cleaning;
    ///
    /// let exec = FunctionExecutor::threads(1).await?;
    /// assert_eq!(exec.leftovers(&Cleaning::default()).await?, []);
    /// # Ok::<(), Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`Error::Compute`] and [`Error::Storage`] if these can't be asked.
    pub async fn leftovers(&self, cleaning: &Cleaning) -> Result<Vec<Leftover>> {
        self.engine.leftovers(cleaning).await
    }

    /// Removes what clients have left: containers and runs, and the objects of their jobs. Gives how
    /// many things, each object counted.
    ///
    /// What is of live clients of this machine stays, unless the scope says otherwise; what
    /// [`keep`](lithops_core::ports::Executor::keep)ing a job has left for others goes when it is old.
    ///
    /// # Errors
    /// As [`leftovers`](Self::leftovers). What was removed before stays removed.
    pub async fn clean(&self, cleaning: &Cleaning) -> Result<usize> {
        self.engine.clean(cleaning).await
    }

    /// Reads what the executor's storage has of a job that another client has sent through it, before it
    /// is [taken up](lithops_core::api::ExecutorExt::attach_id); `None` if there is no such job. Changes
    /// nothing, and reads each of the job's dispatches once, with the arguments in it.
    ///
    /// # Errors
    /// [`Error::Attach`] if it was sealed with another [key](lithops_core::run::DispatchKey), or can't be
    /// read; [`Error::Storage`].
    pub async fn stored_job(&self, job: &JobId) -> Result<Option<StoredJob>> {
        self.engine.stored_job(job).await
    }

    pub(crate) fn over(engine: Engine) -> Self {
        Self { engine }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Executor for FunctionExecutor {
    fn capability(&self) -> Capability {
        self.engine.capability()
    }

    fn job_options(&self) -> JobOptions {
        self.engine.job_options()
    }

    fn submit(&self, job: PlannedJob) -> Result<SubmittedJob, Error> {
        self.engine.submit(job)
    }

    async fn take_up(&self, wanted: &TakeUp) -> Result<SubmittedJob, Error> {
        self.engine.take_up(wanted).await
    }

    fn supply(&self, job: &JobId, inputs: Supply) {
        self.engine.supply(job, inputs);
    }

    fn cancel(&self, job: &JobId) {
        self.engine.cancel(job);
    }

    fn release(&self, job: &JobId) {
        self.engine.release(job);
    }

    fn keep(&self, job: &JobId) {
        self.engine.keep(job);
    }

    async fn shutdown(&self) {
        self.engine.shutdown().await;
    }

    fn storage(&self) -> Arc<dyn StorageBackend> {
        self.engine.storage()
    }

    fn lend(&self, object: &StoredObject) -> bool {
        self.engine.lend(object)
    }

    fn observer(&self) -> Option<Arc<dyn JobObserver>> {
        self.engine.observer()
    }

    fn handle(&self) -> Arc<dyn Executor> {
        self.engine.handle()
    }
}

pub(crate) fn unknown(what: &'static str, name: &str, known: &[&str]) -> ConfigError {
    let known = known.join(", ");
    ConfigError::Unknown { what, name: name.to_owned(), known }
}
