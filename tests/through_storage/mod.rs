//! An executor whose jobs all go through storage.

use std::sync::Arc;

use async_trait::async_trait;
use lithops::{
    Capability, Executor, FunctionExecutor, JobId, JobObserver, StorageBackend, StoredObject,
};
use lithops_core::plan::{JobOptions, PlannedJob, Transport};
use lithops_core::ports::{SubmittedJob, Supply, TakeUp};

/// Sends every job through storage: what a backend without a link does.
pub(crate) struct ThroughStorage(pub(crate) FunctionExecutor);

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Executor for ThroughStorage {
    fn capability(&self) -> Capability {
        self.0.capability()
    }

    fn job_options(&self) -> JobOptions {
        self.0.job_options()
    }

    fn submit(&self, mut job: PlannedJob) -> lithops::Result<SubmittedJob> {
        job.options.transport = Transport::Storage;
        self.0.submit(job)
    }

    async fn take_up(&self, wanted: &TakeUp) -> lithops::Result<SubmittedJob> {
        self.0.take_up(wanted).await
    }

    fn supply(&self, job: &JobId, inputs: Supply) {
        self.0.supply(job, inputs);
    }

    fn cancel(&self, job: &JobId) {
        self.0.cancel(job);
    }

    fn release(&self, job: &JobId) {
        self.0.release(job);
    }

    fn keep(&self, job: &JobId) {
        self.0.keep(job);
    }

    async fn shutdown(&self) {
        self.0.shutdown().await;
    }

    fn storage(&self) -> Arc<dyn StorageBackend> {
        self.0.storage()
    }

    fn lend(&self, object: &StoredObject) -> bool {
        self.0.lend(object)
    }

    fn observer(&self) -> Option<Arc<dyn JobObserver>> {
        self.0.observer()
    }

    fn handle(&self) -> Arc<dyn Executor> {
        Arc::new(Self(self.0.clone()))
    }
}
