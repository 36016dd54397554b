//! What an emulator is started with. What no public source settles about Code Engine is a setting.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "containers")]
use crate::instance::ContainerSettings;
use crate::instance::StartDelays;
use crate::quota::InstanceQuota;
use crate::run::Rules;

/// The settings of an emulator; `Settings::default()` is like a new account in `us-south`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen. Port 0 takes one that is free.
    pub listen: SocketAddr,
    /// The address that clients are told in `href`s. The one that is listened on if `None`.
    pub public_url: Option<String>,
    /// The region that the account is in.
    pub region: String,
    /// The API keys that are accepted.
    pub keys: Keys,
    /// How long a token is valid. Code Engine's service gives an hour.
    pub token_life: Duration,
    /// Where instances execute.
    pub instances: Instances,
    /// How late they start. As soon as they can if `None`.
    pub start_delay: Option<StartDelay>,
    /// How many resources there may be.
    pub limits: Limits,
    /// What the instances of each project may take.
    pub instance_quota: InstanceQuota,
    /// How runs go where no source tells.
    pub rules: Rules,
    /// How long a new project is `creating` before it is `active`.
    pub project_creation: Duration,
    /// How requests are refused.
    pub answers: Answers,
    /// Whether a deleted project is still shown by its id, as `soft_deleted`; else it is not found.
    /// No source tells. Lists don't have it in either case.
    pub soft_deleted_visible: bool,
    /// What chance is drawn from.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_url: None,
            region: "us-south".to_owned(),
            keys: Keys::default(),
            token_life: Duration::from_secs(3600),
            instances: Instances::default(),
            start_delay: None,
            limits: Limits::default(),
            instance_quota: InstanceQuota::default(),
            rules: Rules::default(),
            project_creation: Duration::ZERO,
            answers: Answers::default(),
            soft_deleted_visible: true,
            seed: 0,
        }
    }
}

/// Where instances execute.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Instances {
    /// In processes of this machine.
    Processes {
        /// What every image is taken to be; without it, only runs with commands can start.
        program: Option<PathBuf>,
    },
    /// In containers of a Docker Engine.
    #[cfg(feature = "containers")]
    Containers(ContainerSettings),
}

/// Instances that start as late as those of a cloud.
#[derive(Debug, Clone)]
pub struct StartDelay {
    /// What the delay of each is drawn from.
    pub delays: StartDelays,
    /// How long an image takes that no instance has had yet.
    pub pull: Duration,
}

impl Instances {
    /// Whether images mean nothing.
    pub(crate) fn are_processes(&self) -> bool {
        matches!(self, Self::Processes { .. })
    }

    /// Whether they reach what listens on the loopback of this machine.
    pub(crate) fn see_loopback(&self) -> bool {
        match self {
            Self::Processes { .. } => true,
            #[cfg(feature = "containers")]
            Self::Containers(settings) => settings.network == "host",
        }
    }
}

impl Default for Instances {
    fn default() -> Self {
        Self::Processes { program: None }
    }
}

/// Which API keys are accepted.
#[derive(Debug, Clone, Default)]
pub enum Keys {
    /// Any that isn't empty, save the word `invalid`.
    #[default]
    Any,
    /// These.
    These(Vec<String>),
}

impl Keys {
    /// One that is accepted, if any is.
    pub(crate) fn example(&self) -> &str {
        match self {
            Keys::Any => "emulator",
            Keys::These(keys) => keys.first().map_or("", String::as_str),
        }
    }

    pub(crate) fn accept(&self, key: &str) -> bool {
        match self {
            Keys::Any => !key.is_empty() && key != "invalid",
            Keys::These(keys) => keys.iter().any(|accepted| accepted == key),
        }
    }
}

/// How many resources there may be, and how large. The defaults are those that IBM documents.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Projects of a region; deleted ones count until they are gone for good.
    pub projects: usize,
    /// Jobs of a project.
    pub jobs: usize,
    /// Runs of a project, finished ones among them.
    pub job_runs: usize,
    /// Config maps of a project.
    pub config_maps: usize,
    /// Secrets of a project.
    pub secrets: usize,
    /// Builds of a project, and as many build runs.
    pub builds: usize,
    /// The bytes of a job or a run. No source tells what is counted; here it is the JSON of the
    /// fields that the emulator keeps.
    pub object_bytes: usize,
    /// The characters of a run's name. The command line tool takes 53; what the API takes, no source
    /// tells.
    pub run_name: usize,
    /// Items of a list when a request doesn't say how many. All examples of IBM have 100.
    pub page: usize,
    /// The most items that a request can ask for. No source tells.
    pub largest_page: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            projects: 20,
            jobs: 100,
            job_runs: 100,
            config_maps: 100,
            secrets: 100,
            builds: 100,
            object_bytes: 10 * 1024,
            run_name: 53,
            page: 100,
            largest_page: 100,
        }
    }
}

/// A status and the `code` in the error's body.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status of the response.
    pub status: u16,
    /// `errors[0].code` of its body.
    pub code: String,
}

impl Answer {
    /// An answer of this status and code.
    pub fn new(status: u16, code: impl Into<String>) -> Self {
        Self { status, code: code.into() }
    }
}

/// How requests are refused for reasons whose status or code no source tells. What is documented,
/// 404 and `resource_not_found`, is not among them.
#[derive(Debug, Clone)]
pub struct Answers {
    /// Too many resources of a kind.
    pub quota: Answer,
    /// A body or a query that isn't valid.
    pub invalid: Answer,
    /// A name that is taken; that it is 409 is known.
    pub duplicate: Answer,
    /// An `If-Match` that doesn't match.
    pub changed: Answer,
    /// An update without `If-Match`.
    pub unconditional: Answer,
    /// No token, or one that isn't accepted.
    pub unauthenticated: Answer,
    /// A request to a project that isn't active, such as one that is still being created.
    pub inactive: Answer,
    /// A method that a path doesn't have.
    pub method: Answer,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            quota: Answer::new(403, "quota_exceeded"),
            invalid: Answer::new(400, "bad_request"),
            duplicate: Answer::new(409, "resource_already_exists"),
            changed: Answer::new(412, "precondition_failed"),
            unconditional: Answer::new(400, "missing_if_match"),
            unauthenticated: Answer::new(401, "unauthorized"),
            inactive: Answer::new(403, "project_not_active"),
            method: Answer::new(405, "method_not_allowed"),
        }
    }
}
