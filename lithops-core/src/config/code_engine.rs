//! What is said of IBM Cloud Code Engine.

use serde::Deserialize;

use crate::secret::Secret;

/// `[code_engine]`: a project of IBM Cloud Code Engine.
///
/// The API key, the region and the resource group are those of `[ibm]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CodeEngineSection {
    /// The region; that of `[ibm]` by default.
    pub region: Option<String>,
    /// The project, by name; made if there is none. Unless set, one that is named after region and
    /// resource group.
    pub project_name: Option<String>,
    /// The project, by id.
    pub project_id: Option<String>,
    /// Read for the sake of those who have a file of Lithops; nothing here needs it.
    pub namespace: Option<String>,
    /// The runtime image, by the name that Code Engine pulls it by; made of the program and pushed
    /// to the registry below, unless set.
    pub runtime: Option<String>,
    /// How many processors an instance has; 0.125 by default.
    pub runtime_cpu: Option<f64>,
    /// How much memory an instance has, in steps of 1024 for each decimal gigabyte: 256 is 0.25 GB,
    /// the default.
    pub runtime_memory: Option<u64>,
    /// How many seconds a run may take as a whole, all calls of its workers and their waits for room
    /// included, from 1 to 86400; 7200 by default.
    pub runtime_timeout: Option<u64>,
    /// How many instances may run at once; as many as the quotas allow by default.
    pub max_workers: Option<usize>,
    /// How many calls share an instance, each in a process of its own; one for each processor of it
    /// by default.
    pub worker_processes: Option<usize>,
    /// The registry that images are pushed to; `docker.io` by default.
    pub docker_server: Option<String>,
    /// The user there, whom Code Engine pulls as too.
    pub docker_user: Option<String>,
    /// The user's password, or a token.
    pub docker_password: Option<Secret>,
    /// The namespace there; the user by default.
    pub docker_namespace: Option<String>,
    /// Where Code Engine is; the service of the region by default.
    pub endpoint: Option<String>,
    /// Where API keys are exchanged for tokens; as `[ibm]` says it by default.
    pub iam_endpoint: Option<String>,
    /// Whether to use the addresses that are reached from inside IBM Cloud alone.
    pub private_endpoint: Option<bool>,
    /// The trusted profile, by name or id, by which workers reach storage without a key.
    pub trusted_profile: Option<String>,
    /// Where images go: to a `registry` (the default), or to the container `engine` of this machine,
    /// for a Code Engine that runs on it too.
    pub image_delivery: Option<String>,
    /// Where that engine is, as `DOCKER_HOST` says it; found as the Docker CLI does by default.
    pub engine: Option<String>,
    /// Whether the image in `runtime` is a launcher, which takes the program from storage.
    pub launcher: Option<bool>,
    /// How many seconds may pass without any instance of a job starting or ending, while some wait;
    /// 900 by default.
    pub start_bound: Option<u64>,
    /// How many seconds a request may be tried for; 60 by default.
    pub retry_bound: Option<u64>,
    /// How many seconds a project may take to become active; 600 by default.
    pub project_bound: Option<u64>,
    /// How many instances the project may have at once; 250 by default.
    pub quota_instances: Option<usize>,
    /// How many processors they may have together; 128 by default.
    pub quota_cpu: Option<f64>,
    /// How many decimal gigabytes they may have together; 512 by default.
    pub quota_memory: Option<f64>,
    /// What a processor costs for a second.
    pub price_vcpu_second: Option<f64>,
    /// What a decimal gigabyte of memory costs for a second.
    pub price_gb_second: Option<f64>,
    /// The currency of both; `USD` by default.
    pub price_currency: Option<String>,
    /// The day of both, such as `2026-01-31`.
    pub price_as_of: Option<String>,
}
