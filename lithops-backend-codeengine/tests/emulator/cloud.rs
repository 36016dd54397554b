//! A Code Engine for one case, and a backend that uses it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use lithops_backend_codeengine::{CodeEngineBackend, CodeEngineConfig};
use lithops_codeengine_emulator::instance::Processes;
use lithops_codeengine_emulator::run::{RunFault, RunFaultKind};
use lithops_codeengine_emulator::{Clock, Emulator, HttpFault, HttpFaultKind, Settings};
use lithops_core::ports::{
    ComputeBackend, Launch, StorageLocation, WorkerProfile, WorkerState, WorkerStatus,
};
use lithops_core::secret::Secret;
use lithops_core::wire::{Digest, JobId, WorkOrder};
use serde_json::Value;
use tempfile::TempDir;

/// The longest that anything here may take.
const BOUND: Duration = Duration::from_secs(60);

/// What tokens are asked for with.
pub(crate) const API_KEY: &str = "Zx9-the-key-of-the-account";

/// Paths as the emulator counts them.
pub(crate) const RUNS: &str = "/v2/projects/{project}/job_runs";
pub(crate) const RUN: &str = "/v2/projects/{project}/job_runs/{name}";
pub(crate) const TOKEN: &str = "/identity/token";

pub(crate) struct Cloud {
    pub(crate) emulator: Emulator,
    pub(crate) backend: Arc<CodeEngineBackend>,
    pub(crate) config: CodeEngineConfig,
    http: OnceLock<reqwest::Client>,
    _folder: TempDir,
}

impl Cloud {
    /// Whose instances run these lines of a shell.
    pub(crate) async fn new(script: &str) -> Self {
        Self::with(script, Settings::default(), |_| {}).await
    }

    pub(crate) async fn with(
        script: &str,
        settings: Settings,
        change: impl FnOnce(&mut CodeEngineConfig),
    ) -> Self {
        // An error means that another case has done it, or a backend.
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let platform = Arc::new(Processes::new(Some(program)).unwrap());
        let emulator = Emulator::start_on(settings, platform, Clock::default()).await.unwrap();
        let mut config = CodeEngineConfig {
            api_key: Secret::new(API_KEY),
            endpoint: Some(emulator.url().to_owned()),
            iam_endpoint: Some(emulator.url().to_owned()),
            runtime: Some("this/program".to_owned()),
            retry_bound: Duration::from_secs(30),
            ..CodeEngineConfig::default()
        };
        change(&mut config);
        let backend = Arc::new(CodeEngineBackend::new(config.clone()));
        Self { emulator, backend, config, http: OnceLock::new(), _folder: folder }
    }

    /// Another client of the same account.
    pub(crate) fn another(&self, change: impl FnOnce(&mut CodeEngineConfig)) -> CodeEngineBackend {
        let mut config = self.config.clone();
        change(&mut config);
        CodeEngineBackend::new(config)
    }

    /// Has the next requests of this method and path suffer something.
    pub(crate) fn fault(&self, method: &str, path: &str, times: u64, kind: HttpFaultKind) -> u64 {
        let fault = HttpFault { times: Some(times), ..HttpFault::once(method, path, kind) };
        self.emulator.faults().add(fault).unwrap()
    }

    /// Has all indices of all runs suffer something.
    pub(crate) fn run_fault(&self, kind: RunFaultKind) {
        let fault = RunFault { run: String::new(), indices: None, times: None, kind };
        self.emulator.run_faults().add(fault).unwrap();
    }

    /// Starts as many workers.
    pub(crate) async fn start(&self, job: &JobId, workers: u32) {
        self.backend.start(launch(job, 0, workers)).await.unwrap();
    }

    /// Waits until the workers of a job are as they should be.
    pub(crate) async fn until(
        &self,
        job: &JobId,
        are: impl Fn(&[WorkerStatus]) -> bool,
    ) -> Vec<WorkerStatus> {
        let begun = Instant::now();
        loop {
            let found = self.backend.status(job).await.unwrap();
            if are(&found) {
                return found;
            }
            assert!(begun.elapsed() < BOUND, "{found:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until no worker of a job is under way, and gives how they ended.
    pub(crate) async fn ends(&self, job: &JobId) -> Vec<WorkerState> {
        let ended = |status: &WorkerStatus| {
            !matches!(status.state, WorkerState::Pending | WorkerState::Running)
        };
        let found = self.until(job, |found| found.iter().all(ended)).await;
        found.into_iter().map(|status| status.state).collect()
    }

    /// How many requests of a kind have come.
    pub(crate) fn count(&self, method: &str, path: &str) -> u64 {
        self.emulator.requests().count(method, path)
    }

    /// The path and the id of the only project.
    pub(crate) fn project(&self) -> (String, String) {
        let state = self.emulator.state();
        let id = state["projects"][0]["project"]["id"].as_str().unwrap().to_owned();
        (format!("/v2/projects/{id}"), id)
    }

    /// Sends a request as somebody would by hand; gives the status.
    pub(crate) async fn by_hand(&self, method: &str, path: &str, body: &str) -> u16 {
        let (http, url) = (self.http.get_or_init(reqwest::Client::new), self.emulator.url());
        let form = format!("grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey={API_KEY}");
        let kind = "application/x-www-form-urlencoded";
        let asked = http.post(format!("{url}{TOKEN}")).header("content-type", kind).body(form);
        let granted = asked.send().await.unwrap().bytes().await.unwrap();
        let granted: Value = serde_json::from_slice(&granted).unwrap();
        let token = granted["access_token"].as_str().unwrap();
        let request = http.request(method.parse().unwrap(), format!("{url}{path}"));
        let request = request.header("content-type", "application/json").body(body.to_owned());
        request.bearer_auth(token).send().await.unwrap().status().as_u16()
    }

    /// The names of the things of a kind, in all projects.
    pub(crate) fn names(&self, kind: &str) -> Vec<String> {
        let state = self.emulator.state();
        let projects = state["projects"].as_array().unwrap().iter();
        let kinds = projects.map(|project| project["resources"][kind].clone());
        let things = kinds.flat_map(|things| match things {
            Value::Array(things) => things,
            _ => Vec::new(),
        });
        things.map(|thing| thing["name"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) fn job(number: u32) -> JobId {
    JobId::new("0123abcd", number)
}

/// An order for workers, whose storage nobody looks into.
pub(crate) fn launch(job: &JobId, wave: u32, workers: u32) -> Launch {
    let storage = StorageLocation { scheme: "s3".to_owned(), settings: BTreeMap::new() };
    let (protocol, preface, len, heartbeat_ms) = (2, 100, 1000, 5000);
    let job = job.clone();
    let order = WorkOrder {
        protocol,
        storage,
        job: job.clone(),
        preface,
        digest: Digest::of(b"preface"),
        len,
        workers,
        wave,
        heartbeat_ms,
    };
    Launch { job, order, workers, profile: WorkerProfile::default(), alone: false }
}
