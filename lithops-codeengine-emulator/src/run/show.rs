//! From what a run is to what the API shows.

use super::machine::{Index, Machine};
use super::ranges::compressed;
use super::{IndexDetails, IndexStatus, RunView, StatusDetails};
use crate::timestamp;

impl Machine {
    pub(super) fn view(&self) -> RunView {
        let of = |status| {
            let matching = self.indices.iter().filter(move |(_, index)| index.status() == status);
            matching.map(|(number, _)| *number)
        };
        let count = |status| of(status).count() as u64;
        let list = |status| compressed(of(status));
        let indices = self.indices.iter();
        let details = StatusDetails {
            completion_time: self.completed_at.map(timestamp),
            failed: count(IndexStatus::Failed),
            failed_indices: list(IndexStatus::Failed),
            indices_details: Some(
                indices.map(|(number, index)| (number.to_string(), index.details())).collect(),
            ),
            pending: count(IndexStatus::Pending),
            pending_indices: list(IndexStatus::Pending),
            requested: self.indices.len() as u64,
            running: count(IndexStatus::Running),
            running_indices: list(IndexStatus::Running),
            start_time: self.started_at.map(timestamp),
            succeeded: count(IndexStatus::Succeeded),
            succeeded_indices: list(IndexStatus::Succeeded),
            unknown: count(IndexStatus::Unknown),
        };
        RunView { status: self.status(), status_details: Some(details) }
    }
}

impl Index {
    fn details(&self) -> IndexDetails {
        IndexDetails {
            finished_at: self.finished_at.map(timestamp),
            last_failure_reason: self.last_failure_reason.clone(),
            retries: self.retries,
            started_at: self.started_at.map(timestamp),
            status: self.status(),
        }
    }
}
