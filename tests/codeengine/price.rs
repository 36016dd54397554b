//! What a job is expected to cost, and what it has cost.

use std::time::Duration;

use lithops::prelude::*;
use lithops_codeengine_emulator::HttpFaultKind as Kind;
use lithops_codeengine_emulator::{HttpFault, Settings};
use serde_json::Value;

use crate::Case;
use crate::cloud::Cloud;
use crate::stage::until;

pub(crate) const CASES: &[Case] = &[
    ("price::an_estimate_is_that_of_the_documentation", an_estimate_is_that_of_the_documentation),
    ("price::what_was_used_is_what_the_platform_tells", what_was_used_is_what_the_platform_tells),
];

/// The rates of the documentation, for a vCPU and a gigabyte for a second.
const CPU: f64 = 0.000_034_31;
const GB: f64 = 0.000_003_56;

fn is_near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9
}

fn an_estimate_is_that_of_the_documentation() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").build().await.unwrap();
        let job = exec.map(|x: u32| x, 0..100).expect_each(Duration::from_secs(10)).submit();
        let job = job.unwrap();
        let estimate = job.summary().estimate.unwrap();
        job.cancel();
        assert_eq!((estimate.vcpu_seconds, estimate.gb_seconds), (125.0, 250.0));
        assert!(is_near(estimate.price, 0.005_178_75), "{estimate}");
        assert_eq!(estimate.rates.as_of, "2024-08-14");
        drop(job);
        crate::stage::end(exec, &cloud).await;
    });
}

/// For how long each instance of a run ran, by what the emulator tells of it; `None` for one whose
/// end it does not tell.
fn seconds(run: &Value) -> Vec<Option<f64>> {
    let time = |index: &Value, field: &str| {
        let text = index[field].as_str()?;
        let (_, clock) = text.trim_end_matches('Z').split_once('T')?;
        clock
            .split(':')
            .map(|part| part.parse::<f64>().ok())
            .try_fold(0.0, |sum, part| Some(sum * 60.0 + part?))
    };
    let indices = run["status_details"]["indices_details"].as_object().unwrap();
    let one = |index: &Value| {
        let took = time(index, "finished_at")? - time(index, "started_at")?;
        // Midnight may have been between.
        Some(took.rem_euclid(86_400.0))
    };
    indices.values().map(one).collect()
}

fn what_was_used_is_what_the_platform_tells() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        // Removed runs stay in sight as they were last, for the test to look at.
        let lingering = Kind::LingeringAfterDelete { milliseconds: 3_600_000 };
        cloud.suffer(HttpFault {
            times: None,
            ..HttpFault::once("DELETE", "/job_runs/", lingering)
        });
        let section = "runtime_cpu = 1\nruntime_memory = 4096\nworker_processes = 1";
        let exec = cloud.builder(section).workers(3).build().await.unwrap();
        let nap = |seconds: u64| std::thread::sleep(Duration::from_secs(seconds));
        let job = exec.map(nap, [1, 2, 5]).submit().unwrap();
        job.results().await.unwrap();
        let so_far = job.summary().so_far.unwrap();
        assert!(so_far.vcpu_seconds >= 8.0, "{so_far}");
        assert!(is_near(so_far.price, so_far.vcpu_seconds * (CPU + 4.0 * GB)), "{so_far}");
        let summary = job.finished().await;
        let used = summary.used.unwrap();
        drop(job);
        exec.shutdown().await;
        assert_eq!(cloud.objects(), Vec::<String>::new());
        until("the run's removal", || cloud.emulator().runs().list(&project(&cloud)).is_empty());

        let state = cloud.emulator().state();
        let runs = state["projects"][0]["resources"]["job_runs"].as_array().unwrap();
        assert_eq!(runs.len(), 1);
        let seconds = seconds(&runs[0]);
        assert_eq!(seconds.len(), 3);
        let told: f64 = seconds.iter().flatten().sum();
        // One that had not ended yet counts until the client looked: it had the call of five seconds.
        let longest = if seconds.contains(&None) { 5.0 } else { 0.0 };
        let instances = used.vcpu_seconds;
        assert!(instances >= told + longest - 1e-6, "{used}, {seconds:?}");
        assert!(
            instances <= told + longest + if longest > 0.0 { 10.0 } else { 1e-6 },
            "{used}, {seconds:?}"
        );
        assert!((8.0..30.0).contains(&instances), "{used}");
        assert!(is_near(used.gb_seconds, instances * 4.0), "{used}");
        assert!(is_near(used.price, instances * CPU + instances * 4.0 * GB), "{used}");
    });
}

fn project(cloud: &Cloud) -> String {
    let state = cloud.emulator().state();
    state["projects"][0]["project"]["id"].as_str().unwrap().to_owned()
}
