//! Trying until something can be done.

use std::time::{Duration, Instant};

use super::{Keys, Server};
use crate::Result;
use crate::place::{stopped, unique};

/// The longest that somebody waits to be woken before looking by itself: whoever was woken instead
/// may be no more.
const ROUND: Duration = Duration::from_secs(1);

/// One try.
pub(crate) struct Attempt<'a> {
    /// Who tries.
    pub(crate) waiter: &'a str,
    /// Whether this is the last try, after which nobody waits.
    pub(crate) is_last: bool,
}

impl Attempt<'_> {
    /// Who wants to be woken, if nothing comes of this try: nobody after the last one.
    pub(crate) fn registers(&self) -> &str {
        if self.is_last { "" } else { self.waiter }
    }
}

/// Tries until something comes of it; `None` if that is not before `deadline`.
///
/// Each try is one request. In between a connection waits for the one word that wakes it, for a
/// second or a third of the lease at the most.
pub(crate) fn until_done<T>(
    server: &Server,
    keys: &Keys,
    deadline: Option<Instant>,
    mut attempt: impl FnMut(&Attempt<'_>) -> Result<Option<T>>,
) -> Result<Option<T>> {
    let waiter = unique();
    let round = ROUND.min(Duration::from_millis(keys.lease_ms / 3));
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let is_last = left.is_some_and(|left| left.is_zero());
        if let Some(value) = attempt(&Attempt { waiter: &waiter, is_last })? {
            return Ok(Some(value));
        }
        if is_last {
            return Ok(None);
        }
        stopped()?;
        let round = left.map_or(round, |left| left.min(round));
        server.nap(&keys.of_waiter(&waiter), round)?;
    }
}
