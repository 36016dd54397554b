//! Which jobs the journal has, and what has become of each.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use lithops_core::wire::{JobId, JobRecord};

use super::line::{Header, Line, Tick, VERSION};
use super::{Journal, JournalError, folder};

/// Bytes at the end of a file that hold its last progress: ticks and ends are short.
const TAIL: u64 = 64 << 10;

/// What has become of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its client lives and waits for it.
    Running,
    /// Every call has its outcome, or nobody waits for those that have none.
    Ended,
    /// Its client died before the job ended.
    Lost,
}

impl State {
    /// One word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Lost => "lost",
        }
    }
}

/// A job of the journal.
#[derive(Clone, Debug)]
pub struct Entry {
    header: Header,
    end: Option<JobRecord>,
    /// What has become of it.
    pub state: State,
    /// How far it was at last; `None` if it has told nothing yet.
    pub last: Option<Tick>,
}

impl Entry {
    /// Its name.
    pub fn job(&self) -> &JobId {
        &self.header.record.job
    }

    /// Its record without calls: as it ended, or as it was when its file was begun.
    pub fn record(&self) -> &JobRecord {
        self.end.as_ref().unwrap_or(&self.header.record)
    }

    /// The name of the storage that it used.
    pub fn storage(&self) -> &str {
        &self.header.storage
    }

    /// The program of its client.
    pub fn program(&self) -> &str {
        &self.header.program
    }

    /// The process of its client.
    pub fn pid(&self) -> u32 {
        self.header.pid
    }
}

/// The jobs of a journal.
#[derive(Debug, Default)]
pub struct Jobs {
    /// Those that can be read, the latest first.
    pub readable: Vec<Entry>,
    /// Those that can't, by name, each with the reason: one file that is broken, or of a later
    /// version, keeps nobody from the others.
    pub unreadable: Vec<(String, JournalError)>,
}

impl Journal {
    /// The jobs of the journal. Reads the beginning and the end of each file.
    ///
    /// # Errors
    /// [`JournalError`] if the folder can't be read. A journal that nobody has written yet is empty.
    pub fn list(&self) -> Result<Jobs, JournalError> {
        let folder = match std::fs::read_dir(self.folder()) {
            Ok(folder) => folder,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Jobs::default()),
            Err(error) => return Err(JournalError::io(self.folder())(error)),
        };
        let mut jobs = Jobs::default();
        for entry in folder {
            let path = entry.map_err(JournalError::io(self.folder()))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(name) = name.strip_suffix(folder::CALLS).filter(|name| !name.starts_with('.'))
            else {
                continue;
            };
            match read(path) {
                Ok(job) => jobs.readable.push(job),
                // Its room went to another job just now.
                Err(JournalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                // Its first line is being written just now, or its client died over it.
                Err(JournalError::Headless { .. }) => {}
                Err(error) => jobs.unreadable.push((name.to_owned(), error)),
            }
        }
        jobs.readable.sort_by_key(|job| std::cmp::Reverse(job.header.record.submitted_ns));
        Ok(jobs)
    }

    /// The job of this name; its beginning is enough where no other job has the same. Without a name,
    /// the latest that can be read.
    ///
    /// # Errors
    /// As [`list`](Self::list) and [`Jobs::find`].
    pub fn find(&self, name: Option<&str>) -> Result<Entry, JournalError> {
        self.list()?.find(name)
    }

    /// Asks the client of a job to stop it: it does so within a second or two.
    ///
    /// # Errors
    /// [`JournalError::NotRunning`], or [`JournalError::Io`] if it can't be asked.
    pub fn cancel(&self, job: &Entry) -> Result<(), JournalError> {
        if job.state != State::Running {
            let (job, state) = (job.job().to_string(), job.state);
            let state = if state == State::Lost { "died with its client" } else { "ended" };
            return Err(JournalError::NotRunning { job, state });
        }
        let path = folder::path(self.folder(), job.job().as_str(), folder::CANCEL);
        match folder::create(&path) {
            // Somebody has asked already.
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(JournalError::io(path)(error))
            }
            _ => Ok(()),
        }
    }
}

impl Jobs {
    /// The job of this name; its beginning is enough where no other job has the same. Without a name,
    /// the latest that can be read.
    ///
    /// # Errors
    /// [`JournalError::Unknown`], [`JournalError::Ambiguous`], or why this job can't be read.
    pub fn find(self, name: Option<&str>) -> Result<Entry, JournalError> {
        let Some(name) = name else {
            let name = "the latest".to_owned();
            return self.readable.into_iter().next().ok_or(JournalError::Unknown { name });
        };
        let readable = self.readable.into_iter().map(Ok);
        let unreadable = self.unreadable.into_iter().map(Err);
        let mut found: Vec<Result<Entry, (String, JournalError)>> = readable
            .chain(unreadable)
            .filter(|job| !name.is_empty() && called(job).starts_with(name))
            .collect();
        let exact = found.iter().position(|job| called(job) == name);
        match (exact, found.len()) {
            (None, 0) => Err(JournalError::Unknown { name: name.to_owned() }),
            (None, 2..) => {
                let jobs = found.iter().map(|job| called(job).to_owned()).collect();
                Err(JournalError::Ambiguous { name: name.to_owned(), jobs })
            }
            (place, _) => found.swap_remove(place.unwrap_or(0)).map_err(|(_, error)| error),
        }
    }
}

fn called(job: &Result<Entry, (String, JournalError)>) -> &str {
    match job {
        Ok(job) => job.job().as_str(),
        Err((name, _)) => name,
    }
}

fn read(path: PathBuf) -> Result<Entry, JournalError> {
    let mut file = File::open(&path).map_err(JournalError::io(&path))?;
    let is_live = folder::is_locked(&file).map_err(JournalError::io(&path))?;
    let mut first = Vec::new();
    BufReader::new(&file).read_until(b'\n', &mut first).map_err(JournalError::io(&path))?;
    if first.last() != Some(&b'\n') {
        return Err(JournalError::Headless { path });
    }
    let parsed = serde_json::from_slice(&first);
    let parsed =
        parsed.map_err(|source| JournalError::Malformed { path: path.clone(), line: 1, source });
    let Line::Job(header) = parsed? else { return Err(JournalError::Headless { path }) };
    if header.version > VERSION {
        return Err(JournalError::Version { path, version: header.version, known: VERSION });
    }
    let length = file.metadata().map_err(JournalError::io(&path))?.len();
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .and_then(|_| file.read_to_end(&mut tail))
        .map_err(JournalError::io(&path))?;
    let (mut last, mut end) = (None, None);
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    for line in tail[..whole].split(|byte| *byte == b'\n').rev() {
        // The first of them may be the end of a longer one.
        match serde_json::from_slice(line) {
            Ok(Line::End(found)) => (last, end) = (Some(found.tick), Some(found.record)),
            Ok(Line::Tick(tick)) => last = Some(tick),
            Ok(Line::Job(_) | Line::Calls(_)) | Err(_) => continue,
        }
        break;
    }
    let state = match (&end, is_live) {
        (Some(_), _) => State::Ended,
        (None, true) => State::Running,
        (None, false) => State::Lost,
    };
    Ok(Entry { header, end, state, last })
}
