//! The files of one job while its client writes them.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use lithops_core::api::Progress;
use lithops_core::ports::JobWatch;
use lithops_core::wire::{CallRecord, JobRecord, Logs};

use super::line::{End, Header, Line, LogLine, Omitted, Row, Tick, VERSION};
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
    /// Calls whose logs were; more than `seen` when the calls themselves could not be written.
    logged: usize,
    omitted: Omitted,
    last: Option<Tick>,
}

/// A file that grows.
#[derive(Debug)]
struct Appended {
    file: File,
    path: PathBuf,
    bytes: u64,
    /// Whether there may be a part of a line behind those bytes.
    torn: bool,
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
        let record = without_calls(watch);
        let submitted_ns = record.submitted_ns;
        let program = std::env::current_exe().unwrap_or_default().display().to_string();
        let storage = storage.to_owned();
        let header = Header { version: VERSION, record, storage, program, pid };
        let mut calls = Appended::new(file, hidden.clone());
        let begun = calls.add(&[Line::Job(header)]).and_then(|()| {
            // Locked before anyone can see it, so that nobody takes it for a job that was lost. It may
            // be there already: this process has taken the job up from another.
            let begun = calls.file.lock().and_then(|()| std::fs::rename(&hidden, &path));
            begun.map_err(JournalError::io(&path))
        });
        if begun.is_err() {
            // It is begun again, under this name.
            std::fs::remove_file(&hidden).ok();
        }
        begun?;
        calls.path = path;
        let (folder, omitted) = (folder.to_owned(), Omitted::default());
        let (logs, seen, logged, last) = (None, 0, 0, None);
        Ok(Self { folder, job, submitted_ns, calls, logs, seen, logged, omitted, last })
    }

    /// Writes what has become of the job since the last time. What could not be written is written
    /// the next time.
    pub(super) fn go_on(&mut self, watch: &Arc<dyn JobWatch>) -> Result<(), JournalError> {
        self.add_settled(watch)?;
        let tick = Tick::of(now_ns(), self.progress(watch), self.omitted);
        if self.last.is_none_or(|last| !last.is_as(&tick)) {
            self.calls.add(&[Line::Tick(tick)])?;
            self.last = Some(tick);
        }
        Ok(())
    }

    /// Writes the rest, and that the job has ended.
    pub(super) fn end(&mut self, watch: &Arc<dyn JobWatch>) -> Result<(), JournalError> {
        self.add_settled(watch)?;
        let tick = Tick::of(now_ns(), self.progress(watch), self.omitted);
        self.calls.add(&[Line::End(End { record: without_calls(watch), tick })])?;
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
        let was_logged = self.logged - self.seen;
        let mut rows = Vec::with_capacity(settled.len());
        let mut logs = Vec::new();
        for (place, (call, written)) in settled.into_iter().enumerate() {
            let written = written.filter(|_| place >= was_logged);
            logs.extend(written.map(|written: Logs| LogLine::of(&call, written)));
            rows.push(self.row(call));
        }
        self.add_logs(&logs)?;
        let seen = self.seen + rows.len();
        self.logged = seen;
        if self.calls.bytes > bounds::CALLS_OF_A_JOB {
            self.omitted.calls += rows.len() as u64;
        } else {
            self.calls.add(&[Line::Calls(rows)])?;
        }
        self.seen = seen;
        Ok(())
    }

    fn row(&self, call: CallRecord) -> Row {
        Row::of(call, self.submitted_ns)
    }

    /// Adds the lines of each call.
    fn add_logs(&mut self, calls: &[Vec<LogLine>]) -> Result<(), JournalError> {
        let lines = calls.concat();
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
                none.insert(Appended::new(file, path))
            }
        };
        if logs.bytes > bounds::LOGS_OF_A_JOB {
            self.omitted.logs += calls.iter().filter(|lines| !lines.is_empty()).count() as u64;
            return Ok(());
        }
        logs.add(&lines)
    }
}

impl Appended {
    fn new(file: File, path: PathBuf) -> Self {
        Self { file, path, bytes: 0, torn: false }
    }

