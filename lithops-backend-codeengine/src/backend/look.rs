//! Looking after the runs of a job.

use std::time::Duration;

use lithops_core::ports::ComputeError;
use lithops_core::wire::JobId;

use super::STOP;
use super::inner::{Deployment, Inner};
use crate::deploy::find_project;
use crate::refused::from_api;
use crate::resource::Run;
use crate::{clean, name};

/// How long a look at a run may take. The next comes soon, and outcomes wait for it meanwhile.
const LOOK: Duration = Duration::from_secs(10);

impl Inner {
    /// Asks about those runs of a job of which something may be new.
    ///
    /// # Errors
    /// The first, unless it has gone on for so long that workers are given up for it.
    pub(super) async fn look(
        &self,
        job: &JobId,
        operation: &'static str,
    ) -> Result<(), ComputeError> {
        let open = self.jobs.open(job);
        let (Some(project), false) = (self.project(), open.is_empty()) else { return Ok(()) };
        let client = self.client()?;
        let asked = open.into_iter().map(|name| {
            let request = project.get_run(&name);
            async move { (name, client.ask_within::<Run>(LOOK, &request).await) }
        });
        let terms = self.terms();
        let mut failed = Ok(());
        for (name, answer) in futures::future::join_all(asked).await {
            match answer {
                Ok(run) => self.jobs.note(job, &name, Some(&run)),
                Err(error) if error.status() == Some(404) => self.jobs.note(job, &name, None),
                Err(error) => {
                    let given_up = self.jobs.note_silence(job, &name, &error.to_string(), &terms);
                    if !given_up && failed.is_ok() {
                        failed = Err(from_api(operation, error));
                    }
                }
            }
        }
        failed
    }

    /// Removes the runs of a job that another process has started.
    pub(super) async fn remove_runs_of(&self, job: &JobId) -> Result<usize, ComputeError> {
        let client = self.client()?;
        let project = match self.project() {
            Some(project) => Some(project),
            // The job ends because of that; another failure would tell nothing.
            None if matches!(*self.deployed.lock().await, Deployment::Failed) => return Ok(0),
            None => find_project(client, &self.config).await?,
        };
        let Some(project) = project else { return Ok(0) };
        let removed = clean::runs(client, &project, &name::runs(job)).await;
        removed.map_err(|error| from_api(STOP, error))
    }
}
