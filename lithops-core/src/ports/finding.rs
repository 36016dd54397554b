//! What was found out about a platform or a storage before any job needs it.

/// One thing that was looked at, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, such as `container engine`.
    pub subject: &'static str,
    /// How it is, in a few words; or what is wrong.
    pub verdict: Result<String, Flaw>,
}

/// Something that keeps jobs from running, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {mend}")]
pub struct Flaw {
    /// What is wrong.
    pub what: String,
    /// The next step.
    pub mend: String,
}

impl Finding {
    /// It is as it should be.
    pub fn good(subject: &'static str, how: impl Into<String>) -> Self {
        Self { subject, verdict: Ok(how.into()) }
    }

    /// It keeps jobs from running.
    pub fn bad(subject: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { subject, verdict: Err(Flaw { what: what.into(), mend: mend.into() }) }
    }
}
