//! Who looks at jobs while they run.

use std::sync::Arc;

use crate::api::{JobSummary, Progress};
use crate::wire::JobId;

/// Is told when jobs begin and end: a progress bar, a log, a metric.
///
/// Called on the library's own threads; must not block.
pub trait JobObserver: Send + Sync {
    /// A job has begun; `watch` tells how far it is, at any time.
    fn job_started(&self, watch: Arc<dyn JobWatch>);

    /// Every call of the job has its outcome; or nobody waits for it any more, and there is no
    /// summary then.
    fn job_ended(&self, job: &JobId, summary: Option<&JobSummary>);
}

/// A view of a job that runs.
pub trait JobWatch: Send + Sync {
    /// The job's name.
    fn job(&self) -> &JobId;

    /// What the user calls it: the function, unless named.
    fn title(&self) -> &str;

    /// How far it is.
    fn progress(&self) -> Progress;
}
