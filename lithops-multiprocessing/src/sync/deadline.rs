//! When a wait is over.

use std::time::{Duration, Instant};

use crate::MultiprocessingError;

/// The end of a wait; `None` if that is beyond what the clock can tell.
pub(crate) fn after(limit: Duration) -> Option<Instant> {
    Instant::now().checked_add(limit)
}

pub(crate) fn timed_out(what: &'static str, limit: Duration) -> MultiprocessingError {
    MultiprocessingError::TimedOut { what, limit }
}
