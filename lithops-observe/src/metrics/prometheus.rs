//! Numbers in a Prometheus registry.

use std::sync::Arc;

use lithops_core::api::JobSummary;
use lithops_core::ports::{JobObserver, JobWatch};
use lithops_core::wire::CallRecord;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::follow::{Follower, Meter};

type Labels = Vec<(&'static str, String)>;
type Seconds = Counter<f64, std::sync::atomic::AtomicU64>;

/// Counts jobs and calls in a [`Registry`] of `prometheus-client`, which the program serves itself.
///
/// ```
/// use std::sync::Arc;
///
/// use lithops_observe::metrics::PrometheusObserver;
/// use prometheus_client::registry::Registry;
///
/// let mut registry = Registry::default();
/// let observer = Arc::new(PrometheusObserver::new(&mut registry));
/// // FunctionExecutor::builder().observer(observer)
/// let mut text = String::new();
/// prometheus_client::encoding::text::encode(&mut text, &registry)?;
/// assert_eq!(text, "# EOF\n"); // nothing is counted before the first job
/// # Ok::<(), std::fmt::Error>(())
/// ```
pub struct PrometheusObserver(Arc<Follower<Families>>);

impl std::fmt::Debug for PrometheusObserver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrometheusObserver")
    }
}

impl PrometheusObserver {
    /// Registers the metrics of the [table](super).
    pub fn new(registry: &mut Registry) -> Self {
        let families = Families::default();
        let group = registry.sub_registry_with_prefix("lithops");
        group.register("jobs", "Jobs that have ended", families.jobs.clone());
        group.register("jobs_running", "Jobs that run", families.running.clone());
        group.register("calls", "Calls that have their outcome", families.calls.clone());
        group.register("call_seconds", "How long calls ran", families.seconds.clone());
        group.register("call_cpu_seconds", "Time of calls on processors", families.cpu.clone());
        group.register("result_bytes", "Bytes of results", families.bytes.clone());
        Self(Follower::new(families))
    }
}

impl JobObserver for PrometheusObserver {
    fn job_started(&self, watch: Arc<dyn JobWatch>) {
        self.0.job_started(watch);
    }

    fn job_ended(&self, watch: &Arc<dyn JobWatch>, summary: Option<&JobSummary>) {
        self.0.job_ended(watch, summary);
    }
}

struct Families {
    jobs: Family<Labels, Counter>,
    running: Family<Labels, Gauge>,
    calls: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram>,
    cpu: Family<Labels, Seconds>,
    bytes: Family<Labels, Counter>,
}

impl Default for Families {
    fn default() -> Self {
        Self {
            jobs: Family::default(),
            running: Family::default(),
            calls: Family::default(),
            // From a millisecond to more than an hour.
            seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 4.0, 12))
            }),
            cpu: Family::default(),
            bytes: Family::default(),
        }
    }
}

fn labels(backend: &str) -> Labels {
    vec![("backend", backend.to_owned())]
}

fn with_outcome(backend: &str, outcome: &str) -> Labels {
    vec![("backend", backend.to_owned()), ("outcome", outcome.to_owned())]
}

impl Meter for Families {
    fn running(&self, backend: &'static str, change: i64) {
        self.running.get_or_create(&labels(backend)).inc_by(change);
    }

    fn ended(&self, backend: &'static str, outcome: &'static str) {
        self.jobs.get_or_create(&with_outcome(backend, outcome)).inc();
    }

    fn call(&self, backend: &'static str, outcome: &str, call: &CallRecord) {
        let both = with_outcome(backend, outcome);
        self.calls.get_or_create(&both).inc();
        self.seconds.get_or_create(&both).observe(seconds(call.busy_ns));
        self.cpu.get_or_create(&labels(backend)).inc_by(seconds(call.cpu_ns));
        self.bytes.get_or_create(&labels(backend)).inc_by(call.result_bytes);
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
