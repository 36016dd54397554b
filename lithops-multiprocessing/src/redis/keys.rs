//! What the keys of an object are called.

use std::time::Duration;

use crate::place::ServerPlace;

/// The keys of one object, and how long they live.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// Its state, or what is known of it.
    pub(crate) meta: String,
    #[cfg_attr(
        not(feature = "redis"),
        expect(dead_code, reason = "without a server nothing expires")
    )]
    pub(crate) expiry_ms: u64,
    pub(crate) lease_ms: u64,
    /// How long the server may take to let us in, and again to answer; as usual if there is nothing.
    #[cfg_attr(
        not(feature = "redis"),
        expect(dead_code, reason = "without a server nobody answers")
    )]
    pub(crate) patience: Option<Duration>,
}

impl Keys {
    pub(crate) fn new(place: &ServerPlace, id: &str) -> Self {
        // The tag in braces keeps them on one node of a cluster.
        let meta = format!("{}:mp:{{{id}}}", place.prefix);
        let (expiry_ms, lease_ms) = (place.expiry_ms, place.lease_ms);
        Self { meta, expiry_ms, lease_ms, patience: None }
    }

    /// The same for somebody who can't wait as long as others.
    pub(crate) fn within(self, patience: Option<Duration>) -> Self {
        Self { patience, ..self }
    }

    /// A key beside that.
    pub(crate) fn beside(&self, name: &str) -> String {
        format!("{}:{name}", self.meta)
    }

    /// The list on which one who waits is woken.
    pub(crate) fn of_waiter(&self, waiter: &str) -> String {
        self.beside(&format!("w:{waiter}"))
    }
}
