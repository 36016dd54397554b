//! What handlers do otherwise because of a fault.

use std::time::Duration;

/// In the extensions of every request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Twists {
    /// What is created is found only after that.
    pub(crate) hidden: Duration,
    /// What is deleted is found until that is over.
    pub(crate) lingering: Duration,
    /// How long a token is valid.
    pub(crate) token_life: Option<Duration>,
    /// What becomes of a project.
    pub(crate) project: Option<ProjectFate>,
}

/// What becomes of a project that doesn't become active.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ProjectFate {
    Fails,
    Stuck,
}
