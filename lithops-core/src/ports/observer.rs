//! Who looks at jobs while they run.

use std::sync::Arc;

use crate::api::{JobSummary, Progress};
use crate::wire::{CallRecord, JobId, JobRecord, Logs};

/// Is told when jobs begin and end: a progress bar, a journal, a metric.
///
/// Called on the library's own threads; must not block.
pub trait JobObserver: Send + Sync {
    /// A job has begun; `watch` tells how far it is, at any time.
    fn job_started(&self, watch: Arc<dyn JobWatch>);

    /// Every call of the job has its outcome; or nobody waits for it any more, and there is no
    /// summary then. `watch` is the one that the job began with.
    fn job_ended(&self, watch: &Arc<dyn JobWatch>, summary: Option<&JobSummary>);
}

/// A view of a job, which keeps what is known of it but does not keep it running.
pub trait JobWatch: Send + Sync {
    /// The job's name.
    fn job(&self) -> &JobId;

    /// What the user calls it: the function, unless named.
    fn title(&self) -> &str;

    /// The backend that runs it.
    fn backend(&self) -> &'static str;

    /// How far it is.
    fn progress(&self) -> Progress;

    /// What it has come to so far, stages before it left out.
    fn summary(&self) -> JobSummary;

    /// What has become of it and of each call so far. Takes memory and time for each call.
    fn record(&self) -> JobRecord;

    /// The calls that were settled after the first `seen` of them, in the order in which they were,
    /// each with what it wrote.
    fn settled_since(&self, seen: usize) -> Vec<(CallRecord, Option<Logs>)>;

    /// Stops the job, if anybody still waits for it.
    fn cancel(&self);
}

/// Several observers as one: each is told, in this order.
impl JobObserver for Vec<Arc<dyn JobObserver>> {
    fn job_started(&self, watch: Arc<dyn JobWatch>) {
        self.iter().for_each(|observer| observer.job_started(Arc::clone(&watch)));
    }

    fn job_ended(&self, watch: &Arc<dyn JobWatch>, summary: Option<&JobSummary>) {
        self.iter().for_each(|observer| observer.job_ended(watch, summary));
    }
}
