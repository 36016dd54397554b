//! The files of one job while its client writes them.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use lithops_core::api::Progress;
use lithops_core::ports::JobWatch;
use lithops_core::wire::{CallRecord, JobRecord, Logs};

use super::line::{End, Header, Line, LogLine, Row, Tick, VERSION};
use super::{JournalError, bounds, folder};

/// The files of one job while its client writes them.
#[derive(Debug)]
pub(super) struct JobFile {
    folder: PathBuf,
    job: String,
    submitted_ns: u64,
    calls: Appended,
    logs: Option<Appended>,
    /// Calls that were written, or left out.
    seen: usize,
    omitted: u64,
    last: Option<Tick>,
}

/// A file that grows.
#[derive(Debug)]
struct Appended {
    file: File,
    path: PathBuf,
    bytes: u64,
}

impl JobFile {
    /// Begins the file of a job; makes room for it first.
    pub(super) fn begin(
        folder: &Path,
        storage: &str,
        watch: &Arc<dyn JobWatch>,
    ) -> Result<Self, JournalError> {
        folder::make(folder).map_err(JournalError::io(folder))?;
        bounds::make_room(folder)?;
        let (job, pid) = (watch.job().to_string(), std::process::id());
        let path = folder::path(folder, &job, folder::CALLS);
        let hidden = folder.join(format!(".{job}.{pid}"));
        let file = folder::create(&hidden).map_err(JournalError::io(&hidden))?;
        // Locked before anyone can see it, so that nobody takes it for a job that was lost. It may
        // be there already: this process has taken the job up from another.
        let begun = file.lock().and_then(|()| std::fs::rename(&hidden, &path));
        begun.map_err(JournalError::io(&path))?;
        let record = without_calls(watch);
        let submitted_ns = record.submitted_ns;
        let calls = Appended { file, path, bytes: 0 };
        let folder = folder.to_owned();
        let (logs, seen, omitted, last) = (None, 0, 0, None);
        let mut begun = Self { folder, job, submitted_ns, calls, logs, seen, omitted, last };
        let program = std::env::current_exe().unwrap_or_default().display().to_string();
        let storage = storage.to_owned();
        begun.calls.add(&[Line::Job(Header {
            version: VERSION,
            record,
            storage,
            program,
            pid,
        })])?;
        Ok(begun)
    }

    /// Writes what has become of the job since the last time.
    pub(super) fn go_on(&mut self, watch: &Arc<dyn JobWatch>) -> Result<(), JournalError> {
        self.add_settled(watch)?;
        let tick = Tick::of(now_ns(), self.progress(watch));
        if self.last.is_none_or(|last| !last.is_as(&tick)) {
            self.last = Some(tick);
            self.calls.add(&[Line::Tick(tick)])?;
        }
        Ok(())
    }

    /// Writes the rest, and that the job has ended.
    pub(super) fn end(mut self, watch: &Arc<dyn JobWatch>) -> Result<(), JournalError> {
        self.add_settled(watch)?;
        let tick = Tick::of(now_ns(), self.progress(watch));
        let (record, omitted) = (without_calls(watch), self.omitted);
        self.calls.add(&[Line::End(End { record, tick, omitted })])?;
        // A wish to stop it comes too late.
        std::fs::remove_file(folder::path(&self.folder, &self.job, folder::CANCEL)).ok();
        Ok(())
    }

    /// Whether another process wants the job to stop; told once.
    pub(super) fn is_to_stop(&self) -> bool {
        std::fs::remove_file(folder::path(&self.folder, &self.job, folder::CANCEL)).is_ok()
    }

    /// As far as the calls that were written say, so that no tick is ahead of them.
    fn progress(&self, watch: &Arc<dyn JobWatch>) -> Progress {
        let progress = watch.progress();
        Progress { done: self.seen, ..progress }
    }

    fn add_settled(&mut self, watch: &Arc<dyn JobWatch>) -> Result<(), JournalError> {
        let settled = watch.settled_since(self.seen);
        if settled.is_empty() {
            return Ok(());
        }
        self.seen += settled.len();
        let mut rows = Vec::with_capacity(settled.len());
        let mut lines = Vec::new();
        for (call, logs) in settled {
            lines.extend(logs.into_iter().flat_map(|logs: Logs| LogLine::of(&call, logs)));
            rows.push(self.row(call));
        }
        self.add_logs(&lines)?;
        if self.calls.bytes > bounds::CALLS_OF_A_JOB {
            self.omitted += rows.len() as u64;
            return Ok(());
        }
        self.calls.add(&[Line::Calls(rows)])
    }

    fn row(&self, call: CallRecord) -> Row {
        Row::of(call, self.submitted_ns)
    }

    fn add_logs(&mut self, lines: &[LogLine]) -> Result<(), JournalError> {
        if lines.is_empty() {
            return Ok(());
        }
        let logs = match &mut self.logs {
            Some(logs) => logs,
            none => {
                let path = folder::path(&self.folder, &self.job, folder::LOGS);
                // Of an earlier client of the job.
                std::fs::remove_file(&path).ok();
                let file = folder::create(&path).map_err(JournalError::io(&path))?;
                none.insert(Appended { file, path, bytes: 0 })
            }
        };
        if logs.bytes > bounds::LOGS_OF_A_JOB {
            return Ok(());
        }
        logs.add(lines)
    }
}

impl Appended {
    /// Appends lines in one piece.
    fn add<L: serde::Serialize>(&mut self, lines: &[L]) -> Result<(), JournalError> {
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)
                .map_err(|error| JournalError::io(&self.path)(error.into()))?;
            text.push(b'\n');
        }
        self.file.write_all(&text).map_err(JournalError::io(&self.path))?;
        self.bytes += text.len() as u64;
        Ok(())
    }
}

fn without_calls(watch: &Arc<dyn JobWatch>) -> JobRecord {
    JobRecord { calls: Vec::new(), ..watch.record() }
}

fn now_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
