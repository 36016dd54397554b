//! A journal as its client writes it and other processes read it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lithops_core::api::{JobSummary, Progress};
use lithops_core::ports::{JobObserver, JobWatch, StorageRequests};
use lithops_core::wire::{CallRecord, JobId, JobRecord, Logs};
use lithops_observe::journal::{
    Change, Entry, Journal, JournalError, JournalObserver, State, Stream, finish,
};

mod made_up;

/// A job that ends its calls when a test says so.
struct Stage {
    record: JobRecord,
    /// How many of its calls are settled.
    settled: Mutex<usize>,
    cancelled: AtomicBool,
}

impl Stage {
    fn new(name: u32, calls: u32) -> Arc<Self> {
        let record = JobRecord { job: JobId::new("stage", name), ..made_up::job(calls, 4) };
        Arc::new(Self { record, settled: Mutex::new(0), cancelled: AtomicBool::new(false) })
    }

    fn settle(&self, calls: usize) {
        *self.settled.lock().unwrap() = calls;
    }

    fn settled(&self) -> &[CallRecord] {
        &self.record.calls[..*self.settled.lock().unwrap()]
    }
}

impl JobWatch for Stage {
    fn job(&self) -> &JobId {
        &self.record.job
    }

    fn title(&self) -> &str {
        &self.record.title
    }

    fn backend(&self) -> &'static str {
        "processes"
    }

    fn progress(&self) -> Progress {
        let settled = self.settled();
        let failed = settled.iter().filter(|call| call.failure.is_some()).count();
        let total = self.record.calls.len();
        Progress { total, done: settled.len(), failed, running: 4.min(total - settled.len()) }
    }

    fn summary(&self) -> JobSummary {
        JobSummary {
            title: self.record.title.clone(),
            calls: self.record.calls.len(),
            succeeded: 0,
            failed: 0,
            repeated: 0,
            workers: 4,
            hedged: 0,
            wall: Duration::ZERO,
            busy: Duration::ZERO,
            result_bytes: 0,
            requests: StorageRequests::default(),
            estimate: None,
            so_far: None,
            used: None,
        }
    }

    fn record(&self) -> JobRecord {
        let calls = self.settled().to_vec();
        let ended = calls.len() == self.record.calls.len();
        JobRecord { ended_ns: self.record.ended_ns.filter(|_| ended), calls, ..self.record.clone() }
    }

    fn settled_since(&self, seen: usize) -> Vec<(CallRecord, Option<Logs>)> {
        let logs = |call: &CallRecord| {
            let stdout = format!("call {} speaks\n", call.index);
            call.index.is_multiple_of(2).then(|| Logs { stdout, ..Logs::default() })
        };
        self.settled()[seen..].iter().map(|call| (call.clone(), logs(call))).collect()
    }

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

/// Waits until something is there, generously.
fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn watched(stage: &Arc<Stage>) -> Arc<dyn JobWatch> {
    Arc::clone(stage) as Arc<dyn JobWatch>
}

/// Plays a job whose calls are settled already, to its written end.
fn play(observer: &JournalObserver, stage: &Arc<Stage>) {
    let watch = watched(stage);
    observer.job_started(Arc::clone(&watch));
    observer.job_ended(&watch, Some(&stage.summary()));
    finish(Duration::from_secs(60));
}

fn only_job(journal: &Journal) -> Entry {
    until("the job's file", || journal.list().unwrap().readable.into_iter().next())
}

fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_job_that_lasts_is_written_while_it_runs_and_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path().join("lithops/jobs"));
    let observer = JournalObserver::at(journal.folder(), "memory");
    let stage = Stage::new(1, 500);
    let watch = watched(&stage);
    observer.job_started(Arc::clone(&watch));
    stage.settle(100);
    let job = only_job(&journal);
    assert_eq!((job.job(), job.storage()), (&stage.record.job, "memory"));
    assert_eq!((job.pid(), job.record().total), (std::process::id(), 500));
    let mut follower = journal.follow(&job).unwrap();
    let mut calls = Vec::new();
    let mut ticks = Vec::new();
    until("the first calls", || {
        for change in follower.changes().unwrap() {
            match change {
                Change::Settled(settled) => calls.extend(settled),
                Change::Progress(tick) => ticks.push((tick.done, tick.running)),
                other => panic!("{other:?} before the end"),
            }
        }
        (!ticks.is_empty()).then_some(())
    });
    assert_eq!((calls.len(), ticks.as_slice()), (100, [(100, 4)].as_slice()));
    let running = journal.find(Some("stage-0")).unwrap();
    assert_eq!((running.state, running.last.unwrap().done), (State::Running, 100));

    stage.settle(500);
    observer.job_ended(&watch, Some(&stage.summary()));
    finish(Duration::from_secs(60));
    let ended = journal.find(Some("stage-001")).unwrap();
    assert_eq!((ended.state, ended.last.unwrap().done), (State::Ended, 500));
    assert_eq!(journal.record(&ended).unwrap(), stage.record);
    let mut end = None;
    for change in follower.changes().unwrap() {
        match change {
            Change::Settled(settled) => calls.extend(settled),
            Change::Ended(record) => end = Some(record.ended_ns),
            Change::Progress(_) => {}
            Change::Lost => panic!("the job has ended"),
        }
    }
    assert_eq!((calls, end), (stage.record.calls.clone(), Some(stage.record.ended_ns)));
    assert_eq!(follower.changes().unwrap(), []);
    let logs = journal.logs(&ended).lines().unwrap();
    assert_eq!(logs.len(), 250);
    let first = logs.iter().find(|line| line.call == 0).unwrap();
    assert_eq!((first.stream, first.text.as_str()), (Stream::Stdout, "call 0 speaks\n"));
}

