//! Starting the workers of a launch: all of them, or none.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use lithops_core::ports::{ComputeError, ComputeErrorKind, Launch};
use lithops_worker::{
    ENTRY_VARIABLE, MEMORY_VARIABLE, ORDER_VARIABLE, SLOTS_VARIABLE, WORKER_VARIABLE, passed_init,
};

use super::START;
use super::inner::Inner;
use crate::array::parts;
use crate::clean::{Found, stop_or_tell};
use crate::home::{Home, put};
use crate::jobs::{Mark, Ordered};
use crate::login::{ANSWER, Login};
use crate::name;
use crate::refused::{error, from_command};
use crate::script::{Batch, Private, check, exports};

/// The variable by which the first process of a task knows its number in the launch.
const INDEX_VARIABLE: &str = "JOB_INDEX";

impl Inner {
    /// Submits the array jobs of a launch.
    ///
    /// If the job is forgotten meanwhile, there are none: `mark` was taken when they were ordered.
    pub(super) async fn start(
        self: &Arc<Self>,
        launch: &Launch,
        mark: Mark,
    ) -> Result<(), ComputeError> {
        let profile = &launch.profile;
        check(&self.config, &profile.environment, profile.memory, START)?;
        let _submitting = self.submitting.read().await;
        let home = self.deployed().await?;
        let login = self.login()?;
        let slots = if launch.alone { 1 } else { self.config.slots.max(1) };
        let slots = u32::try_from(slots).unwrap_or(u32::MAX);
        let private = private(login, &home, launch).await?;
        let mut submitted: Vec<Ordered> = Vec::new();
        let cut = parts(launch.workers.div_ceil(slots), home.cluster.max_array);
        for (number, part) in cut.into_iter().enumerate() {
            let batch = Batch {
                name: name::array(&launch.job, launch.order.wave, number),
                owner: self.owner.clone(),
                part,
                slots,
                worker_memory: profile.memory,
                environment: environment(launch, slots),
                private: private.clone(),
                number: (INDEX_VARIABLE, u64::from(part.first)),
            };
            let outcome = if self.jobs.wants(&launch.job, mark) {
                self.submit(login, &home, &batch).await
            } else {
                Err(cancelled())
            };
            match outcome {
                Ok(id) => submitted.push(Ordered {
                    id,
                    name: batch.name,
                    wave: launch.order.wave,
                    workers: launch.workers,
                    slots,
                    part,
                }),
                Err(error) => {
                    take_back(login, &submitted).await;
                    return Err(error);
                }
            }
        }
        if self.jobs.add(&launch.job, mark, submitted.iter().cloned()) {
            return Ok(());
        }
        take_back(login, &submitted).await;
        Err(cancelled())
    }

    /// Submits one array job; gives Slurm's number for it.
    ///
    /// # Errors
    /// [`ComputeError`]; then there is none.
    pub(crate) async fn submit(
        &self,
        login: &Login,
        home: &Home,
        batch: &Batch,
    ) -> Result<u64, ComputeError> {
        let script = Bytes::from(batch.script(&self.config, home));
        let submission = batch.submission(&self.config, home);
        match login.run(&submission, script, ANSWER).await {
            Ok(said) => number(&said).ok_or_else(|| {
                let message = format!("`sbatch` gives no number of a job: {said}");
                error(ComputeErrorKind::Start, START, message)
            }),
            Err(source) => {
                if source.is_uncertain() {
                    // It may have been taken, by a name that nothing else has.
                    match Found::look(login, &self.config, false).await {
                        Ok(found) => {
                            let ids = found.called(&batch.name).jobs.into_iter().map(|job| job.id);
                            stop_or_tell(login, &ids.collect::<Vec<_>>()).await;
                        }
                        Err(left) => {
                            tracing::warn!(error = %left, name = batch.name, "it may be left")
                        }
                    }
                }
                Err(from_command(START, source))
            }
        }
    }
}

/// What `sbatch --parsable` prints: `12`, or `12;cluster`.
fn number(said: &str) -> Option<u64> {
    said.lines().rev().find_map(|line| line.split(';').next()?.trim().parse().ok())
}

/// Brings what the job's user tells its workers to the executor's own folder.
async fn private(
    login: &Login,
    home: &Home,
    launch: &Launch,
) -> Result<Option<Private>, ComputeError> {
    const BRING: &str = "bring variables to the cluster";
    let variables = &launch.profile.environment;
    if variables.is_empty() {
        return Ok(None);
    }
    let wave = launch.order.wave;
    let file = format!("{}/{}{wave}.env", home.own, name::arrays_of(&launch.job));
    put(login, &file, &home.own, "600", Bytes::from(exports(variables)), BRING).await?;
    Ok(Some(Private { file, names: variables.keys().cloned().collect() }))
}

/// What the first process of a task is told.
fn environment(launch: &Launch, slots: u32) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::new();
    let entry = if passed_init() { "main" } else { "constructor" };
    let ours = [
        (WORKER_VARIABLE, "array".to_owned()),
        (ENTRY_VARIABLE, entry.to_owned()),
        (ORDER_VARIABLE, launch.order.to_text()),
        (SLOTS_VARIABLE, slots.to_string()),
    ];
    environment.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    if let Some(memory) = launch.profile.memory {
        environment.insert(MEMORY_VARIABLE.to_owned(), memory.to_string());
    }
    environment
}

/// Cancels what was submitted of a launch that is not to be.
async fn take_back(login: &Login, submitted: &[Ordered]) {
    let ids: Vec<u64> = submitted.iter().map(|array| array.id).collect();
    stop_or_tell(login, &ids).await;
}

fn cancelled() -> ComputeError {
    error(ComputeErrorKind::Start, START, "the job was cancelled")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_job_is_read_whatever_a_profile_prints_before_it() {
        assert_eq!(number("12\n"), Some(12));
        assert_eq!(number("Welcome!\n12;cluster\n"), Some(12));
        assert_eq!(number("Welcome!\n"), None);
    }
}
