//! What a run can be made to suffer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::instance::End;

/// A fault, and which runs suffer it.
///
/// ```
/// use lithops_codeengine_emulator::run::RunFault;
///
/// let fault = r#"{"run": "^lithops-", "indices": [3], "times": 1, "kind": "kill", "after_ms": 50}"#;
/// let fault: RunFault = serde_json::from_str(fault).unwrap();
/// assert_eq!(fault.indices, Some(vec![3]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFault {
    /// A regular expression that matches in the run's name. Empty for all runs.
    #[serde(default)]
    pub run: String,
    /// The indices that suffer it; all of them if left out. Without meaning for faults of a whole
    /// run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indices: Option<Vec<u64>>,
    /// How often each index of each run suffers it, or each run; always if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What happens.
    #[serde(flatten)]
    pub kind: RunFaultKind,
}

/// What can happen to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunFaultKind {
    /// The instance is killed, as by its node: `ContainerExitedCode137`.
    Kill {
        /// How long it runs before, in milliseconds.
        #[serde(default)]
        after_ms: u64,
    },
    /// The instance is killed, as for want of memory: `OOMKilled`.
    OutOfMemory {
        /// How long it runs before, in milliseconds.
        #[serde(default)]
        after_ms: u64,
    },
    /// The instance is killed, and is said to have ended with a code.
    Exit {
        /// How long it runs before, in milliseconds.
        #[serde(default)]
        after_ms: u64,
        /// The code.
        code: i32,
    },
    /// The instance is never started, though it has room.
    StuckPending,
    /// The image can't be pulled.
    ImagePull,
    /// The index is reported `unknown`.
    Unknown {
        /// For ever, and not until its instance has ended.
        #[serde(default)]
        lasting: bool,
    },
    /// Two instances of the index are started at once. The second one counts for nothing, and runs
    /// until it ends or the run is over.
    Duplicate,
    /// The run is gone, with its instances, as though it had been deleted by somebody.
    Vanish {
        /// How long after its first instance was started, in milliseconds.
        #[serde(default)]
        after_ms: u64,
    },
    /// The run is shown without `status_details`.
    NoStatusDetails,
    /// The run is shown without `indices_details`.
    NoIndicesDetails,
}

/// The faults that runs suffer. Clones are one list.
#[derive(Clone, Debug, Default)]
pub struct RunFaults {
    list: Arc<Mutex<List>>,
}

#[derive(Debug, Default)]
struct List {
    added: u64,
    faults: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    id: u64,
    fault: RunFault,
    pattern: Regex,
    /// How often it was suffered: by a run as a whole, or by one of its indices.
    suffered: HashMap<(u64, Option<u64>), u64>,
}

/// A fault that can't be.
#[derive(Debug, thiserror::Error)]
#[error("`{run}` is no regular expression for names of runs: {source}")]
pub struct BadRunFault {
    /// The expression.
    pub run: String,
    /// What is wrong with it.
    pub source: regex::Error,
}

impl RunFaultKind {
    /// How long an instance may run until it is killed, and what is said of its end.
    pub(super) fn ending(&self) -> Option<(Duration, End)> {
        let (after_ms, end) = match self {
            Self::Kill { after_ms } => (after_ms, End::Exited(137)),
            Self::OutOfMemory { after_ms } => (after_ms, End::OutOfMemory),
            Self::Exit { after_ms, code } => (after_ms, End::Exited(*code)),
            _ => return None,
        };
        Some((Duration::from_millis(*after_ms), end))
    }

    /// Whether it is this kind, where a kind says nothing more.
    pub(super) fn is(&self, kind: &Self) -> Option<()> {
        (self == kind).then_some(())
    }
}

impl RunFaults {
    /// Adds a fault, and gives its number.
    ///
    /// # Errors
    /// [`BadRunFault`] if the expression for the run's name is none.
    pub fn add(&self, fault: RunFault) -> Result<u64, BadRunFault> {
        let pattern = Regex::new(&fault.run)
            .map_err(|source| BadRunFault { run: fault.run.clone(), source })?;
        let mut list = self.lock();
        list.added += 1;
        let id = list.added;
        list.faults.push(Armed { id, fault, pattern, suffered: HashMap::new() });
        Ok(id)
    }

    /// The faults, with their numbers, in the order in which they were added.
    pub fn list(&self) -> Vec<(u64, RunFault)> {
        self.lock().faults.iter().map(|armed| (armed.id, armed.fault.clone())).collect()
    }

    /// Removes a fault; gives whether there was one of this number.
    pub fn remove(&self, id: u64) -> bool {
        let mut list = self.lock();
        let before = list.faults.len();
        list.faults.retain(|armed| armed.id != id);
        list.faults.len() < before
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.lock().faults.clear();
    }

    /// The first fault of these kinds that strikes a run, or one of its indices, now.
    pub(super) fn strike<T>(
        &self,
        (run, name): (u64, &str),
        index: Option<u64>,
        wanted: impl Fn(&RunFaultKind) -> Option<T>,
    ) -> Option<T> {
        self.lock().faults.iter_mut().find_map(|armed| {
            let kind = wanted(&armed.fault.kind)?;
            let hit = match (&armed.fault.indices, index) {
                (Some(indices), Some(index)) => indices.contains(&index),
                (_, None) | (None, Some(_)) => true,
            };
            if !hit || !armed.pattern.is_match(name) {
                return None;
            }
            let suffered = armed.suffered.entry((run, index)).or_default();
            if armed.fault.times.is_some_and(|times| *suffered >= times) {
                return None;
            }
            *suffered += 1;
            Some(kind)
        })
    }

    /// Nothing will happen to a run any more.
    pub(super) fn forget(&self, run: u64) {
        for armed in &mut self.lock().faults {
            armed.suffered.retain(|(suffering, _), _| *suffering != run);
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
