//! What becomes of a run: pure, told of the time and of what happens.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::{IndexStatus, Mode, RunOrder, RunStatus};
use crate::instance::End;

/// The reason of indices whose run's time was over.
const OVER: &str = "MaxExecutionTimeExceeded";

/// How a run is, and each of its indices.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    mode: Mode,
    retry_limit: u32,
    max_execution: Duration,
    pub(super) indices: BTreeMap<u64, Index>,
    /// When the first instance had room: waiting for an image counts towards the run's time.
    admitted_at: Option<SystemTime>,
    pub(super) started_at: Option<SystemTime>,
    pub(super) completed_at: Option<SystemTime>,
}

/// One index.
#[derive(Clone, Debug)]
pub(super) struct Index {
    status: IndexStatus,
    unknown: Knowledge,
    pub(super) retries: u32,
    pub(super) started_at: Option<SystemTime>,
    pub(super) finished_at: Option<SystemTime>,
    pub(super) last_failure_reason: Option<String>,
}

/// What the API knows of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Knowledge {
    /// How it is.
    Known,
    /// Nothing, until it has ended.
    UnknownUntilEnd,
    /// Nothing.
    Unknown,
}

/// What is next for an index whose instance has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another instance.
    Again,
    /// Nothing.
    Over,
}

impl Index {
    /// How it is shown.
    pub(super) fn status(&self) -> IndexStatus {
        match self.unknown {
            Knowledge::Known => self.status,
            Knowledge::UnknownUntilEnd | Knowledge::Unknown => IndexStatus::Unknown,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.status(), IndexStatus::Succeeded | IndexStatus::Failed)
    }

    fn finish(&mut self, status: IndexStatus, now: SystemTime) {
        self.status = status;
        self.finished_at = Some(now);
    }
}

impl Machine {
    pub(super) fn new(order: &RunOrder) -> Self {
        let index = Index {
            status: IndexStatus::Pending,
            unknown: Knowledge::Known,
            retries: 0,
            started_at: None,
            finished_at: None,
            last_failure_reason: None,
        };
        Self {
            mode: order.mode,
            retry_limit: order.retry_limit,
            max_execution: order.max_execution,
            indices: order.indices.iter().map(|number| (*number, index.clone())).collect(),
            admitted_at: None,
            started_at: None,
            completed_at: None,
        }
    }

    /// An index has got room for its instance.
    pub(super) fn admit(&mut self, now: SystemTime) {
        self.admitted_at.get_or_insert(now);
    }

    /// An index's instance can't be started yet.
    pub(super) fn hold_up(&mut self, index: u64, reason: &str) {
        if let Some(index) = self.index(index, IndexStatus::Pending) {
            index.last_failure_reason = Some(reason.to_owned());
        }
    }

    /// An index's instance has been started. Gives whether that was wanted.
    pub(super) fn start(&mut self, index: u64, now: SystemTime) -> bool {
        let Some(index) = self.index(index, IndexStatus::Pending) else { return false };
        index.status = IndexStatus::Running;
        index.started_at = Some(now);
        self.started_at.get_or_insert(now);
        true
    }

    /// An index's instance has ended, or there was none to start. `None` if that is no news.
    pub(super) fn end(&mut self, index: u64, end: End, now: SystemTime) -> Option<Next> {
        let (mode, retry_limit) = (self.mode, self.retry_limit);
        let index = self.indices.get_mut(&index)?;
        if !matches!(index.status, IndexStatus::Pending | IndexStatus::Running) {
            return None;
        }
        if index.unknown == Knowledge::UnknownUntilEnd {
            index.unknown = Knowledge::Known;
        }
        let Some(failure) = end.failure() else {
            index.finish(IndexStatus::Succeeded, now);
            self.settle(now);
            return Some(Next::Over);
        };
        index.last_failure_reason = Some(failure);
        if mode == Mode::Daemon || index.retries < retry_limit {
            index.retries += 1;
            index.status = IndexStatus::Pending;
            return Some(Next::Again);
        }
        index.finish(IndexStatus::Failed, now);
        self.settle(now);
        Some(Next::Over)
    }

    /// An index fails for good.
    pub(super) fn give_up(&mut self, index: u64, reason: &str, now: SystemTime) {
        if let Some(index) = self.index(index, IndexStatus::Pending) {
            index.last_failure_reason = Some(reason.to_owned());
            index.finish(IndexStatus::Failed, now);
            self.settle(now);
        }
    }

    /// What the API knows of an index from now on.
    pub(super) fn obscure(&mut self, index: u64, knowledge: Knowledge) {
        if let Some(index) = self.indices.get_mut(&index) {
            index.unknown = knowledge;
        }
    }

    /// When the run's time is over; `None` while it has not begun, and once the run has ended.
    pub(super) fn deadline(&self) -> Option<SystemTime> {
        if self.mode == Mode::Daemon || self.completed_at.is_some() {
            return None;
        }
        Some(self.started_at.or(self.admitted_at)? + self.max_execution)
    }

    /// The run's time is over: what has not ended has failed.
    pub(super) fn expire(&mut self, now: SystemTime) {
        for index in self.indices.values_mut().filter(|index| !index.is_over()) {
            index.unknown = Knowledge::Known;
            index.last_failure_reason = Some(OVER.to_owned());
            index.finish(IndexStatus::Failed, now);
        }
        self.settle(now);
    }

    pub(super) fn status(&self) -> RunStatus {
        match (self.completed_at, self.started_at) {
            (Some(_), _) if self.has(IndexStatus::Failed) => RunStatus::Failed,
            (Some(_), _) => RunStatus::Completed,
            (None, Some(_)) => RunStatus::Running,
            (None, None) => RunStatus::Pending,
        }
    }

    fn has(&self, status: IndexStatus) -> bool {
        self.indices.values().any(|index| index.status() == status)
    }

    fn index(&mut self, index: u64, status: IndexStatus) -> Option<&mut Index> {
        self.indices.get_mut(&index).filter(|index| index.status == status)
    }

    fn settle(&mut self, now: SystemTime) {
        if self.completed_at.is_none() && self.indices.values().all(Index::is_over) {
            self.completed_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests;
