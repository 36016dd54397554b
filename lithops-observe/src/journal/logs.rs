//! Reading what a job's calls have written.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::follow::Lines;
use super::line::LogLine;
use super::{Entry, Journal, JournalError, folder};

/// Reads what a job's calls have written, from the first on.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    lines: Option<Lines>,
}

impl Journal {
    /// What the calls of a job have written.
    pub fn logs(&self, job: &Entry) -> LogReader {
        let path = folder::path(self.folder(), job.job().as_str(), folder::LOGS);
        LogReader { path, lines: None }
    }
}

impl LogReader {
    /// What has come since the last time; nothing if nothing has. Does not wait. A call's text comes
    /// when the call has ended.
    ///
    /// # Errors
    /// [`JournalError`] if the file can't be read. Calls that have written nothing have no file.
    pub fn lines(&mut self) -> Result<Vec<LogLine>, JournalError> {
        let lines = match &mut self.lines {
            Some(lines) => lines,
            none => match Lines::open(self.path.clone()) {
                Ok(lines) => none.insert(lines),
                Err(JournalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                    return Ok(Vec::new());
                }
                Err(error) => return Err(error),
            },
        };
        let path = &self.path;
        lines.next_lines()?.into_iter().map(|line| line.parsed(path)).collect()
    }
}
