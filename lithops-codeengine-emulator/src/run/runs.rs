//! All runs of an emulator.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::DropGuard;

use super::shared::Shared;
use super::{References, RunFaultKind, RunFaults, RunId, RunOrder, RunView};
use crate::instance::Platform;
use crate::{Clock, InstanceCounts, InstanceQuota};

/// How long instances may take to end.
const SHUTDOWN: Duration = Duration::from_secs(30);

/// What runs are made with.
#[derive(Debug)]
pub struct RunsSetup {
    /// Where instances execute.
    pub platform: Arc<dyn Platform>,
    /// Where config maps, secrets and tokens are looked up.
    pub references: Arc<dyn References>,
    /// The time.
    pub clock: Clock,
    /// What each project's instances may take.
    pub quota: InstanceQuota,
    /// What the documentation leaves open.
    pub rules: Rules,
    /// What the order of starts is drawn from.
    pub seed: u64,
}

/// What the documentation of Code Engine leaves open about runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long an index waits between two of its instances. No pause by default.
    pub retry_pause: Duration,
    /// How long an index of a daemon does. A second by default.
    pub daemon_pause: Duration,
    /// Whether an index whose image can't be pulled fails. By default it waits, and the image is
    /// asked for again, after ten seconds first and up to five minutes later.
    pub image_pull_fails: bool,
    /// How long a run is kept after its end. Seven days by default.
    pub kept: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            retry_pause: Duration::ZERO,
            daemon_pause: Duration::from_secs(1),
            image_pull_fails: false,
            kept: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

/// There is a run of this name already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the project has a run named `{}` already", .0.name)]
pub struct AlreadyThere(pub RunId);

/// Names and values of environment variables.
pub type Variables = BTreeSet<(String, String)>;

/// All runs of an emulator. Clones are one; with the last of them, all instances are killed.
#[derive(Clone, Debug)]
pub struct Runs {
    shared: Arc<Shared>,
    _end: Arc<DropGuard>,
}

impl Runs {
    /// No runs yet. Must be called within a tokio runtime, as all that runs do happens there.
    pub fn new(setup: RunsSetup) -> Self {
        let shared = Shared::new(setup);
        let end = Arc::new(shared.stop.clone().drop_guard());
        Self { shared, _end: end }
    }

    /// Takes a run on. Its instances start as there is room for them.
    ///
    /// # Errors
    /// [`AlreadyThere`] if the project has one of this name.
    pub fn create(&self, order: RunOrder) -> Result<(), AlreadyThere> {
        let mut state = self.shared.state();
        if state.names.contains_key(&order.id) {
            return Err(AlreadyThere(order.id));
        }
        let project = order.id.project.clone();
        state.add(order, self.shared.stop.child_token());
        self.shared.pump(&mut state, &project);
        Ok(())
    }

    /// How a run is; `None` if there is none, also because it ended long ago.
    pub fn view(&self, id: &RunId) -> Option<RunView> {
        let (number, mut view) = {
            let state = self.shared.state();
            let (number, run) = state.find(id)?;
            (number, run.machine.view())
        };
        let strikes = |kind: RunFaultKind| {
            let run = (number, id.name.as_str());
            self.faults().strike(run, None, |other| other.is(&kind)).is_some()
        };
        if strikes(RunFaultKind::NoStatusDetails) {
            view.status_details = None;
        }
        if let Some(details) = &mut view.status_details
            && strikes(RunFaultKind::NoIndicesDetails)
        {
            details.indices_details = None;
        }
        Some(view)
    }

    /// Removes a run and kills its instances; gives whether there was one. Their room is free once
    /// they are gone.
    pub fn delete(&self, id: &RunId) -> bool {
        let number = self.shared.state().names.get(id).copied();
        number.is_some_and(|number| self.shared.remove(number))
    }

    /// The runs of a project, by name.
    pub fn list(&self, project: &str) -> Vec<RunId> {
        let state = self.shared.state();
        state.names.keys().filter(|id| id.project == project).cloned().collect()
    }

    /// What the instances of a project take of its quota.
    pub fn instances_of(&self, project: &str) -> InstanceCounts {
        self.shared.state().queue.counts(project)
    }

    /// What the instances of an index have printed, the latest last; the beginning is left out if it
    /// is much. Lines of the emulator itself begin with `[emulator]`.
    pub fn log(&self, id: &RunId, index: u64) -> Option<String> {
        let log = self.shared.state().find(id)?.1.logs.get(&index)?.clone();
        Some(log.text())
    }

    /// All variables that instances of each run were given, each value once.
    pub fn environments(&self) -> Vec<(RunId, Variables)> {
        let state = self.shared.state();
        let runs =
            state.names.iter().filter_map(|(id, number)| Some((id, state.runs.get(number)?)));
        runs.map(|(id, run)| (id.clone(), run.given.clone())).collect()
    }

    /// The faults that runs suffer.
    pub fn faults(&self) -> &RunFaults {
        &self.shared.faults
    }

    /// The time by which runs go.
    pub fn clock(&self) -> &Clock {
        &self.shared.setup.clock
    }

    /// Kills all instances, and waits until they are gone, half a minute at most. Nothing is started
    /// any more.
    pub async fn shutdown(&self) {
        self.shared.state().closed = true;
        self.shared.stop.cancel();
        self.shared.tasks.close();
        if tokio::time::timeout(SHUTDOWN, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!(left = self.shared.tasks.len(), "instances do not end");
        }
        self.shared.setup.platform.shutdown().await;
    }
}
