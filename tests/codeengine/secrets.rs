//! Where keys are, and where they are not.

use std::collections::BTreeSet;

use lithops::StorageBackend as _;
use lithops::prelude::*;
use lithops_codeengine_emulator::Settings;
use serde_json::Value;

use crate::Case;
use crate::cloud::{API_KEY, Cloud, wait};
use crate::stage::{Stage, end, until};

pub(crate) const CASES: &[Case] = &[
    ("secrets::a_job_of_20_000_calls_is_ordered_like_a_small_one", a_large_job_is_ordered_like),
    ("secrets::keys_are_in_secrets_alone", keys_are_in_secrets_alone),
];

/// For images; nobody may find it in anything but the secret that images are pulled by.
const PASSWORD: &str = "7f3a-for-images";

/// The number after its own; the first call waits for the word to go on.
fn count(folder: &String, call: u32) -> u32 {
    if call == 0 {
        std::fs::write(std::path::Path::new(folder).join("0"), "x").unwrap();
        let go = std::path::Path::new(folder).join("go");
        until("the word to go on", || go.exists());
    }
    call + 1
}

/// The only resource of a kind.
fn only(state: &Value, kind: &str) -> Value {
    let found = state["projects"][0]["resources"][kind].as_array().unwrap();
    assert_eq!(found.len(), 1, "{kind}: {found:?}");
    found[0].clone()
}

fn a_large_job_is_ordered_like() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let exec = cloud.builder("").workers(4).build().await.unwrap();
        let mut sizes = Vec::new();
        for calls in [20, 20_000] {
            let stage = Stage::new();
            let (folder, _) = stage.inputs(1).remove(0);
            let job = exec.map_with(folder, 0..calls, count).submit().unwrap();
            stage.until_begun(1, 1);
            let state = cloud.emulator().state();
            let ordered = ["job_name", "scale_array_spec", "run_env_variables"];
            let run = only(&state, "job_runs");
            let run: Vec<String> = ordered.map(|field| run[field].to_string()).into();
            let definition = only(&state, "jobs").to_string();
            let environments = state["environments"].to_string();
            assert!(environments.len() < 4096, "{environments}");
            sizes.push([run.concat().len(), definition.len()]);
            stage.let_go();
            let results = job.results().await.unwrap();
            assert_eq!(results, (1..=calls).collect::<Vec<_>>());
        }
        let [small, large] = [sizes[0], sizes[1]];
        assert_eq!(small[1], large[1]);
        // The number of bytes that a worker reads has a few more digits.
        assert!(large[0] - small[0] <= 8, "{sizes:?}");
        assert!(large[0] < 2048 && large[1] < 2048, "{sizes:?}");
        end(exec, &cloud).await;
    });
}

/// Everything that the cloud has but its secrets, and those.
fn everything(cloud: &Cloud) -> (String, Value) {
    let mut state = cloud.emulator().state();
    let secrets = state["projects"][0]["resources"]["secrets"].take();
    let project = state["projects"][0]["project"]["id"].as_str().unwrap().to_owned();
    let mut shown = state.to_string();
    for run in cloud.resources("job_runs") {
        let logs = (0..2).filter_map(|index| cloud.emulator().log(&project, &run, index));
        logs.for_each(|log| shown.push_str(&log));
    }
    for key in cloud.objects() {
        shown.push_str(&key);
        let bytes = wait(cloud.bucket.get(&key)).unwrap();
        shown.push_str(&String::from_utf8_lossy(&bytes));
    }
    (shown, secrets)
}

fn keys_are_in_secrets_alone() {
    lithops::block_on(async {
        let cloud = Cloud::new(Settings::default()).await;
        let section = format!("docker_user = \"me\"\ndocker_password = \"{PASSWORD}\"");
        let exec = cloud.builder(&section).workers(2).build().await.unwrap();
        let stage = Stage::new();
        let (folder, _) = stage.inputs(1).remove(0);
        let job = exec.map_with(folder, 0..200, count).submit().unwrap();
        stage.until_begun(1, 1);
        let objects = cloud.objects();
        assert!(objects.iter().any(|key| key.contains("/wave-")), "{objects:?}");
        let (at_work, secrets) = everything(&cloud);
        stage.let_go();
        assert_eq!(job.results().await.unwrap(), (1..=200).collect::<Vec<_>>());
        let objects = cloud.objects();
        assert!(objects.iter().any(|key| key.contains("/out/")), "{objects:?}");
        let (at_the_end, _) = everything(&cloud);

        let s3_key = crate::cloud::server().unwrap().secret_key;
        for secret in [API_KEY, s3_key.as_str(), PASSWORD] {
            assert!(!at_work.contains(secret), "{secret} in {at_work}");
            assert!(!at_the_end.contains(secret), "{secret} in {at_the_end}");
        }
        // The search would find them: each is where it belongs, and nowhere else.
        let having = |secret: &str| -> Vec<String> {
            let secrets = secrets.as_array().unwrap().iter();
            let having = secrets.filter(|found| found["data"].to_string().contains(secret));
            having.map(|found| found["name"].as_str().unwrap().to_owned()).collect()
        };
        let [settings] = &having(&s3_key)[..] else { panic!("{secrets}") };
        assert!(settings.starts_with("lithops-settings-"), "{settings}");
        let [registry] = &having(PASSWORD)[..] else { panic!("{secrets}") };
        assert!(registry.starts_with("lithops-registry-"), "{registry}");
        assert_eq!(having(API_KEY), Vec::<String>::new());

        let kinds = ["jobs", "job_runs", "secrets", "config_maps"];
        let mut names: BTreeSet<String> =
            kinds.iter().flat_map(|kind| cloud.resources(kind)).collect();
        names.extend(cloud.objects());
        let state = cloud.emulator().state();
        names.insert(state["projects"][0]["project"]["name"].as_str().unwrap().to_owned());
        assert!(names.len() >= 6, "{names:?}");
        assert!(!names.iter().any(|name| name.contains(&API_KEY[..4])), "{names:?}");
        drop(job);
        end(exec, &cloud).await;
    });
}
