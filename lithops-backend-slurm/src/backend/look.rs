//! Looking after the tasks of a job.

use lithops_core::ports::ComputeError;
use lithops_core::wire::JobId;

use super::inner::Inner;
use crate::jobs::Untold;
use crate::login::{CommandError, Login, quote};
use crate::queue;
use crate::refused::from_command;

/// How much of the end of a log is told, in bytes.
const TAIL: usize = 1000;
/// Stands after each log.
const END: char = '\u{1e}';

impl Inner {
    /// Asks about those array jobs of a job of which something may be new.
    ///
    /// # Errors
    /// If Slurm can't be asked, unless that has gone on for so long that workers are given up for it.
    pub(super) async fn look(
        &self,
        job: &JobId,
        operation: &'static str,
    ) -> Result<(), ComputeError> {
        let open = self.jobs.open(job);
        if open.is_empty() {
            return Ok(());
        }
        let login = self.login()?;
        let sights = match login.ask(&queue::question(&open)).await {
            Ok(said) => queue::read(&said),
            Err(CommandError::Failed { said, .. }) if queue::knows_none(&said) => Vec::new(),
            Err(error) => {
                let given_up = self.jobs.note_silence(job, &error.to_string(), &self.bounds());
                return if given_up { Ok(()) } else { Err(from_command(operation, error)) };
            }
        };
        let untold = self.jobs.note(job, &open, &sights);
        if untold.is_empty() {
            return Ok(());
        }
        for (task, said) in untold.iter().zip(self.logs(login, &untold).await) {
            self.jobs.tell(job, task, &said);
        }
        // They may have failed because somebody has removed the program.
        self.forget_home().await;
        Ok(())
    }

    /// The ends of the logs of tasks, in their order; empty where there is none.
    async fn logs(&self, login: &Login, tasks: &[Untold]) -> Vec<String> {
        let Some(home) = self.home().await else { return Vec::new() };
        let logs = tasks.iter().map(|task| quote(&home.log(&task.name, task.task)));
        let logs: Vec<String> = logs.collect();
        let line = format!(
            "for log in {}; do tail -c {TAIL} \"$log\" 2>/dev/null; printf '\\036'; done",
            logs.join(" ")
        );
        match login.ask(&line).await {
            Ok(said) => said.split(END).map(str::to_owned).collect(),
            Err(error) => {
                tracing::debug!(%error, "logs of tasks can't be read");
                Vec::new()
            }
        }
    }
}
