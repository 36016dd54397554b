//! One look at an object's state, and what comes of it.

/// What an operation wants after a look at the state.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// It is done.
    Done(T),
    /// It wants to look again when the state has changed.
    Wait,
}

/// Who is to look again because the state has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wake {
    #[default]
    Nobody,
    /// One of those who wait: whoever it is can go on, and will wake the next if there is more.
    One,
    All,
}

/// What an operation knows at a look, and says beside its step.
#[derive(Debug)]
pub(crate) struct Turn {
    /// The place's clock, in milliseconds.
    pub(crate) now: u64,
    /// How long a holder keeps what it holds without being heard of; `None` where a holder can't
    /// die alone.
    pub(crate) lease_ms: Option<u64>,
    /// Whether the time of whoever waits is over: this is the last look.
    pub(crate) is_last: bool,
    pub(crate) wake: Wake,
}

impl Turn {
    /// Until when something taken now is kept.
    pub(crate) fn until(&self) -> Option<u64> {
        self.lease_ms.map(|lease| self.now.saturating_add(lease))
    }

    /// As [`until`](Self::until), for somebody who is heard of again: what it was before, as long as
    /// two thirds of the lease are left, because each change of a state is in the way of others'.
    pub(crate) fn renewed(&self, before: Option<u64>) -> Option<u64> {
        let left = before.map(|before| before.saturating_sub(self.now));
        match (left, self.lease_ms) {
            (Some(left), Some(lease)) if left >= lease - lease / 3 => before,
            _ => self.until(),
        }
    }

    /// Whether what was to be kept until then still is.
    pub(crate) fn holds(&self, until: Option<u64>) -> bool {
        until.is_none_or(|until| until > self.now)
    }
}

#[cfg(test)]
impl Turn {
    pub(crate) fn at(now: u64) -> Self {
        Self { now, lease_ms: Some(10), is_last: false, wake: Wake::Nobody }
    }
}
