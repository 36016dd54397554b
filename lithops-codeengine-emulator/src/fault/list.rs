//! The faults that wait for a request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use regex::Regex;

use super::{HttpFault, HttpFaultKind};

/// The faults that requests suffer. Clones are one list.
#[derive(Debug, Clone)]
pub struct HttpFaults {
    list: Arc<Mutex<List>>,
}

#[derive(Debug)]
struct List {
    added: u64,
    faults: Vec<Armed>,
    chance: StdRng,
}

#[derive(Debug)]
struct Armed {
    id: u64,
    fault: HttpFault,
    pattern: Regex,
    /// How many requests have matched.
    matched: u64,
    /// How many have suffered it.
    suffered: u64,
}

/// A fault that can't be.
#[derive(Debug, thiserror::Error)]
pub enum BadHttpFault {
    /// The expression for paths is none.
    #[error("`{path}` is no regular expression for paths: {source}")]
    Path {
        /// The expression.
        path: String,
        /// What is wrong with it.
        source: regex::Error,
    },
    /// The probability is none.
    #[error("a probability is from 0 to 1, not {0}")]
    Probability(f64),
    /// The status is none that can be answered.
    #[error("a status is from 200 to 599, not {0}")]
    Status(u16),
}

impl HttpFaults {
    pub(crate) fn new(seed: u64) -> Self {
        let list = List { added: 0, faults: Vec::new(), chance: StdRng::seed_from_u64(seed) };
        Self { list: Arc::new(Mutex::new(list)) }
    }

    /// Adds a fault, and gives its number.
    ///
    /// # Errors
    /// [`BadHttpFault`] if it can't be.
    pub fn add(&self, fault: HttpFault) -> Result<u64, BadHttpFault> {
        let pattern = Regex::new(&fault.path)
            .map_err(|source| BadHttpFault::Path { path: fault.path.clone(), source })?;
        if let Some(wrong) = fault.probability.filter(|p| !(0.0..=1.0).contains(p)) {
            return Err(BadHttpFault::Probability(wrong));
        }
        match fault.kind {
            HttpFaultKind::Status { status, .. }
            | HttpFaultKind::CommitThenStatus { status, .. }
            | HttpFaultKind::NotJson { status }
                if !(200..600).contains(&status) =>
            {
                return Err(BadHttpFault::Status(status));
            }
            _ => {}
        }
        let mut list = self.lock();
        list.added += 1;
        let id = list.added;
        list.faults.push(Armed { id, fault, pattern, matched: 0, suffered: 0 });
        Ok(id)
    }

    /// The faults, with their numbers, in the order in which they were added.
    pub fn list(&self) -> Vec<(u64, HttpFault)> {
        self.lock().faults.iter().map(|armed| (armed.id, armed.fault.clone())).collect()
    }

    /// How many requests have suffered a fault; `None` if there is none of this number.
    pub fn suffered(&self, id: u64) -> Option<u64> {
        self.lock().faults.iter().find(|armed| armed.id == id).map(|armed| armed.suffered)
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

    /// What a request suffers.
    pub(super) fn hit(&self, method: &str, path: &str) -> Vec<HttpFaultKind> {
        let mut list = self.lock();
        let List { faults, chance, .. } = &mut *list;
        let mut suffered = Vec::new();
        for armed in faults {
            let fault = &armed.fault;
            let of_method = fault.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(method));
            if !of_method || !armed.pattern.is_match(path) {
                continue;
            }
            armed.matched += 1;
            let spent = fault.times.is_some_and(|times| armed.suffered >= times);
            let its_turn = fault.nth.is_none_or(|nth| nth == armed.matched);
            let likely = fault.probability.is_none_or(|p| chance.random_bool(p));
            if !spent && its_turn && likely {
                armed.suffered += 1;
                suffered.push(fault.kind.clone());
            }
        }
        suffered
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn drop() -> HttpFault {
        HttpFault::always(HttpFaultKind::Drop)
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_says() {
        let faults = HttpFaults::new(0);
        let twice = HttpFault { times: Some(2), path: "/jobs$".to_owned(), ..drop() };
        let id = faults.add(twice).unwrap();
        let hits = (0..4).map(|_| faults.hit("GET", "/v2/jobs").len());
        assert_eq!(hits.collect::<Vec<_>>(), [1, 1, 0, 0]);
        assert_eq!(faults.hit("GET", "/v2/jobs/a").len(), 0);
        assert_eq!(faults.suffered(id), Some(2));
        assert!(faults.remove(id));
        assert!(!faults.remove(id));
    }

    #[test]
    fn only_the_nth_of_a_method_is_struck() {
        let faults = HttpFaults::new(0);
        let third = HttpFault { nth: Some(3), method: Some("post".to_owned()), ..drop() };
        faults.add(third).unwrap();
        assert_eq!(faults.hit("GET", "/").len(), 0);
        let hits = (0..5).map(|_| faults.hit("POST", "/").len());
        assert_eq!(hits.collect::<Vec<_>>(), [0, 0, 1, 0, 0]);
    }

    #[test]
    fn chance_is_the_same_for_the_same_seed() {
        let struck = |seed| {
            let faults = HttpFaults::new(seed);
            faults.add(HttpFault { probability: Some(0.5), ..drop() }).unwrap();
            (0..200).map(|_| faults.hit("GET", "/").len()).collect::<Vec<_>>()
        };
        assert_eq!(struck(1), struck(1));
        assert_ne!(struck(1), struck(2));
        let count: usize = struck(1).iter().sum();
        assert!((60..140).contains(&count), "{count}");
    }

    #[test]
    fn what_can_not_be_is_refused() {
        let faults = HttpFaults::new(0);
        let wrong = faults.add(HttpFault { path: "(".to_owned(), ..drop() });
        assert!(matches!(wrong, Err(BadHttpFault::Path { .. })));
        let wrong = faults.add(HttpFault { probability: Some(2.0), ..drop() });
        assert!(matches!(wrong, Err(BadHttpFault::Probability(_))));
        let kind = HttpFaultKind::NotJson { status: 99 };
        let wrong = faults.add(HttpFault::always(kind));
        assert!(matches!(wrong, Err(BadHttpFault::Status(99))));
    }
}
