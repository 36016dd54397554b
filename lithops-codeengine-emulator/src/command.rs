//! The emulator from the command line.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::emulator::{Emulator, StartError};
#[cfg(feature = "containers")]
use crate::instance::ContainerSettings;
use crate::instance::{BadDelays, StartDelays};
use crate::pointing::Pointing;
use crate::settings::{Answer, Instances, Keys, Settings, StartDelay};

/// What can be said on the command line.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Where to listen; port 0 takes one that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8900")]
    listen: SocketAddr,
    /// The address that clients are told, if it isn't the one that is listened on
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Where instances of runs execute
    #[arg(long, value_enum, default_value = "process")]
    instances: Where,
    /// The program that every image is taken to be, for processes; without it a run needs commands
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// The network of containers: `bridge`, `host`, `none`, or the name of one. Only in `host` they
    /// reach servers that listen on 127.0.0.1 of this machine
    #[cfg(feature = "containers")]
    #[arg(long, value_name = "NAME", default_value = "bridge")]
    network: String,
    /// Where the container engine is, as DOCKER_HOST would say it
    #[cfg(feature = "containers")]
    #[arg(long, value_name = "HOST")]
    engine: Option<String>,
    /// Start instances late: by a draw from this file, which has a number of seconds in each line.
    /// `--instances replay` without it takes a list that comes with the emulator
    #[arg(long, value_name = "FILE")]
    start_delays: Option<PathBuf>,
    /// With start delays: how long an image takes that no instance has had yet, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    image_pull: u64,
    /// The region that the account is in
    #[arg(long, default_value = "us-south")]
    region: String,
    /// Accept this API key only; can be said again. Any but `invalid` if none is said
    #[arg(long = "api-key", value_name = "KEY")]
    api_keys: Vec<String>,
    /// How long a token is valid, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    token_life: u64,
    /// How long a project takes to become active, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    project_creation: u64,
    /// What chance is drawn from
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    quotas: Quotas,
}

/// What there may be. The defaults are those of a new account.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Quotas")]
struct Quotas {
    /// Projects
    #[arg(long, value_name = "COUNT")]
    quota_projects: Option<usize>,
    /// Jobs of a project
    #[arg(long, value_name = "COUNT")]
    quota_jobs: Option<usize>,
    /// Job runs of a project
    #[arg(long, value_name = "COUNT")]
    quota_job_runs: Option<usize>,
    /// Config maps of a project
    #[arg(long, value_name = "COUNT")]
    quota_config_maps: Option<usize>,
    /// Secrets of a project
    #[arg(long, value_name = "COUNT")]
    quota_secrets: Option<usize>,
    /// The status by which one more than there may be is refused
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(400..600))]
    quota_status: Option<u16>,
    /// Instances of a project at once
    #[arg(long, value_name = "COUNT")]
    quota_instances: Option<u64>,
    /// Instances of a project, finished ones of runs that are still there among them
    #[arg(long, value_name = "COUNT")]
    quota_total_instances: Option<u64>,
    /// Virtual processors of a project's instances
    #[arg(long, value_name = "COUNT")]
    quota_cpu: Option<u64>,
    /// Memory of a project's instances, in gigabytes
    #[arg(long, value_name = "GIGABYTES")]
    quota_memory: Option<u64>,
}

/// Where instances execute.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Where {
    /// In processes of this machine
    Process,
    /// In containers of a Docker Engine
    #[cfg(feature = "containers")]
    Container,
    /// In processes that start as late as instances do in a cloud
    Replay,
}

