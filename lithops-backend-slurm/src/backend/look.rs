//! Looking after the tasks of a job.

use lithops_core::ports::ComputeError;
use lithops_core::wire::JobId;

use super::inner::Inner;
use crate::home::Home;
use crate::jobs::Untold;
use crate::login::{CommandError, Login, quote};
use crate::queue::{self, Sight};
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
        let sights = match sights(login, &open).await {
            Ok(sights) => sights,
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
        self.doubt();
        Ok(())
    }

    /// The ends of the logs of tasks, in their order; empty where there is none.
    async fn logs(&self, login: &Login, tasks: &[Untold]) -> Vec<String> {
        let Some(home) = self.home().await else { return Vec::new() };
        let logs: Vec<String> = tasks.iter().map(|task| home.log(&task.name, task.task)).collect();
        read(login, &logs).await
    }

    /// The end of the log of one task; empty if there is none.
    pub(crate) async fn log(&self, home: &Home, array: &str, task: u32) -> String {
        let Ok(login) = self.login() else { return String::new() };
        read(login, &[home.log(array, task)]).await.pop().unwrap_or_default()
    }
}

/// What Slurm says of the tasks of array jobs; nothing of those that it does not know any more.
pub(crate) async fn sights(login: &Login, arrays: &[u64]) -> Result<Vec<Sight>, CommandError> {
    match login.ask(&queue::question(arrays)).await {
        Ok(said) => Ok(queue::read(&said)),
        Err(CommandError::Failed { said, .. }) if queue::knows_none(&said) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The ends of files, in their order; empty where there is none.
async fn read(login: &Login, files: &[String]) -> Vec<String> {
    let words: Vec<String> = files.iter().map(|file| quote(file)).collect();
    let line = format!(
        "for file in {}; do tail -c {TAIL} \"$file\" 2>/dev/null; printf '\\036'; done",
        words.join(" ")
    );
    match login.ask(&line).await {
        Ok(said) => said.split(END).take(files.len()).map(str::to_owned).collect(),
        Err(error) => {
            tracing::debug!(%error, "logs of tasks can't be read");
            Vec::new()
        }
    }
}
