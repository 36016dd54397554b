//! Runs with all that they need, in shell scripts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lithops_codeengine_emulator::instance::{Platform, Processes};
use lithops_codeengine_emulator::run::{
    Mode, References, Rules, RunFault, RunId, RunOrder, RunStatus, RunView, Runs, RunsSetup,
    StatusDetails, Surroundings,
};
use lithops_codeengine_emulator::{Clock, InstanceQuota};

/// How long what should happen may take.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

type Data = BTreeMap<String, String>;

/// The config maps and secrets of all projects.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    config_maps: Mutex<BTreeMap<String, Data>>,
    secrets: Mutex<BTreeMap<String, Data>>,
}

impl Shelf {
    pub(crate) fn put_config_map(&self, name: &str, data: &[(&str, &str)]) {
        self.config_maps.lock().unwrap().insert(name.to_owned(), owned(data));
    }

    pub(crate) fn put_secret(&self, name: &str, data: &[(&str, &str)]) {
        self.secrets.lock().unwrap().insert(name.to_owned(), owned(data));
    }
}

fn owned(data: &[(&str, &str)]) -> Data {
    data.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

impl References for Shelf {
    fn config_map(&self, _project: &str, name: &str) -> Option<Data> {
        self.config_maps.lock().unwrap().get(name).cloned()
    }

    fn secret(&self, _project: &str, name: &str) -> Option<Data> {
        self.secrets.lock().unwrap().get(name).cloned()
    }

    fn compute_resource_token(&self, run: &RunId) -> String {
        format!("the token of {}", run.name)
    }
}

/// Runs, and what they refer to.
pub(crate) struct Stage {
    pub(crate) runs: Runs,
    pub(crate) shelf: Arc<Shelf>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(InstanceQuota::default(), Rules::default())
    }

    pub(crate) fn with(quota: InstanceQuota, rules: Rules) -> Self {
        Self::on(Arc::new(Processes::new(None).unwrap()), Clock::default(), quota, rules)
    }

    pub(crate) fn on(
        platform: Arc<dyn Platform>,
        clock: Clock,
        quota: InstanceQuota,
        rules: Rules,
    ) -> Self {
        let shelf = Arc::<Shelf>::default();
        let references = Arc::clone(&shelf) as Arc<dyn References>;
        let runs = Runs::new(RunsSetup { platform, references, clock, quota, rules, seed: 1 });
        Self { runs, shelf }
    }

    /// Makes a run, and gives its name.
    pub(crate) fn create(&self, order: RunOrder) -> RunId {
        let id = order.id.clone();
        self.runs.create(order).unwrap();
        id
    }

    pub(crate) fn view(&self, id: &RunId) -> RunView {
        self.runs.view(id).unwrap()
    }

    pub(crate) fn details(&self, id: &RunId) -> StatusDetails {
        self.view(id).status_details.unwrap()
    }

    /// Waits until a run has come to its end, and gives how its indices are.
    pub(crate) async fn finished(&self, id: &RunId) -> (RunStatus, StatusDetails) {
        until("the run's end", || self.view(id).status.is_final()).await;
        let view = self.view(id);
        (view.status, view.status_details.unwrap())
    }

    pub(crate) fn log(&self, id: &RunId, index: u64) -> String {
        self.runs.log(id, index).unwrap()
    }

    /// Adds a fault, written as clients do.
    pub(crate) fn fault(&self, json: &str) {
        let fault: RunFault = serde_json::from_str(json).unwrap();
        self.runs.faults().add(fault).unwrap();
    }
}

/// An order that runs a script for each index, with all else as Code Engine has it by default.
pub(crate) fn script(name: &str, indices: impl IntoIterator<Item = u64>, script: &str) -> RunOrder {
    let indices: Vec<u64> = indices.into_iter().collect();
    RunOrder {
        id: RunId { project: "project".to_owned(), name: name.to_owned() },
        uid: "uid".to_owned(),
        job: Some("job".to_owned()),
        image: "lithops/test:1".to_owned(),
        image_secret: None,
        commands: ["/bin/sh", "-c", script].map(ToOwned::to_owned).to_vec(),
        arguments: Vec::new(),
        user: 0,
        mode: Mode::Task,
        environment: Vec::new(),
        mounts: Vec::new(),
        array_size: indices.len() as u64,
        indices,
        cpu_milli: 125,
        memory: 250_000_000,
        ephemeral: 400_000_000,
        max_execution: Duration::from_secs(7200),
        retry_limit: 0,
        compute_resource_token: false,
        surroundings: Surroundings {
            region: "us-south".to_owned(),
            api_base_url: "http://127.0.0.1:1".to_owned(),
            domain: "us-south.codeengine.appdomain.cloud".to_owned(),
            subdomain: "subdomain".to_owned(),
        },
    }
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + BOUND;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} takes longer than {BOUND:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Whether a process runs; one that nobody has waited for yet does not.
pub(crate) fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.starts_with(" Z"))
}
