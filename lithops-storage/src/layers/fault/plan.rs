//! What goes wrong, and when.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use lithops_core::ports::StorageErrorKind;

use super::Verb;

/// One thing that goes wrong with every request of a kind, unless narrowed down.
#[derive(Debug)]
pub struct Fault {
    verb: Verb,
    effect: Effect,
    text_in_key: String,
    requests: RangeInclusive<u64>,
    seen: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    Fail(StorageErrorKind),
    LoseAcknowledgement,
    Delay(Duration),
}

impl Fault {
    /// The request fails with `kind` before it reaches the storage.
    pub fn failure(verb: Verb, kind: StorageErrorKind) -> Self {
        Self::new(verb, Effect::Fail(kind))
    }

    /// The storage does what it was asked, but the answer gets lost
    /// ([`StorageErrorKind::Unavailable`]).
    pub fn lost_acknowledgement(verb: Verb) -> Self {
        Self::new(verb, Effect::LoseAcknowledgement)
    }

    /// The request sets out late, by tokio's clock.
    pub fn delay(verb: Verb, delay: Duration) -> Self {
        Self::new(verb, Effect::Delay(delay))
    }

    /// Narrows the fault down to requests for keys that contain `text`.
    pub fn for_keys_with(mut self, text: impl Into<String>) -> Self {
        self.text_in_key = text.into();
        self
    }

    /// Narrows the fault down to some of the requests that it would meet, counted from 1.
    pub fn only(mut self, requests: RangeInclusive<u64>) -> Self {
        self.requests = requests;
        self
    }

    fn new(verb: Verb, effect: Effect) -> Self {
        let requests = 1..=u64::MAX;
        Self { verb, effect, text_in_key: String::new(), requests, seen: AtomicU64::new(0) }
    }

    /// Counts a request if it is one of ours, and tells what happens to it.
    pub(super) fn due(&self, verb: Verb, keys: &[&str]) -> Option<Effect> {
        if verb != self.verb || !keys.iter().any(|key| key.contains(&self.text_in_key)) {
            return None;
        }
        let request = self.seen.fetch_add(1, Relaxed) + 1;
        self.requests.contains(&request).then_some(self.effect)
    }
}
