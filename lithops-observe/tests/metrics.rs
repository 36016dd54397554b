//! Every job and call is counted once, under its backend and outcome.

#![cfg(all(feature = "opentelemetry", feature = "prometheus"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use lithops_core::api::{JobSummary, Progress};
use lithops_core::ports::{JobObserver, JobWatch, StorageRequests};
use lithops_core::wire::{CallFailure, CallRecord, JobId, JobRecord, Logs};
use lithops_observe::metrics::{OpenTelemetryObserver, PrometheusObserver};
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

/// A job whose calls are settled by hand.
struct Played {
    job: JobId,
    calls: Mutex<Vec<CallRecord>>,
}

impl Played {
    fn new(ticket: u32) -> Arc<Self> {
        Arc::new(Self { job: JobId::new("ab12cd34", ticket), calls: Mutex::default() })
    }

    fn settle(&self, ms: u64, failure: Option<&str>) {
        let mut calls = self.calls.lock().unwrap();
        let failure =
            failure.map(|kind| CallFailure { kind: kind.to_owned(), message: String::new() });
        let index = calls.len() as u32;
        calls.push(CallRecord {
            index,
            worker: 0,
            attempts: 1,
            started_ns: 0,
            busy_ns: ms * 1_000_000,
            settled_ns: 0,
            cpu_ns: ms * 500_000,
            peak_bytes: None,
            argument_bytes: 1,
            result_bytes: 10,
            failure,
        });
    }
}

impl JobWatch for Played {
    fn job(&self) -> &JobId {
        &self.job
    }

    fn title(&self) -> &str {
        "played"
    }

    fn backend(&self) -> &'static str {
        "processes"
    }

    fn progress(&self) -> Progress {
        Progress::default()
    }

    fn summary(&self) -> JobSummary {
        let failed =
            self.calls.lock().unwrap().iter().filter(|call| call.failure.is_some()).count();
        JobSummary {
            title: "played".to_owned(),
            calls: 0,
            succeeded: 0,
            failed,
            repeated: 0,
            workers: 0,
            hedged: 0,
            wall: std::time::Duration::ZERO,
            busy: std::time::Duration::ZERO,
            result_bytes: 0,
            requests: StorageRequests::default(),
            estimate: None,
            so_far: None,
            used: None,
        }
    }

    fn record(&self) -> JobRecord {
        unreachable!("nobody asks for it")
    }

    fn settled_since(&self, seen: usize) -> Vec<(CallRecord, Option<Logs>)> {
        self.calls.lock().unwrap()[seen..].iter().map(|call| (call.clone(), None)).collect()
    }

    fn cancel(&self) {}
}

/// Two jobs: of one call that is well and one that panics, and of one that is well and dropped; a
/// third goes on.
fn play(observer: &dyn JobObserver) {
    let jobs = [Played::new(0), Played::new(1), Played::new(2)];
    for job in &jobs {
        observer.job_started(Arc::<Played>::clone(job));
    }
    jobs[0].settle(2, None);
    jobs[0].settle(8, Some("panicked"));
    jobs[1].settle(2, None);
    let [first, second, _] = jobs.map(|job| job as Arc<dyn JobWatch>);
    observer.job_ended(&first, Some(&first.summary()));
    observer.job_ended(&second, None);
}

#[test]
fn prometheus_is_told_of_every_job_and_call_once() {
    let mut registry = Registry::default();
    let observer = PrometheusObserver::new(&mut registry);
    play(&observer);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    for line in [
        r#"lithops_jobs_total{backend="processes",outcome="failed"} 1"#,
        r#"lithops_jobs_total{backend="processes",outcome="dropped"} 1"#,
        r#"lithops_jobs_running{backend="processes"} 1"#,
        r#"lithops_calls_total{backend="processes",outcome="ok"} 2"#,
        r#"lithops_calls_total{backend="processes",outcome="panicked"} 1"#,
        r#"lithops_call_seconds_count{backend="processes",outcome="ok"} 2"#,
        r#"lithops_call_seconds_bucket{le="0.004",backend="processes",outcome="ok"} 2"#,
        r#"lithops_call_cpu_seconds_total{backend="processes"} 0.006"#,
        r#"lithops_result_bytes_total{backend="processes"} 30"#,
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
    }
}

#[test]
fn opentelemetry_is_told_of_every_job_and_call_once() {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let observer = OpenTelemetryObserver::new(&provider.meter("lithops"));
    play(&observer);
    provider.force_flush().unwrap();
    let told = exporter.get_finished_metrics().unwrap();
    let metrics = told.iter().flat_map(|all| all.scope_metrics()).flat_map(|scope| scope.metrics());
    let mut counts = std::collections::BTreeMap::new();
    for metric in metrics {
        if let AggregatedMetrics::U64(MetricData::Sum(sum)) = metric.data() {
            let total: u64 = sum.data_points().map(|point| point.value()).sum();
            counts.insert(metric.name().to_owned(), (total, sum.data_points().count()));
        }
        if let AggregatedMetrics::I64(MetricData::Sum(sum)) = metric.data() {
            let total: i64 = sum.data_points().map(|point| point.value()).sum();
            counts.insert(metric.name().to_owned(), (total as u64, sum.data_points().count()));
        }
    }
    let expected = [
        ("lithops.calls", (3, 2)),
        ("lithops.jobs", (2, 2)),
        ("lithops.jobs.running", (1, 1)),
        ("lithops.result.size", (30, 1)),
    ];
    let expected = expected.map(|(name, counted)| (name.to_owned(), counted));
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
}
