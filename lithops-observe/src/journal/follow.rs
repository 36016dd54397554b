//! Reading the file of a job, while it grows or to its end.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use lithops_core::wire::{CallRecord, JobRecord};

use super::line::{Header, Line, Tick, VERSION};
use super::{Entry, Journal, JournalError, folder};

/// Something that became of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Calls have their outcome.
    Settled(Vec<CallRecord>),
    /// How far the job is.
    Progress(Tick),
    /// The job has ended: its record, without calls.
    Ended(Box<JobRecord>),
    /// The client died, and the job with it.
    Lost,
}

/// Reads what becomes of a job, from its beginning on.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    lines: Lines,
    header: Header,
    ended: bool,
}

impl Journal {
    /// Follows a job from its beginning.
    ///
    /// # Errors
    /// [`JournalError`] if its file can't be read.
    pub fn follow(&self, job: &Entry) -> Result<Follower, JournalError> {
        Follower::open(folder::path(self.folder(), job.job().as_str(), folder::CALLS))
    }

    /// The record of a job as far as its file tells: whole once the job has ended.
    ///
    /// # Errors
    /// [`JournalError`] if its file can't be read.
    pub fn record(&self, job: &Entry) -> Result<JobRecord, JournalError> {
        let mut follower = self.follow(job)?;
        let mut record = follower.header.record.clone();
        let mut calls = Vec::new();
        for change in follower.changes()? {
            match change {
                Change::Settled(settled) => calls.extend(settled),
                Change::Ended(end) => record = *end,
                Change::Progress(_) | Change::Lost => {}
            }
        }
        Ok(JobRecord { calls, ..record })
    }
}

impl Follower {
    pub(super) fn open(path: PathBuf) -> Result<Self, JournalError> {
        let mut lines = Lines::open(path.clone())?;
        let first = lines.next_lines()?;
        let mut first = first.into_iter();
        let Some(Line::Job(header)) = first.next().map(|line| line.parsed(&path)).transpose()?
        else {
            return Err(JournalError::Headless { path });
        };
        if header.version > VERSION {
            let (version, known) = (header.version, VERSION);
            return Err(JournalError::Version { path, version, known });
        }
        lines.put_back(first.collect());
        Ok(Self { path, lines, header, ended: false })
    }

    /// What has become of the job since the last time; nothing if nothing has. Does not wait.
    ///
    /// # Errors
    /// [`JournalError`] if its file can't be read.
    pub fn changes(&mut self) -> Result<Vec<Change>, JournalError> {
        if self.ended {
            return Ok(Vec::new());
        }
        // Asked before the file is read: whoever dies in between has written all that it will.
        let is_live = folder::is_locked(&self.lines.file).map_err(JournalError::io(&self.path))?;
        let submitted_ns = self.header.record.submitted_ns;
        let mut changes = Vec::new();
        for line in self.lines.next_lines()? {
            match line.parsed(&self.path)? {
                Line::Job(_) => {}
                Line::Calls(rows) => {
                    let calls = rows.into_iter().map(|row| row.record(submitted_ns));
                    changes.push(Change::Settled(calls.collect()));
                }
                Line::Tick(tick) => changes.push(Change::Progress(tick)),
                Line::End(end) => {
                    self.ended = true;
                    changes.push(Change::Progress(end.tick));
                    changes.push(Change::Ended(Box::new(end.record)));
                }
            }
        }
        if !is_live && !self.ended {
            self.ended = true;
            changes.push(Change::Lost);
        }
        Ok(changes)
    }
}

/// The complete lines of a file that grows: one that is still being written is left for later.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) file: File,
    path: PathBuf,
    at: u64,
    number: usize,
    waiting: Vec<Numbered>,
}

/// A line with its number.
#[derive(Debug)]
pub(super) struct Numbered {
    number: usize,
    text: Vec<u8>,
}

impl Lines {
    pub(super) fn open(path: PathBuf) -> Result<Self, JournalError> {
        let file = File::open(&path).map_err(JournalError::io(&path))?;
        Ok(Self { file, path, at: 0, number: 0, waiting: Vec::new() })
    }

    pub(super) fn next_lines(&mut self) -> Result<Vec<Numbered>, JournalError> {
        let mut lines = std::mem::take(&mut self.waiting);
        let mut text = Vec::new();
        let read = self.file.seek(SeekFrom::Start(self.at));
        let read = read.and_then(|_| self.file.read_to_end(&mut text));
        read.map_err(JournalError::io(&self.path))?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.at += whole as u64;
        for line in text[..whole].split_inclusive(|byte| *byte == b'\n') {
            self.number += 1;
            lines.push(Numbered { number: self.number, text: line.to_owned() });
        }
        Ok(lines)
    }

    fn put_back(&mut self, lines: Vec<Numbered>) {
        self.waiting = lines;
    }
}

impl Numbered {
    pub(super) fn parsed<L: serde::de::DeserializeOwned>(
        &self,
        path: &std::path::Path,
    ) -> Result<L, JournalError> {
        serde_json::from_slice(&self.text).map_err(|source| {
            let (path, line) = (path.to_owned(), self.number);
            JournalError::Malformed { path, line, source }
        })
    }
}
