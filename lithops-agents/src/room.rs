//! Room for one worker, which its lane or its end gives back, whichever comes first.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Done once, by whoever comes first.
type GiveBack = Box<dyn FnOnce() + Send>;

/// Room for one worker. Whoever knows first that the worker ends gives it back.
#[derive(Clone)]
pub struct Room(Arc<Mutex<Option<GiveBack>>>);

impl Room {
    /// Lets another worker have it; once.
    pub fn give_back(&self) {
        let give_back = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(give_back) = give_back {
            give_back();
        }
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Room(..)")
    }
}

/// Holds room, and gives it back when it is dropped, or before.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use lithops_agents::Claim;
///
/// let taken = Arc::new(AtomicUsize::new(1));
/// let count = Arc::clone(&taken);
/// let claim = Claim::new(move || _ = count.fetch_sub(1, Ordering::Relaxed));
/// claim.room().give_back();
/// drop(claim);
/// assert_eq!(taken.load(Ordering::Relaxed), 0);
/// ```
#[derive(Debug)]
pub struct Claim(Room);

impl Claim {
    /// Claims room that was taken already; `give_back` is called once, by whoever drops the claim or
    /// gives its room back.
    pub fn new(give_back: impl FnOnce() + Send + 'static) -> Self {
        Self(Room(Arc::new(Mutex::new(Some(Box::new(give_back))))))
    }

    /// The room, to be given back before.
    pub fn room(&self) -> Room {
        self.0.clone()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.give_back();
    }
}
