//! The state of each index of a run, from all that a run says of it.

use std::collections::HashMap;

use crate::array;
use crate::resource::{IndexDetails, Run};

/// The state of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Index {
    /// Its instance has not begun, or nothing is said of it.
    #[default]
    Pending,
    /// Its instance runs, or is out of the platform's sight: the worker's own signs of life decide
    /// then.
    Running,
    /// Its instance has ended well.
    Succeeded,
    /// Its instance has ended otherwise.
    Failed {
        /// The platform's word for it.
        reason: Option<String>,
        /// Whether the instance had begun.
        begun: bool,
    },
    /// Its run is not there any more.
    Gone,
}

/// The states of all indices of a run.
#[derive(Debug, Default)]
pub(super) struct Indices {
    known: HashMap<u32, Index>,
    others: Index,
}

impl Indices {
    /// The same state for all.
    pub(super) fn all(state: Index) -> Self {
        Self { known: HashMap::new(), others: state }
    }

    pub(super) fn of(&self, index: u32) -> Index {
        self.known.get(&index).unwrap_or(&self.others).clone()
    }
}

/// Reads what a run says: of an index itself, else in which list it is, else of the run.
pub(super) fn read(run: &Run) -> Indices {
    let others = match run.status.as_str() {
        "completed" => Index::Succeeded,
        "failed" => Index::Failed { reason: None, begun: false },
        _ => Index::Pending,
    };
    let told = run.status_details.as_ref().filter(|details| details.tell_of_indices());
    let Some(details) = told else {
        // Whether an instance of it waits nobody knows: the worker's own signs of life decide.
        return Indices::all(if run.status == "running" { Index::Running } else { others });
    };
    let mut known = HashMap::new();
    let lists = [
        (&details.pending_indices, Index::Pending),
        (&details.running_indices, Index::Running),
        (&details.succeeded_indices, Index::Succeeded),
        (&details.failed_indices, Index::Failed { reason: None, begun: false }),
    ];
    for (list, state) in lists {
        let indices = list.as_deref().and_then(array::parse).unwrap_or_default();
        known.extend(indices.into_iter().map(|index| (index, state.clone())));
    }
    for (index, details) in details.indices_details.iter().flatten() {
        if let (Ok(index), Some(state)) = (index.parse(), state(details)) {
            known.insert(index, state);
        }
    }
    Indices { known, others }
}

/// The platform's word for why an instance has not been started yet.
///
/// It is no part of an index's state: words take turns while nothing moves.
pub(crate) fn held_up(run: &Run) -> Option<&str> {
    let details = run.status_details.as_ref()?.indices_details.as_ref()?;
    let mut waiting = details.values().filter(|index| index.status.as_deref() == Some("pending"));
    waiting.find_map(|index| index.last_failure_reason.as_deref())
}

fn state(details: &IndexDetails) -> Option<Index> {
    Some(match details.status.as_deref()? {
        "pending" => Index::Pending,
        "running" | "unknown" => Index::Running,
        "succeeded" => Index::Succeeded,
        "failed" => Index::Failed {
            reason: details.last_failure_reason.clone(),
            begun: details.started_at.is_some(),
        },
        _ => return None,
    })
}