#[test]
fn a_short_job_leaves_nothing_and_a_short_one_that_failed_leaves_all() {
    let folder = tempfile::tempdir().unwrap();
    let observer = JournalObserver::at(folder.path().join("jobs"), "memory");
    let journal = Journal::at(folder.path().join("jobs"));
    for calls in [3, 4] {
        let stage = Stage::new(calls, calls);
        stage.settle(calls as usize);
        play(&observer, &stage);
    }
    // The fourth call of the second fails.
    assert_eq!(files(journal.folder()), ["stage-004.jsonl", "stage-004.logs"]);
    let job = journal.find(None).unwrap();
    assert_eq!((job.state, job.last.unwrap().failed), (State::Ended, 1));
    assert_eq!(journal.record(&job).unwrap().calls.len(), 4);
}

#[test]
fn a_short_job_that_an_earlier_client_has_lost_ends_in_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    let observer = JournalObserver::at(folder.path(), "memory");
    let stage = Stage::new(3, 3);
    stage.settle(3);
    let header = serde_json::json!({ "job": {
        "version": 1, "record": JobRecord { calls: Vec::new(), ended_ns: None, ..stage.record() },
        "storage": "file", "program": "/words", "pid": 1,
    } });
    std::fs::write(folder.path().join("stage-003.jsonl"), format!("{header}\n")).unwrap();
    assert_eq!(journal.find(None).unwrap().state, State::Lost);
    play(&observer, &stage);
    let job = journal.find(None).unwrap();
    assert_eq!((job.state, job.last.unwrap().done), (State::Ended, 3));
}

#[test]
fn nobody_else_can_look_into_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let observer = JournalObserver::at(folder.path().join("jobs"), "memory");
    let stage = Stage::new(1, 4);
    stage.settle(4);
    let watch = watched(&stage);
    observer.job_started(Arc::clone(&watch));
    observer.job_ended(&watch, None);
    finish(Duration::from_secs(60));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let jobs = folder.path().join("jobs");
    assert_eq!(mode(&jobs), 0o700);
    assert_eq!(mode(&jobs.join("stage-001.jsonl")), 0o600);
    assert_eq!(mode(&jobs.join("stage-001.logs")), 0o600);
}

#[test]
fn a_job_is_stopped_by_whoever_asks_through_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    let observer = JournalObserver::at(folder.path(), "memory");
    let stage = Stage::new(1, 10);
    let watch = watched(&stage);
    observer.job_started(Arc::clone(&watch));
    let job = only_job(&journal);
    journal.cancel(&job).unwrap();
    journal.cancel(&job).unwrap();
    until("the cancellation", || stage.cancelled.load(Ordering::Relaxed).then_some(()));
    stage.settle(10);
    observer.job_ended(&watch, None);
    finish(Duration::from_secs(60));
    assert_eq!(files(folder.path()), ["stage-001.jsonl", "stage-001.logs"]);
    let error = journal.cancel(&journal.find(None).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "job stage-001 does not run: it has ended");
}

