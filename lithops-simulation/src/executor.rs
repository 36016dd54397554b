//! The executor of a simulation: the real one, watched.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lithops_core::error::Error;
use lithops_core::plan::{JobOptions, PlannedJob};
use lithops_core::ports::{
    Capability, Executor, JobEvent, JobEvents, JobObserver, StorageBackend, SubmittedJob, Supply,
    TakeUp,
};
use lithops_core::run::{Engine, EngineSettings};
use lithops_core::wire::{JobId, StoredObject};
use tokio::sync::mpsc;

use crate::client::{Client, ClientBackend, ClientStorage};
use crate::faults::Span;
use crate::platform::SimulatedPlatform;
use crate::scene::Scene;
use crate::tally::Tally;

/// The executor of a simulation: the library's own over a simulated platform, watched in what it
/// promises and keeps. Cheap to clone; clones are the same executor.
#[derive(Clone, Debug)]
pub struct SimulatedExecutor {
    engine: Engine,
    client: Client,
    ground: Ground,
}

/// What all clients of a simulation share.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    pub(crate) scene: Arc<Scene>,
    pub(crate) platform: Arc<SimulatedPlatform>,
    pub(crate) storage: Arc<dyn StorageBackend>,
    pub(crate) settings: EngineSettings,
}

impl SimulatedExecutor {
    pub(crate) fn on(ground: &Ground) -> Self {
        let Ground { scene, platform, storage, settings } = ground.clone();
        let client = Client::new(scene);
        let backend = ClientBackend { client: client.clone(), inner: platform };
        let storage = ClientStorage { client: client.clone(), inner: storage };
        let engine = Engine::new(Arc::new(backend), Arc::new(storage), settings, None);
        Self { engine, client, ground: ground.clone() }
    }

    /// Kills this client at once, as `kill -9` would, and gives another one over the same platform and
    /// storage. It knows of no job until it [attaches](lithops_core::api::ExecutorExt::attach_id).
    ///
    /// Nothing that this executor does is seen by anybody from then on, and its futures never end. What
    /// its jobs made stays until another client takes them up and releases them.
    pub fn kill(&self) -> Self {
        self.scene().fault(format_args!("the client is killed"));
        self.client.kill();
        self.ground.platform.client_is_killed();
        self.scene().tally(Tally::client_is_killed);
        Self::on(&self.ground)
    }

    /// A length of time within `span` that the simulation's seed draws: for a scenario that does
    /// something at any moment.
    pub fn draw(&self, span: Span) -> Duration {
        self.scene().between(span)
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.client.is_killed()
    }

    fn scene(&self) -> &Arc<Scene> {
        self.client.scene()
    }

    fn watch(&self, submitted: SubmittedJob) -> SubmittedJob {
        let (forward, events) = mpsc::unbounded_channel();
        let (client, job) = (self.client.clone(), submitted.id.clone());
        lithops_core::run::runtime().spawn(watch(client, job, submitted.events, forward));
        SubmittedJob { events, ..submitted }
    }
}

/// Tallies the outcomes of a job and passes them on, also when nobody listens any more.
async fn watch(
    client: Client,
    job: JobId,
    mut events: JobEvents,
    forward: mpsc::UnboundedSender<JobEvent>,
) {
    let scene = client.scene();
    while let Some(event) = events.recv().await {
        if client.is_killed() {
            return std::future::pending().await;
        }
        if let JobEvent::Hedged(hedged) = &event {
            scene.tally(|tally| tally.hedged(&job, *hedged));
        }
        if let JobEvent::Settled(settled) = &event {
            for settled in settled {
                let report = &settled.report;
                let outcome =
                    report.outcome.as_ref().map_or_else(|cause| cause.kind(), |_| "a value");
                let what =
                    format_args!("{job}: call {}.{} ends: {outcome}", report.index, report.attempt);
                scene.note(what);
                scene.tally(|tally| tally.settle(&job, settled));
            }
        }
        forward.send(event).ok();
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Executor for SimulatedExecutor {
    fn capability(&self) -> Capability {
        self.engine.capability()
    }

    fn job_options(&self) -> JobOptions {
        self.engine.job_options()
    }

    fn submit(&self, job: PlannedJob) -> Result<SubmittedJob, Error> {
        let policy = job.options.retry;
        let submitted = self.engine.submit(job)?;
        let (id, calls) = (submitted.id.clone(), submitted.calls);
        self.scene().note(format_args!("{id} is submitted: {calls} calls"));
        self.scene().tally(|tally| tally.promise(id, calls, policy));
        Ok(self.watch(submitted))
    }

    async fn take_up(&self, wanted: &TakeUp) -> Result<SubmittedJob, Error> {
        let submitted = self.engine.take_up(wanted).await?;
        let (id, calls) = (submitted.id.clone(), submitted.calls);
        self.scene().note(format_args!("{id} is taken up"));
        self.scene().tally(|tally| tally.take_up(&id, calls));
        Ok(self.watch(submitted))
    }

    fn supply(&self, job: &JobId, inputs: Supply) {
        self.engine.supply(job, inputs);
    }

    fn cancel(&self, job: &JobId) {
        self.scene().note(format_args!("{job} is cancelled"));
        self.scene().tally(|tally| tally.stop(job));
        self.engine.cancel(job);
    }

    fn release(&self, job: &JobId) {
        self.scene().note(format_args!("{job} is released"));
        self.scene().tally(|tally| tally.stop(job));
        self.engine.release(job);
    }

    fn keep(&self, job: &JobId) {
        self.engine.keep(job);
    }

    async fn shutdown(&self) {
        self.scene().note(format_args!("the executor shuts down"));
        self.scene().tally(Tally::stop_all);
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
        Arc::new(self.clone())
    }
}
