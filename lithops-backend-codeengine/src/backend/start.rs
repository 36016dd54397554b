//! Starting the workers of a launch: all of them, or none.

use lithops_core::ports::{ComputeError, ComputeErrorKind, Launch};
use lithops_worker::passed_init;

use super::START;
use super::inner::Inner;
use crate::clean::{self, Keep};
use crate::client::{Client, Created};
use crate::deploy::{Deployed, create_with_room};
use crate::error::ApiError;
use crate::jobs::{Forgotten, Mark};
use crate::launch::{Planned, check_environment, plan};
use crate::refused::{error, from_api};

impl Inner {
    /// Starts all runs of a launch, or none.
    ///
    /// If the job is forgotten meanwhile, none: `mark` was taken when they were ordered.
    pub(super) async fn start(&self, launch: &Launch, mark: Mark) -> Result<(), ComputeError> {
        check_environment(launch)?;
        let deployed = self.deployed().await?;
        match self.start_from(&deployed, launch, mark).await {
            Err(ApiError::Refused(refusal)) if refusal.status == 404 => {
                tracing::info!(%refusal, "the job definition is gone; it is made again");
                self.forget(&deployed).await;
                let deployed = self.deployed().await?;
                let started = self.start_from(&deployed, launch, mark).await;
                started.map_err(|error| from_api(START, error))?
            }
            started => started.map_err(|error| from_api(START, error))?,
        }
    }

    async fn start_from(
        &self,
        deployed: &Deployed,
        launch: &Launch,
        mark: Mark,
    ) -> Result<Result<(), ComputeError>, ApiError> {
        let planned = match plan(&self.config, deployed, launch, &self.owner, passed_init()) {
            Ok(planned) => planned,
            Err(error) => return Ok(Err(error)),
        };
        let client = match self.client() {
            Ok(client) => client,
            Err(error) => return Ok(Err(error)),
        };
        let names: Vec<String> = planned.iter().map(|run| run.ordered.name.clone()).collect();
        let ordered = planned.iter().map(|run| run.ordered.clone());
        if !self.jobs.add(&launch.job, mark, ordered) {
            return Ok(Err(cancelled()));
        }
        for (number, run) in planned.iter().enumerate() {
            let outcome = create(client, deployed, run).await;
            // The job may have been cancelled meanwhile, when the run was not there to be removed.
            let unwanted = !self.jobs.has(&launch.job, &run.ordered.name);
            if outcome.is_ok() && !unwanted {
                continue;
            }
            self.jobs.drop_runs(&launch.job, &names);
            let taken = matches!(outcome, Err(ApiError::Taken { .. }));
            let ours = if taken { number } else { number + 1 };
            let forgotten = |(place, name): (usize, &String)| {
                let unseen = place < number || outcome.is_ok();
                Forgotten { name: name.clone(), unseen }
            };
            let made: Vec<_> = names[..ours].iter().enumerate().map(forgotten).collect();
            if let Err(left) = clean::stop(client, &deployed.project, &made).await {
                tracing::warn!(error = %left.error, runs = ?left.runs, "job runs could not be removed");
                self.jobs.keep(left.runs);
            }
            outcome?;
            return Ok(Err(cancelled()));
        }
        Ok(Ok(()))
    }
}

fn cancelled() -> ComputeError {
    error(ComputeErrorKind::Start, START, "the job was cancelled")
}

/// Starts one run.
async fn create(client: &Client, deployed: &Deployed, run: &Planned) -> Result<(), ApiError> {
    let project = &deployed.project;
    let keep = Keep { definition: Some(deployed.definition.as_str()), secrets: &[] };
    let creation = project.create_run(&run.body);
    match create_with_room(client, project, keep, &creation).await? {
        Created::Now => Ok(()),
        Created::Before => {
            let (operation, name) = (creation.create.operation, run.ordered.name.clone());
            Err(ApiError::Taken { operation, name })
        }
    }
}
