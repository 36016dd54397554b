//! The thread that writes journals, one for the process.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lithops_core::ports::JobWatch;

use super::file::JobFile;
use super::observer::Terms;
use super::{JournalError, folder};

/// Jobs that live as long get a file; files grow as often.
const TICK: Duration = Duration::from_secs(1);

/// How often it is tried to write the end of a job, once a tick.
const ATTEMPTS: u32 = 30;

/// What observers and the thread share.
static DESK: Desk =
    Desk { state: Mutex::new(State::new()), work: Condvar::new(), rest: Condvar::new() };

struct Desk {
    state: Mutex<State>,
    /// There is something to do.
    work: Condvar,
    /// Everything that ended is written.
    rest: Condvar,
}

struct State {
    /// Jobs too young for a file.
    young: Vec<Job>,
    /// Jobs that have ended and are to be written.
    ended: Vec<Arc<dyn JobWatch>>,
    /// Jobs that ended with a failure before they had a file.
    short: Vec<Job>,
    /// Whether the thread has been started.
    started: bool,
    /// Whether it sleeps until it is woken, with no job to look at.
    idle: bool,
    /// Whether it writes.
    busy: bool,
    /// Jobs that have a file and have not ended.
    open: usize,
}

struct Job {
    watch: Arc<dyn JobWatch>,
    terms: Arc<Terms>,
    began: Instant,
    file: Option<JobFile>,
    /// How often its end could not be written.
    failed_ends: u32,
}

impl State {
    const fn new() -> Self {
        Self {
            young: Vec::new(),
            ended: Vec::new(),
            short: Vec::new(),
            started: false,
            idle: false,
            busy: false,
            open: 0,
        }
    }
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job has begun.
pub(super) fn begin(watch: Arc<dyn JobWatch>, terms: &Arc<Terms>) {
    let (terms, began) = (Arc::clone(terms), Instant::now());
    let mut state = DESK.state();
    state.young.push(Job { watch, terms, began, file: None, failed_ends: 0 });
    if !state.started {
        let thread = std::thread::Builder::new().name("lithops-journal".to_owned());
        match thread.spawn(|| write(Vec::new())) {
            Ok(_) => state.started = true,
            Err(error) => {
                state.young.clear();
                tracing::warn!(%error, "no journal is written: its thread can't be started");
            }
        }
    } else if state.idle {
        state.idle = false;
        DESK.work.notify_one();
    }
}

/// A job has ended: one that was short and good leaves nothing, unless an earlier client of it has.
pub(super) fn end(watch: &Arc<dyn JobWatch>) {
    let failed = watch.progress().failed > 0;
    let mut state = DESK.state();
    if let Some(place) = state.young.iter().position(|job| is_same(&job.watch, watch)) {
        let job = state.young.swap_remove(place);
        if job.began.elapsed() < TICK && !failed && !has_earlier(&job) {
            return;
        }
        state.short.push(job);
    } else {
        state.ended.push(Arc::clone(watch));
    }
    state.idle = false;
    DESK.work.notify_one();
}

/// Whether an earlier client has written the job down, which would count as lost for ever.
fn has_earlier(job: &Job) -> bool {
    folder::path(&job.terms.folder, job.watch.job().as_str(), folder::CALLS).exists()
}

/// Waits until jobs that were stopped have ended and are written, at most for `bound`; for a program's
/// end.
pub fn finish(bound: Duration) {
    let state = DESK.state();
    let unwritten = |state: &mut State| {
        state.busy || state.open > 0 || !state.ended.is_empty() || !state.short.is_empty()
    };
    let waited = DESK.rest.wait_timeout_while(state, bound, unwritten);
    let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
    drop(state);
    if waited.timed_out() {
        tracing::warn!(?bound, "the journal could not be written to its end in time");
    }
}

/// The thread: `jobs` are those that have a file.
fn write(mut jobs: Vec<Job>) {
    let mut looked = Instant::now();
    loop {
        let (ended, short, grown) = wait_for_work(!jobs.is_empty(), looked);
        jobs.extend(grown);
        if looked.elapsed() >= TICK {
            looked = Instant::now();
            jobs = jobs.into_iter().filter_map(go_on).collect();
        }
        let mut ending = short;
        for watch in ended {
            if let Some(place) = jobs.iter().position(|job| is_same(&job.watch, &watch)) {
                ending.push(jobs.swap_remove(place));
            }
        }
        jobs.extend(ending.into_iter().filter_map(finish_job));
        let mut state = DESK.state();
        let running = jobs.iter().filter(|job| job.failed_ends == 0).count();
        (state.busy, state.open) = (false, running);
        DESK.rest.notify_all();
    }
}

type Work = (Vec<Arc<dyn JobWatch>>, Vec<Job>, Vec<Job>);

/// Waits until jobs have ended or it is time to look at those that run. Gives those that ended, those
/// among them without a file, and those that are old enough for one.
fn wait_for_work(has_files: bool, looked: Instant) -> Work {
    let mut state = DESK.state();
    loop {
        let due = has_files && looked.elapsed() >= TICK;
        let is_grown = |job: &mut Job| job.began.elapsed() >= TICK;
        let grown: Vec<Job> = state.young.extract_if(.., is_grown).collect();
        if due || !grown.is_empty() || !state.ended.is_empty() || !state.short.is_empty() {
            state.busy = true;
            return (std::mem::take(&mut state.ended), std::mem::take(&mut state.short), grown);
        }
        if has_files || !state.young.is_empty() {
            // A tick that is due at once waits for a moment all the same.
            let rest = TICK.saturating_sub(looked.elapsed()).max(TICK / 20);
            let waited = DESK.work.wait_timeout(state, if has_files { rest } else { TICK / 4 });
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        } else {
            state.idle = true;
            state = DESK.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Writes what is new of a job, or its end if that is missing; gives it back if there will be more.
fn go_on(mut job: Job) -> Option<Job> {
    if job.failed_ends > 0 {
        return finish_job(job);
    }
    if let Err(error) = write_on(&mut job) {
        job.terms.warn(&error);
    }
    Some(job)
}

/// Writes what is new, and stops the job if somebody wishes it.
fn write_on(job: &mut Job) -> Result<(), JournalError> {
    let watch = Arc::clone(&job.watch);
    let file = file(job)?;
    let written = file.go_on(&watch);
    if file.is_to_stop() {
        watch.cancel();
    }
    written
}

/// Writes the end of a job; gives it back if that failed, to be tried again: as long as the file is
/// open, nobody takes the job for one that was lost.
fn finish_job(mut job: Job) -> Option<Job> {
    let watch = Arc::clone(&job.watch);
    let error = file(&mut job).and_then(|file| file.end(&watch)).err()?;
    job.terms.warn(&error);
    job.failed_ends += 1;
    (job.file.is_some() && job.failed_ends < ATTEMPTS).then_some(job)
}

/// The file of a job, begun if it has none. It stays the job's when it could not be written, with
/// its lock.
fn file(job: &mut Job) -> Result<&mut JobFile, JournalError> {
    match &mut job.file {
        Some(file) => Ok(file),
        none => Ok(none.insert(JobFile::begin(&job.terms.folder, &job.terms.storage, &job.watch)?)),
    }
}

/// Whether both are the view of one job's life; a job that is taken up again has another.
fn is_same(one: &Arc<dyn JobWatch>, other: &Arc<dyn JobWatch>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
}
