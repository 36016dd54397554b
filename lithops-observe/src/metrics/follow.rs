//! Follows jobs, and tells a meter of each call once.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lithops_core::api::JobSummary;
use lithops_core::ports::{JobObserver, JobWatch};
use lithops_core::wire::CallRecord;

/// How often jobs that run are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What is told of jobs and calls.
pub(super) trait Meter: Send + Sync + 'static {
    /// So many more jobs run, or fewer.
    fn running(&self, backend: &'static str, change: i64);

    /// A job has ended: `ok`, `failed` or `dropped`.
    fn ended(&self, backend: &'static str, outcome: &'static str);

    /// A call has its outcome: `ok`, or the kind of its failure.
    fn call(&self, backend: &'static str, outcome: &str, call: &CallRecord);
}

/// The observer over a meter. Its thread runs only while a job does.
pub(super) struct Follower<M> {
    meter: M,
    live: Mutex<Live>,
    changed: Condvar,
    own: Weak<Self>,
}

#[derive(Default)]
struct Live {
    /// By the address of the watch: a job may be followed twice, when it is taken up again.
    jobs: HashMap<usize, Followed>,
    looks: bool,
}

struct Followed {
    watch: Arc<dyn JobWatch>,
    seen: usize,
}

fn address(watch: &Arc<dyn JobWatch>) -> usize {
    Arc::as_ptr(watch).cast::<()>().addr()
}

impl<M: Meter> Follower<M> {
    pub(super) fn new(meter: M) -> Arc<Self> {
        Arc::new_cyclic(|own| Self {
            meter,
            live: Mutex::default(),
            changed: Condvar::new(),
            own: Weak::clone(own),
        })
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, job: &mut Followed) {
        let settled = job.watch.settled_since(job.seen);
        job.seen += settled.len();
        for (call, _) in &settled {
            let outcome = call.failure.as_ref().map_or("ok", |failure| failure.kind.as_str());
            self.meter.call(job.watch.backend(), outcome, call);
        }
    }

    fn look(&self) {
        let mut live = self.live();
        while !live.jobs.is_empty() {
            live.jobs.values_mut().for_each(|job| self.tell(job));
            let waited = self.changed.wait_timeout(live, LOOK);
            live = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        live.looks = false;
    }
}

impl<M: Meter> JobObserver for Follower<M> {
    fn job_started(&self, watch: Arc<dyn JobWatch>) {
        self.meter.running(watch.backend(), 1);
        let mut live = self.live();
        live.jobs.insert(address(&watch), Followed { watch, seen: 0 });
        if !live.looks
            && let Some(own) = self.own.upgrade()
        {
            let thread = std::thread::Builder::new().name("lithops-metrics".to_owned());
            // Without a thread calls are told at their job's end.
            live.looks = thread.spawn(move || own.look()).is_ok();
        }
    }

    fn job_ended(&self, watch: &Arc<dyn JobWatch>, summary: Option<&JobSummary>) {
        let backend = watch.backend();
        let mut live = self.live();
        self.meter.running(backend, -1);
        if let Some(mut job) = live.jobs.remove(&address(watch)) {
            self.tell(&mut job);
        }
        self.meter.ended(
            backend,
            match summary {
                None => "dropped",
                Some(summary) if summary.failed > 0 => "failed",
                Some(_) => "ok",
            },
        );
        drop(live);
        self.changed.notify_all();
    }
}
