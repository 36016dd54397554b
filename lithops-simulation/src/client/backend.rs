//! The platform as a client has it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use lithops_core::ports::{
    Capability, CleanScope, ComputeBackend, ComputeError, Finding, Launch, Leftover, Link,
    StorageBackend, WorkerStatus,
};
use lithops_core::wire::{JobId, StoredObject};

use super::Client;
use crate::platform::SimulatedPlatform;

/// The platform as a client has it. Links are the client's own: they end with it by themselves.
#[derive(Debug)]
pub(crate) struct ClientBackend {
    pub(crate) client: Client,
    pub(crate) inner: Arc<SimulatedPlatform>,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ComputeBackend for ClientBackend {
    fn capability(&self) -> Capability {
        self.inner.capability()
    }

    fn link(&self) -> Option<&dyn Link> {
        self.inner.link()
    }

    fn lend(&self, storage: &Arc<dyn StorageBackend>) -> bool {
        self.inner.lend(storage)
    }

    fn lend_object(&self, object: &StoredObject) -> bool {
        self.inner.lend_object(object)
    }

    fn program(&self) -> Option<&Path> {
        self.inner.program()
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        self.client.ask(self.inner.deploy()).await
    }

    async fn start(&self, launch: Launch) -> Result<(), ComputeError> {
        self.client.ask(self.inner.start(launch)).await
    }

    async fn status(&self, job: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        self.client.ask(self.inner.status(job)).await
    }

    async fn instance_seconds(&self, job: &JobId) -> Result<Option<f64>, ComputeError> {
        self.client.ask(self.inner.instance_seconds(job)).await
    }

    async fn cancel(&self, job: &JobId) -> Result<(), ComputeError> {
        self.client.ask(self.inner.cancel(job)).await
    }

    async fn shutdown(&self) {
        self.client.ask(self.inner.shutdown()).await;
    }

    async fn examine(&self) -> Vec<Finding> {
        self.client.ask(self.inner.examine()).await
    }

    async fn leftovers(&self, scope: &CleanScope) -> Result<Vec<Leftover>, ComputeError> {
        self.client.ask(self.inner.leftovers(scope)).await
    }

    async fn clean(&self, scope: CleanScope) -> Result<usize, ComputeError> {
        self.client.ask(self.inner.clean(scope)).await
    }
}