/// Why the emulator ended by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// It could not begin.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The file of start delays can't be used.
    #[error("the start delays can't be used: {0}")]
    Delays(#[from] BadDelays),
    /// Signals can't be waited for, or nothing can be printed.
    #[error("the emulator can't go on: {0}")]
    Machine(#[from] io::Error),
}

impl Options {
    /// What an emulator is started with.
    ///
    /// # Errors
    /// [`CommandError::Delays`] if there is a file of delays, and it can't be used.
    pub fn settings(&self) -> Result<Settings, CommandError> {
        let mut settings = Settings {
            listen: self.listen,
            public_url: self.public_url.clone(),
            region: self.region.clone(),
            token_life: Duration::from_secs(self.token_life),
            project_creation: Duration::from_secs(self.project_creation),
            seed: self.seed,
            instances: self.instances(),
            start_delay: self.start_delay()?,
            ..Settings::default()
        };
        if !self.api_keys.is_empty() {
            settings.keys = Keys::These(self.api_keys.clone());
        }
        self.quotas.apply(&mut settings);
        Ok(settings)
    }

    fn instances(&self) -> Instances {
        match self.instances {
            Where::Process | Where::Replay => {
                Instances::Processes { program: self.program.clone() }
            }
            #[cfg(feature = "containers")]
            Where::Container => Instances::Containers(ContainerSettings {
                engine: self.engine.clone(),
                network: self.network.clone(),
                ..ContainerSettings::default()
            }),
        }
    }

    fn start_delay(&self) -> Result<Option<StartDelay>, BadDelays> {
        let delays = match &self.start_delays {
            Some(file) => StartDelays::read(file)?,
            None if self.instances == Where::Replay => StartDelays::elastic(),
            None => return Ok(None),
        };
        Ok(Some(StartDelay { delays, pull: Duration::from_secs(self.image_pull) }))
    }
}

impl Quotas {
    fn apply(&self, settings: &mut Settings) {
        fn set<T: Copy>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        let Settings { limits, instance_quota, answers, .. } = settings;
        if let Some(status) = self.quota_status {
            answers.quota = Answer { status, ..answers.quota.clone() };
        }
        set(&mut limits.projects, self.quota_projects);
        set(&mut limits.jobs, self.quota_jobs);
        set(&mut limits.job_runs, self.quota_job_runs);
        set(&mut limits.config_maps, self.quota_config_maps);
        set(&mut limits.secrets, self.quota_secrets);
        set(&mut instance_quota.active, self.quota_instances);
        set(&mut instance_quota.total, self.quota_total_instances);
        set(&mut instance_quota.cpu_milli, self.quota_cpu.map(|cpu| cpu.saturating_mul(1000)));
        let bytes = |gigabytes: u64| gigabytes.saturating_mul(1_000_000_000);
        set(&mut instance_quota.memory, self.quota_memory.map(bytes));
    }
}

/// Runs an emulator until Ctrl-C or SIGTERM; prints how clients are pointed at it.
///
/// # Errors
/// [`CommandError`] if it can't begin or go on.
pub async fn run(options: Options) -> Result<(), CommandError> {
    let settings = options.settings()?;
    // From here on they don't end the process: what runs is ended first.
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let emulator = Emulator::start(settings.clone()).await?;
    print(&told(emulator.url(), &settings))?;
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    emulator.shutdown().await;
    Ok(())
}

fn told(url: &str, settings: &Settings) -> String {
    let pointing = Pointing::new(url, settings);
    let mut text = format!(
        "Code Engine is emulated at {url}, until Ctrl-C.\n\n# lithops.toml\n{}\n# IBM's SDKs\n",
        pointing.lithops_toml()
    );
    for (name, value) in pointing.sdk_environment() {
        text.push_str(&format!("export {name}={value}\n"));
    }
    text
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use clap::{CommandFactory as _, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Whole {
        #[command(flatten)]
        options: Options,
    }

    fn settings(arguments: &[&str]) -> Settings {
        let whole = Whole::try_parse_from(["emulator"].iter().chain(arguments)).unwrap();
        whole.options.settings().unwrap()
    }

    #[test]
    fn the_definitions_contradict_nothing() {
        Whole::command().debug_assert();
    }

    #[test]
    fn nothing_said_is_a_new_account() {
        let settings = settings(&[]);
        assert_eq!(settings.limits.jobs, 100);
        assert_eq!(settings.instance_quota, crate::InstanceQuota::default());
        assert!(matches!(settings.keys, Keys::Any));
    }

    #[test]
    fn a_replay_has_delays_of_its_own_and_a_file_goes_before() {
        assert!(settings(&[]).start_delay.is_none());
        let elastic = settings(&["--instances=replay", "--image-pull=3"]).start_delay.unwrap();
        assert_eq!(elastic.delays, StartDelays::elastic());
        assert_eq!(elastic.pull, Duration::from_secs(3));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("delays.csv");
        std::fs::write(&file, "1.5\n").unwrap();
        let delays = settings(&["--start-delays", file.to_str().unwrap()]).start_delay.unwrap();
        assert_eq!(delays.delays.longest(), Duration::from_millis(1500));
    }

    #[test]
    fn quotas_and_keys_are_taken_over() {
        let arguments = [
            "--quota-jobs=2",
            "--quota-cpu=3",
            "--quota-memory=4",
            "--api-key=k",
            "--quota-status=429",
        ];
        let settings = settings(&arguments);
        assert_eq!(settings.limits.jobs, 2);
        assert_eq!(settings.instance_quota.cpu_milli, 3000);
        assert_eq!(settings.instance_quota.memory, 4_000_000_000);
        assert_eq!(settings.answers.quota, Answer::new(429, "quota_exceeded"));
        assert!(settings.keys.accept("k") && !settings.keys.accept("emulator"));
    }
}
