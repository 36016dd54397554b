//! A backend with one agent of this machine, which has room for every worker.

use std::sync::Arc;

use async_trait::async_trait;
use lithops_agents::{Agent, AgentLane, Claim, Worker};
use lithops_core::ports::{
    Capability, CleanScope, ComputeBackend, ComputeError, ComputeErrorKind, Isolation, Lane,
    LaneSink, Launch, Link, WorkerProfile, WorkerStatus,
};
use lithops_core::wire::{JobId, WorkerTask};

use super::place::{Place, Process};

/// Calls go through links alone.
#[derive(Debug)]
pub(crate) struct OverTcp {
    place: Place,
    agent: Arc<Agent>,
    _process: Process,
}

impl OverTcp {
    pub(crate) async fn start() -> Self {
        let place = Place::new().await;
        let (agent, process) = place.agent().await;
        Self { place, agent, _process: process }
    }
}

#[async_trait]
impl ComputeBackend for OverTcp {
    fn capability(&self) -> Capability {
        Capability {
            backend: "over tcp",
            max_workers: 2,
            slots: 1,
            isolation: Isolation::Process,
            on_this_machine: true,
            memory_limit: true,
            environment: true,
            captures_output: true,
            max_duration: None,
            billing: None,
        }
    }

    fn link(&self) -> Option<&dyn Link> {
        Some(self)
    }

    async fn deploy(&self) -> Result<String, ComputeError> {
        Ok("this program".to_owned())
    }

    async fn start(&self, _: Launch) -> Result<(), ComputeError> {
        unreachable!("there is a link")
    }

    async fn status(&self, _: &JobId) -> Result<Vec<WorkerStatus>, ComputeError> {
        Ok(Vec::new())
    }

    async fn cancel(&self, _: &JobId) -> Result<(), ComputeError> {
        Ok(())
    }

    async fn clean(&self, _: CleanScope) -> Result<usize, ComputeError> {
        Ok(0)
    }

    async fn shutdown(&self) {
        self.agent.hang_up();
        self.agent.ended().await;
    }
}

#[async_trait]
impl Link for OverTcp {
    async fn open(
        &self,
        profile: &WorkerProfile,
        sink: LaneSink,
    ) -> Result<Box<dyn Lane>, ComputeError> {
        let claim = Claim::new(|| {});
        let switchboard = &self.place.switchboard;
        let worker = Worker::start(&self.agent, switchboard, WorkerTask::Link, profile, claim);
        let worker = worker.map_err(|error| {
            ComputeError::because("over tcp", ComputeErrorKind::Start, "start a worker", error)
        })?;
        Ok(Box::new(AgentLane::open(worker, sink)))
    }
}