    /// Appends lines in one piece.
    fn add<L: serde::Serialize>(&mut self, lines: &[L]) -> Result<(), JournalError> {
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)
                .map_err(|error| JournalError::io(&self.path)(error.into()))?;
            text.push(b'\n');
        }
        if self.torn {
            self.file.set_len(self.bytes).map_err(JournalError::io(&self.path))?;
        }
        self.torn = true;
        self.file.write_all(&text).map_err(JournalError::io(&self.path))?;
        self.torn = false;
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use lithops_core::api::JobSummary;
    use lithops_core::wire::JobId;

    use super::super::Journal;
    use super::*;

    /// A job whose calls are all settled, and have written a line each.
    struct Settled(JobRecord);

    impl JobWatch for Settled {
        fn job(&self) -> &JobId {
            &self.0.job
        }

        fn title(&self) -> &str {
            &self.0.title
        }

        fn backend(&self) -> &'static str {
            "processes"
        }

        fn progress(&self) -> Progress {
            let total = self.0.calls.len();
            Progress { total, done: total, failed: 0, running: 0 }
        }

        fn summary(&self) -> JobSummary {
            unreachable!("a journal needs no summary")
        }

        fn record(&self) -> JobRecord {
            self.0.clone()
        }

        fn settled_since(&self, seen: usize) -> Vec<(CallRecord, Option<Logs>)> {
            let logs = || Some(Logs { stdout: "a line\n".to_owned(), ..Logs::default() });
            self.0.calls[seen..].iter().map(|call| (call.clone(), logs())).collect()
        }

        fn cancel(&self) {}
    }

    fn settled(calls: u32) -> Arc<dyn JobWatch> {
        let call = |index| CallRecord {
            index,
            worker: 0,
            attempts: 1,
            started_ns: 2,
            busy_ns: 1,
            settled_ns: 4,
            cpu_ns: 1,
            peak_bytes: None,
            argument_bytes: 0,
            result_bytes: 0,
            failure: None,
        };
        Arc::new(Settled(JobRecord {
            job: JobId::new("test", 1),
            title: "work".to_owned(),
            backend: "processes".to_owned(),
            submitted_ns: 1,
            ended_ns: Some(9),
            total: calls,
            calls: (0..calls).map(call).collect(),
            durable: true,
            workers: 1,
            client_requests: 0,
            worker_requests: 0,
            estimate: None,
            used: None,
        }))
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_for_readers() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path());
        let mut file = JobFile::begin(folder.path(), "memory", &settled(3)).unwrap();
        file.go_on(&settled(3)).unwrap();
        file.calls.bytes = bounds::CALLS_OF_A_JOB + 1;
        file.logs.as_mut().unwrap().bytes = bounds::LOGS_OF_A_JOB + 1;
        file.go_on(&settled(5)).unwrap();
        let omitted = |calls, logs| Some(Omitted { calls, logs });
        let job = || journal.find(None).unwrap();
        assert_eq!(job().last.map(|last| last.omitted), omitted(2, 2));
        file.end(&settled(8)).unwrap();
        assert_eq!(job().last.map(|last| last.omitted), omitted(5, 5));
        assert_eq!(job().last.map(|last| last.done), Some(8));
        assert_eq!(journal.record(&job()).unwrap().calls.len(), 3);
        assert_eq!(journal.logs(&job()).lines().unwrap().len(), 3);
    }

    #[test]
    fn a_line_that_was_written_in_part_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path());
        let mut file = JobFile::begin(folder.path(), "memory", &settled(3)).unwrap();
        let full = File::options().append(true).open("/dev/full").unwrap();
        let good = std::mem::replace(&mut file.calls.file, full);
        file.go_on(&settled(3)).unwrap_err();
        file.calls.file = good;
        // What the disk may have taken.
        file.calls.file.write_all(b"{\"calls\":[[0,").unwrap();
        file.go_on(&settled(5)).unwrap();
        file.end(&settled(5)).unwrap();
        let job = journal.find(None).unwrap();
        assert_eq!(journal.record(&job).unwrap().calls, settled(5).record().calls);
        assert_eq!(journal.logs(&job).lines().unwrap().len(), 5);
    }
}
