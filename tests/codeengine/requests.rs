//! How many requests a job costs, however many calls it has.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use lithops::StorageBackend;
use lithops::prelude::*;
use lithops_codeengine_emulator::Settings;
use lithops_storage::layers::{CountingStorage, Verb};

use crate::Case;
use crate::cloud::{Cloud, wait};
use crate::stage::{end, until};

pub(crate) const CASES: &[Case] = &[
    ("requests::a_job_of_2000_calls_asks_as_often_as_one_of_10", a_job_of_2000_calls_asks_as_often),
    ("requests::storage_is_asked_for_each_worker_and_batch", storage_is_asked_for_each_worker),
];

const RUNS: &str = "/v2/projects/{project}/job_runs";
const RUN: &str = "/v2/projects/{project}/job_runs/{name}";

/// What a first and a second job of so many calls ask, questions about the run left out.
async fn asked(calls: u32) -> [BTreeMap<(String, String), u64>; 2] {
    let cloud = Cloud::new(Settings::default()).await;
    let exec = cloud.builder("").workers(2).build().await.unwrap();
    let mut asked = [BTreeMap::new(), BTreeMap::new()];
    for asked in &mut asked {
        cloud.emulator().requests().clear();
        let begun = Instant::now();
        let job = exec.map(|x: u32| x + 1, 0..calls).submit().unwrap();
        assert_eq!(job.results().await.unwrap(), (1..=calls).collect::<Vec<_>>());
        job.finished().await;
        // One at the end, and at most one a second before.
        let questions = cloud.emulator().requests().count("GET", RUN);
        let most = begun.elapsed().as_secs() + 1;
        assert!((1..=most).contains(&questions), "{questions} of {most}");
        drop(job);
        until("the run's removal", || cloud.resources("job_runs").is_empty());
        let seen = cloud.emulator().requests().list().into_iter();
        let seen = seen.map(|seen| ((seen.method, seen.path), seen.count));
        *asked = seen
            .filter(|((method, path), _)| (method.as_str(), path.as_str()) != ("GET", RUN))
            .collect();
    }
    end(exec, &cloud).await;
    asked
}

fn a_job_of_2000_calls_asks_as_often() {
    lithops::block_on(async {
        let few = asked(10).await;
        assert_eq!(few, asked(2000).await);
        let request =
            |method: &str, path: &str, count| ((method.to_owned(), path.to_owned()), count);
        let each = [request("POST", RUNS, 1), request("DELETE", RUN, 1)];
        assert_eq!(few[1], BTreeMap::from(each.clone()));
        // A token; project, secret and definition, which have to be made; the wait for the project;
        // and the runs that the dead have left.
        let made = [
            request("POST", "/identity/token", 1),
            request("GET", "/v2/projects", 1),
            request("POST", "/v2/projects", 1),
            request("GET", "/v2/projects/{project}", 1),
            request("POST", "/v2/projects/{project}/secrets", 1),
            request("POST", "/v2/projects/{project}/jobs", 1),
            request("GET", RUNS, 1),
        ];
        assert_eq!(few[0], each.into_iter().chain(made).collect());
    });
}

fn storage_is_asked_for_each_worker() {
    const WORKERS: u64 = 4;
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let first = cloud.builder("").build().await.unwrap();
        let storage = Arc::new(CountingStorage::new(first.storage()));
        let counted: Arc<dyn StorageBackend> = Arc::<CountingStorage>::clone(&storage);
        let exec = cloud.builder("").workers(WORKERS as usize).storage_backend(counted);
        let exec = exec.build().await.unwrap();
        for calls in [40, 4000] {
            let before = storage.counts();
            let job = exec.map(|x: u32| x + 1, 0..calls).submit().unwrap();
            assert_eq!(job.results().await.unwrap(), (1..=calls).collect::<Vec<_>>());
            let summary = job.finished().await;
            let page = wait(cloud.bucket.list(&format!("jobs/{}/out/", job.id()), None)).unwrap();
            let batches = page.objects.len() as u64;
            assert!((WORKERS..=calls as u64 / 4).contains(&batches), "{batches} batches");
            let workers = summary.requests.workers;
            assert!((WORKERS..=2 * WORKERS + batches).contains(&workers), "{workers}, {batches}");
            let counts = storage.counts().since(&before);
            assert_eq!(counts.total(), summary.requests.client, "{counts:?}");
            // One object for the job; then lists of batches, and the batches.
            assert_eq!(counts.of(Verb::Put), 1, "{counts:?}");
            assert!(counts.of(Verb::Get) <= batches, "{counts:?}, {batches} batches");
            drop(job);
            until("the job's removal", || cloud.objects().is_empty());
        }
        first.shutdown().await;
        end(exec, &cloud).await;
    });
}