#[test]
fn a_job_without_its_client_is_lost_and_a_line_half_written_is_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    let observer = JournalObserver::at(folder.path(), "memory");
    let stage = Stage::new(1, 8);
    stage.settle(8);
    let watch = watched(&stage);
    observer.job_started(Arc::clone(&watch));
    observer.job_ended(&watch, None);
    finish(Duration::from_secs(60));
    let path = folder.path().join("stage-001.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 3, "a head, the calls, the end");
    // As a client leaves it that dies while it writes the end.
    std::fs::write(&path, [lines[0], lines[1], &lines[2][..20]].concat()).unwrap();
    let job = journal.find(Some("stage")).unwrap();
    assert_eq!((job.state, job.last), (State::Lost, None));
    assert_eq!(journal.record(&job).unwrap().calls, stage.record.calls);
    let changes = journal.follow(&job).unwrap().changes().unwrap();
    assert_eq!(changes.last(), Some(&Change::Lost));
    // A line that is whole and wrong is told, with its place.
    std::fs::write(&path, [lines[0], "{\"calls\":[[1]]}\n", lines[2]].concat()).unwrap();
    let error = journal.record(&job).unwrap_err();
    assert!(matches!(error, JournalError::Malformed { line: 2, .. }), "{error}");
    let later = lines[0].replace("\"version\":1", "\"version\":9");
    std::fs::write(&path, later).unwrap();
    let jobs = journal.list().unwrap();
    assert!(jobs.readable.is_empty());
    let (name, error) = &jobs.unreadable[0];
    assert_eq!(name, "stage-001");
    assert!(matches!(error, JournalError::Version { version: 9, known: 1, .. }), "{error}");
}

#[test]
fn a_file_that_can_t_be_read_keeps_nobody_from_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    let observer = JournalObserver::at(folder.path(), "memory");
    let stage = Stage::new(1, 4);
    stage.settle(4);
    let watch = watched(&stage);
    observer.job_started(Arc::clone(&watch));
    observer.job_ended(&watch, None);
    finish(Duration::from_secs(60));
    std::fs::write(folder.path().join("stage-002.jsonl"), "no journal\n").unwrap();
    let jobs = journal.list().unwrap();
    assert_eq!((jobs.readable.len(), jobs.unreadable.len()), (1, 1));
    assert_eq!(journal.find(None).unwrap().job().as_str(), "stage-001");
    assert_eq!(journal.find(Some("stage-001")).unwrap().job().as_str(), "stage-001");
    let error = journal.find(Some("stage-002")).unwrap_err();
    assert!(matches!(error, JournalError::Malformed { line: 1, .. }), "{error}");
    let error = journal.find(Some("stage")).unwrap_err();
    assert!(matches!(error, JournalError::Ambiguous { .. }), "{error}");
}

#[test]
fn a_job_whose_file_could_not_be_written_for_a_while_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    let observer = JournalObserver::at(folder.path(), "memory");
    // Logs can't be written where a folder stands.
    let obstacle = folder.path().join("stage-001.logs");
    std::fs::create_dir(&obstacle).unwrap();
    let stage = Stage::new(1, 8);
    stage.settle(4);
    let watch = watched(&stage);
    observer.job_started(Arc::clone(&watch));
    assert_eq!(only_job(&journal).state, State::Running);
    stage.settle(8);
    observer.job_ended(&watch, None);
    // Its end is not written either, and the job is not lost.
    finish(Duration::from_secs(60));
    let job = only_job(&journal);
    assert_eq!((job.state, job.last), (State::Running, None));
    std::fs::remove_dir(&obstacle).unwrap();
    let ended = until("the end", || {
        let job = journal.find(None).unwrap();
        (job.state == State::Ended).then_some(job)
    });
    assert_eq!(journal.record(&ended).unwrap(), stage.record);
    assert_eq!(journal.logs(&ended).lines().unwrap().len(), 4);
}

#[test]
fn a_name_may_be_shortened_as_long_as_it_means_one_job() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    assert!(journal.list().unwrap().readable.is_empty());
    assert!(matches!(journal.find(None), Err(JournalError::Unknown { .. })));
    let observer = JournalObserver::at(folder.path(), "memory");
    for name in [1, 12, 123] {
        let stage = Stage::new(name, 4);
        stage.settle(4);
        let watch = watched(&stage);
        observer.job_started(Arc::clone(&watch));
        observer.job_ended(&watch, None);
    }
    finish(Duration::from_secs(60));
    assert_eq!(journal.find(Some("stage-1")).unwrap().job().as_str(), "stage-123");
    let error = journal.find(Some("stage-0")).unwrap_err();
    let JournalError::Ambiguous { mut jobs, .. } = error else { panic!("{error}") };
    jobs.sort();
    assert_eq!(jobs, ["stage-001", "stage-012"]);
    assert!(matches!(journal.find(Some("other")), Err(JournalError::Unknown { .. })));
}

#[test]
fn a_journal_that_cannot_be_written_does_nothing_to_a_job() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("jobs"), "a file").unwrap();
    let observer = JournalObserver::at(folder.path().join("jobs"), "memory");
    let stage = Stage::new(1, 4);
    stage.settle(4);
    let watch = watched(&stage);
    observer.job_started(Arc::clone(&watch));
    observer.job_ended(&watch, None);
    finish(Duration::from_secs(60));
    assert_eq!(std::fs::read_to_string(folder.path().join("jobs")).unwrap(), "a file");
    assert!(!stage.cancelled.load(Ordering::Relaxed));
}
