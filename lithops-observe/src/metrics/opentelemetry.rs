//! Numbers for OpenTelemetry.

use std::sync::Arc;

use lithops_core::api::JobSummary;
use lithops_core::ports::{JobObserver, JobWatch};
use lithops_core::wire::CallRecord;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter as Instruments, UpDownCounter};

use super::follow::{Follower, Meter};

/// Counts jobs and calls with the instruments of an OpenTelemetry meter; where they go to is for the
/// program's meter provider to say.
///
/// ```
/// use std::sync::Arc;
///
/// use lithops_observe::metrics::OpenTelemetryObserver;
///
/// let meter = opentelemetry::global::meter("lithops");
/// let observer = Arc::new(OpenTelemetryObserver::new(&meter));
/// // FunctionExecutor::builder().observer(observer)
/// ```
pub struct OpenTelemetryObserver(Arc<Follower<Set>>);

impl std::fmt::Debug for OpenTelemetryObserver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenTelemetryObserver")
    }
}

impl OpenTelemetryObserver {
    /// Makes the instruments of the [table](super).
    pub fn new(meter: &Instruments) -> Self {
        let seconds = meter.f64_histogram("lithops.call.duration").with_unit("s");
        // From a millisecond to more than an hour.
        let bounds = (0..12).map(|power| 0.001 * 4f64.powi(power)).collect();
        Self(Follower::new(Set {
            jobs: meter.u64_counter("lithops.jobs").build(),
            running: meter.i64_up_down_counter("lithops.jobs.running").build(),
            calls: meter.u64_counter("lithops.calls").build(),
            seconds: seconds.with_boundaries(bounds).build(),
            cpu: meter.f64_counter("lithops.call.cpu").with_unit("s").build(),
            bytes: meter.u64_counter("lithops.result.size").with_unit("By").build(),
        }))
    }
}

impl JobObserver for OpenTelemetryObserver {
    fn job_started(&self, watch: Arc<dyn JobWatch>) {
        self.0.job_started(watch);
    }

    fn job_ended(&self, watch: &Arc<dyn JobWatch>, summary: Option<&JobSummary>) {
        self.0.job_ended(watch, summary);
    }
}

struct Set {
    jobs: Counter<u64>,
    running: UpDownCounter<i64>,
    calls: Counter<u64>,
    seconds: Histogram<f64>,
    cpu: Counter<f64>,
    bytes: Counter<u64>,
}

impl Meter for Set {
    fn running(&self, backend: &'static str, change: i64) {
        self.running.add(change, &[KeyValue::new("backend", backend)]);
    }

    fn ended(&self, backend: &'static str, outcome: &'static str) {
        let labels = [KeyValue::new("backend", backend), KeyValue::new("outcome", outcome)];
        self.jobs.add(1, &labels);
    }

    fn call(&self, backend: &'static str, outcome: &str, call: &CallRecord) {
        let labels =
            [KeyValue::new("backend", backend), KeyValue::new("outcome", outcome.to_owned())];
        self.calls.add(1, &labels);
        self.seconds.record(call.busy_ns as f64 / 1e9, &labels);
        self.cpu.add(call.cpu_ns as f64 / 1e9, &labels[..1]);
        self.bytes.add(call.result_bytes, &labels[..1]);
    }
}
