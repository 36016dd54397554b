//! From settings to an executor: the one place that names every backend and storage.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lithops_core::api::is_inside_call;
use lithops_core::config::JobSettings;
use lithops_core::plan::TimeLimit;
use lithops_core::ports::{ComputeBackend, Isolation, JobObserver, StorageBackend};
use lithops_core::run::{DispatchKey, Engine, EngineSettings};

use crate::executor::unknown;
use crate::{Config, ConfigError, Error, FunctionExecutor, Result};

/// Sets up an executor in code.
///
/// ```
/// # use lithops::prelude::*;
/// # lithops::block_on(async {
/// let exec = FunctionExecutor::builder().backend("threads").workers(2).build().await?;
/// assert_eq!(exec.map(|x: u32| x + 1, [1, 2]).await?, [2, 3]);
/// # Ok::<(), Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Builder {
    config: Config,
    settings: EngineSettings,
    program: Option<PathBuf>,
    storage: Option<Arc<dyn StorageBackend>>,
    observers: Vec<Arc<dyn JobObserver>>,
    signals: bool,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Builder {
    /// Starts from settings.
    pub fn new(config: Config) -> Self {
        let settings = engine_settings(&config.jobs);
        Self {
            config,
            settings,
            program: None,
            storage: None,
            observers: Vec::new(),
            signals: true,
        }
    }

    /// Starts from the configuration file and the environment, as
    /// [`from_config`](FunctionExecutor::from_config) does, so that a program's own options can go
    /// before them.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting that can't be used.
    pub fn from_config() -> Result<Self> {
        Ok(Self::new(Config::load()?))
    }

    /// Chooses the backend by name: `processes`, `threads`, or `containers`, `code_engine` and `slurm`
    /// (a feature each).
    pub fn backend(mut self, name: impl Into<String>) -> Self {
        self.config.backend = name.into();
        self
    }

    /// Sets how many calls run at once.
    pub fn workers(mut self, workers: usize) -> Self {
        self.config.workers = Some(workers);
        self
    }

    /// Chooses the storage by name: `file`, `memory`, `aws_s3`, `ibm_cos`, `minio`, `ceph`,
    /// `gcp_storage`, `azure_storage` or `redis`; those after the first two have a section of that
    /// name in the configuration file.
    pub fn storage(mut self, name: impl Into<String>) -> Self {
        self.config.storage = Some(name.into());
        self
    }

    /// Uses this storage, such as one with layers over it.
    ///
    /// Workers open it by its location: [`build`](Self::build) fails if this program can't.
    pub fn storage_backend(mut self, storage: Arc<dyn StorageBackend>) -> Self {
        self.storage = Some(storage);
        self
    }

    /// Sets the folder of the storage `file`.
    pub fn storage_root(mut self, folder: impl Into<PathBuf>) -> Self {
        self.config.root = Some(folder.into());
        self
    }

    /// Shows long jobs' progress, or not; by default where standard error is a terminal.
    pub fn progress(mut self, show: bool) -> Self {
        self.config.progress = Some(show);
        self
    }

    /// Writes jobs that last or fail to the user's journal, or not; by default they are written.
    pub fn journal(mut self, write: bool) -> Self {
        self.config.journal = Some(write);
        self
    }

    /// Tells `observer` of jobs, beside the progress bar and other observers.
    pub fn observer(mut self, observer: Arc<dyn JobObserver>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Whether Ctrl-C and SIGTERM clean up before they end the process; they do by default.
    ///
    /// A service that handles these signals itself says `false`, and calls
    /// [`shutdown`](lithops_core::ports::Executor::shutdown) before it ends.
    pub fn handle_signals(mut self, handle: bool) -> Self {
        self.signals = handle;
        self
    }

    /// Starts another program as worker process, or makes the image of containers from it: another
    /// build of this one, say.
    pub fn worker_program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Bounds how long a worker may take to say its first word; 30 s by default.
    pub fn start_bound(mut self, bound: Duration) -> Self {
        self.settings.start_bound = bound;
        self
    }

    /// Bounds how long a worker with calls may say nothing before it counts as lost; 30 s by default.
    pub fn silence_bound(mut self, bound: Duration) -> Self {
        self.settings.silence_bound = bound;
        self
    }

    /// The settings so far.
    #[cfg(feature = "multiprocessing")]
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Makes the executor. Starts no worker and asks no storage.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting that can't be used.
    pub async fn build(self) -> Result<FunctionExecutor> {
        self.make()
    }

    /// As [`build`](Self::build), which waits for nothing.
    pub(crate) fn make(self) -> Result<FunctionExecutor> {
        if self.config.workers == Some(0) {
            let (key, value) = ("workers".to_owned(), "0".to_owned());
            let reason = "it must be 1 or more".to_owned();
            return Err(ConfigError::Invalid { key, value, reason }.into());
        }
        lithops_storage::install();
        lithops_storage::configure(&self.config);
        // Refused first: a name that is wrong is wrong inside a call too.
        let backend = self.backend_by_name()?;
        if is_inside_call() && backend.capability().on_this_machine {
            return nested();
        }
        let storage = match &self.storage {
            Some(storage) => {
                lithops_storage::open(&storage.location())?;
                Arc::clone(storage)
            }
            None => self.storage_by_name(backend.capability().isolation)?,
        };
        let mut observers = self.observers.clone();
        observers.extend(self.progress_bar());
        observers.extend(self.journal_observer(&*storage));
        let observer = (!observers.is_empty()).then(|| Arc::new(observers) as Arc<dyn JobObserver>);
        crate::interrupt::clean_at_exit();
        if self.signals {
            crate::interrupt::watch();
        }
        let key = self.config.key_file.as_ref().map(DispatchKey::in_file);
        let key = key.unwrap_or_else(DispatchKey::of_user);
        let engine = Engine::with_key(backend, storage, self.settings, observer, key);
        Ok(FunctionExecutor::over(engine))
    }

    fn backend_by_name(&self) -> Result<Arc<dyn ComputeBackend>, Error> {
        match self.config.backend.as_str() {
            #[cfg(feature = "local")]
            "processes" | "localhost" => {
                let default = lithops_backend_local::ProcessConfig::default();
                let workers = self.config.workers.unwrap_or(default.workers);
                let program = self.program.clone();
                let config = lithops_backend_local::ProcessConfig { workers, program };
                Ok(Arc::new(lithops_backend_local::ProcessBackend::new(config)))
            }
            #[cfg(feature = "local")]
            "threads" => Ok(threads(self.config.workers)),
            #[cfg(feature = "containers")]
            "containers" | "container" => {
                let config = containers(&self.config, self.program.clone())?;
                Ok(Arc::new(lithops_backend_local::ContainerBackend::new(config)))
            }
            #[cfg(not(feature = "local"))]
            name @ ("processes" | "localhost" | "threads") => {
                let (what, name) = ("backend", name.to_owned());
                Err(ConfigError::LeftOut { what, name, feature: "local" }.into())
            }
            #[cfg(not(feature = "containers"))]
            name @ ("containers" | "container") => {
                let (what, name) = ("backend", name.to_owned());
                Err(ConfigError::LeftOut { what, name, feature: "containers" }.into())
            }
            #[cfg(feature = "code-engine")]
            "code_engine" => {
                let config = code_engine(&self.config, self.program.clone())?;
                Ok(Arc::new(lithops_backend_codeengine::CodeEngineBackend::new(config)))
            }
            #[cfg(not(feature = "code-engine"))]
            name @ "code_engine" => {
                let (what, name) = ("backend", name.to_owned());
                Err(ConfigError::LeftOut { what, name, feature: "code-engine" }.into())
            }
            #[cfg(feature = "slurm")]
            "slurm" => {
                let config = slurm(&self.config, self.program.clone())?;
                Ok(Arc::new(lithops_backend_slurm::SlurmBackend::new(config)))
            }
            #[cfg(not(feature = "slurm"))]
            name @ "slurm" => {
                let (what, name) = ("backend", name.to_owned());
                Err(ConfigError::LeftOut { what, name, feature: "slurm" }.into())
            }
            name => {
                let known =
                    ["processes", "localhost", "threads", "containers", "code_engine", "slurm"];
                Err(unknown("backend", name, &known).into())
            }
        }
    }

    fn storage_by_name(&self, isolation: Isolation) -> Result<Arc<dyn StorageBackend>, Error> {
        let in_memory = isolation == Isolation::Thread || cfg!(not(feature = "storage-file"));
        let default = if in_memory { "memory" } else { "file" };
        match self.config.storage.as_deref().unwrap_or(default) {
            "memory" => Ok(Arc::new(lithops_storage::MemoryStorage::new())),
            #[cfg(feature = "storage-file")]
            "file" => {
                let storage = match self.root()? {
                    Some(root) => lithops_storage::FileStorage::new(root)?,
                    None => lithops_storage::FileStorage::private(default_folder())?,
                };
                Ok(Arc::new(storage))
            }
            #[cfg(feature = "storage-s3")]
            name @ ("aws_s3" | "s3" | "ibm_cos" | "minio" | "ceph") => {
                let config = lithops_storage::S3Config::from_settings(&self.config, name)?;
                Ok(Arc::new(lithops_storage::S3Storage::new(config)?))
            }
            #[cfg(feature = "storage-gcs")]
            "gcp_storage" => {
                let config = lithops_storage::GcsConfig::from_settings(&self.config)?;
                Ok(Arc::new(lithops_storage::GcsStorage::new(config)?))
            }
            #[cfg(feature = "storage-azure")]
            "azure_storage" => {
                let config = lithops_storage::AzureConfig::from_settings(&self.config)?;
                Ok(Arc::new(lithops_storage::AzureStorage::new(config)?))
            }
            #[cfg(feature = "storage-redis")]
            "redis" => {
                let config = lithops_storage::RedisConfig::from_settings(&self.config);
                Ok(Arc::new(lithops_storage::RedisStorage::new(config)?))
            }
            name => Err(missing_storage(name).into()),
        }
    }

    /// The folder of the storage `file`, if it is to be a certain one.
    #[cfg(feature = "storage-file")]
    fn root(&self) -> Result<Option<PathBuf>, ConfigError> {
        if self.config.root.is_some() {
            return Ok(self.config.root.clone());
        }
        #[cfg(feature = "slurm")]
        if self.config.backend == "slurm" {
            // Where nodes find it too.
            let settings = slurm(&self.config, None)?;
            return Ok(settings.login.is_none().then(|| settings.folder.join("objects")));
        }
        Ok(None)
    }

    /// Jobs of calls are those calls' own concern.
    #[cfg(feature = "journal")]
    fn journal_observer(&self, storage: &dyn StorageBackend) -> Option<Arc<dyn JobObserver>> {
        let wanted = self.config.journal.unwrap_or(true) && !is_inside_call();
        let storage = storage.location().scheme;
        let observer = wanted.then(|| lithops_observe::journal::JournalObserver::of_user(&storage));
        observer.flatten().map(|observer| Arc::new(observer) as Arc<dyn JobObserver>)
    }

    #[cfg(not(feature = "journal"))]
    fn journal_observer(&self, _: &dyn StorageBackend) -> Option<Arc<dyn JobObserver>> {
        None
    }

    #[cfg(feature = "progress")]
    fn progress_bar(&self) -> Option<Arc<dyn JobObserver>> {
        crate::progress::bar(self.config.progress)
    }

    #[cfg(not(feature = "progress"))]
    fn progress_bar(&self) -> Option<Arc<dyn JobObserver>> {
        None
    }
}

/// What the configuration says of all jobs.
fn engine_settings(jobs: &JobSettings) -> EngineSettings {
    let usual = EngineSettings::default();
    EngineSettings {
        start_bound: jobs.start_bound.unwrap_or(usual.start_bound),
        silence_bound: jobs.silence_bound.unwrap_or(usual.silence_bound),
        retry: jobs.retry,
        timeout: jobs.execution_timeout.map_or(usual.timeout, TimeLimit::After),
        ..usual
    }
}

/// Says why there is no storage of this name: this build lacks it, or no build has it.
fn missing_storage(name: &str) -> ConfigError {
    let known = [
        ("file", "storage-file"),
        ("memory", "default"),
        ("aws_s3", "storage-s3"),
        ("s3", "storage-s3"),
        ("ibm_cos", "storage-s3"),
        ("minio", "storage-s3"),
        ("ceph", "storage-s3"),
        ("gcp_storage", "storage-gcs"),
        ("azure_storage", "storage-azure"),
        ("redis", "storage-redis"),
    ];
    match known.iter().find(|(known, _)| *known == name) {
        Some((_, feature)) => {
            ConfigError::LeftOut { what: "storage", name: name.to_owned(), feature }
        }
        None => unknown("storage", name, &known.map(|(name, _)| name)),
    }
}

#[cfg(feature = "local")]
fn threads(workers: Option<usize>) -> Arc<dyn ComputeBackend> {
    let default = lithops_backend_local::ThreadConfig::default();
    let workers = workers.unwrap_or(default.workers);
    Arc::new(lithops_backend_local::ThreadBackend::new(lithops_backend_local::ThreadConfig {
        workers,
    }))
}

/// The settings of containers, checked.
#[cfg(feature = "containers")]
fn containers(
    config: &Config,
    program: Option<PathBuf>,
) -> Result<lithops_backend_local::ContainerConfig, ConfigError> {
    let default = lithops_backend_local::ContainerConfig::default();
    let section = config.containers.clone();
    let invalid = |key: &str, value: &dyn std::fmt::Display, reason: String| ConfigError::Invalid {
        key: format!("containers.{key}"),
        value: format!("`{value}`"),
        reason,
    };
    let least = |key: &str, value: Option<u64>, least: u64| match value {
        Some(value) if value < least => {
            Err(invalid(key, &value, format!("it must be {least} or more")))
        }
        _ => Ok(()),
    };
    least("worker_processes", section.worker_processes.map(|count| count as u64), 1)?;
    // The first process, the agent, needs some of both for itself.
    least("runtime_memory", section.runtime_memory, 16)?;
    least("pids_limit", section.pids_limit.map(u64::from), 16)?;
    if let Some(cpu) = section.runtime_cpu
        && !(cpu >= 0.01 && cpu.is_finite())
    {
        return Err(invalid("runtime_cpu", &cpu, "it must be 0.01 or more".to_owned()));
    }
    let bytes = |mebibytes: u64| {
        let bytes = mebibytes.checked_mul(1 << 20);
        bytes.ok_or_else(|| {
            let reason = "it is in MiB, and no machine has that much".to_owned();
            invalid("runtime_memory", &mebibytes, reason)
        })
    };
    let volume = |text: &String| {
        text.parse().map_err(|error: lithops_backend_local::VolumeError| {
            invalid("volumes", text, error.to_string())
        })
    };
    Ok(lithops_backend_local::ContainerConfig {
        workers: config.workers.unwrap_or(default.workers),
        slots: section.worker_processes.unwrap_or(default.slots),
        image: section.runtime,
        program,
        engine: section.engine,
        cpu: section.runtime_cpu,
        memory: section.runtime_memory.map(bytes).transpose()?,
        pids: section.pids_limit.unwrap_or(default.pids),
        network: section.network.unwrap_or(default.network),
        user: section.user,
        volumes: section.volumes.iter().map(volume).collect::<Result<_, _>>()?,
        environment: section.environment,
    })
}

/// The settings of Code Engine, checked, and what its workers are told of storages.
#[cfg(feature = "code-engine")]
fn code_engine(
    config: &Config,
    program: Option<PathBuf>,
) -> Result<lithops_backend_codeengine::CodeEngineConfig, ConfigError> {
    let settings = lithops_backend_codeengine::CodeEngineConfig::from_settings(config)?;
    let access = lithops_storage::WorkerAccess {
        trusted_profile: settings.trusted_profile.clone(),
        // A Code Engine elsewhere is an emulator, which the direct addresses of IBM Cloud are not
        // for.
        inside_ibm_cloud: settings.endpoint.is_none(),
    };
    let worker_settings = lithops_storage::worker_settings(config, &access)?;
    Ok(lithops_backend_codeengine::CodeEngineConfig { program, worker_settings, ..settings })
}

/// The settings of Slurm, checked, and what its workers are told of storages.
#[cfg(feature = "slurm")]
fn slurm(
    config: &Config,
    program: Option<PathBuf>,
) -> Result<lithops_backend_slurm::SlurmConfig, ConfigError> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let settings = lithops_backend_slurm::SlurmConfig::from_settings(config, home.as_deref())?;
    let access = lithops_storage::WorkerAccess::default();
    let worker_settings = lithops_storage::worker_settings(config, &access)?;
    Ok(lithops_backend_slurm::SlurmConfig { program, worker_settings, ..settings })
}

/// The executor of calls that call: one for all calls of this process.
///
/// Its pool grows by one worker for each nested job that is under way, because somebody may hold one
/// while waiting for it, so that never all workers wait.
#[cfg(feature = "local")]
fn nested() -> Result<FunctionExecutor> {
    static NESTED: OnceLock<FunctionExecutor> = OnceLock::new();
    let nested = NESTED.get_or_init(|| {
        let storage = Arc::new(lithops_storage::MemoryStorage::new());
        let settings = EngineSettings::default();
        FunctionExecutor::over(Engine::new(threads(None), storage, settings, None))
    });
    Ok(nested.clone())
}

#[cfg(not(feature = "local"))]
fn nested() -> Result<FunctionExecutor> {
    static NESTED: OnceLock<()> = OnceLock::new();
    NESTED.get_or_init(|| ());
    let (what, name) = ("backend", "threads".to_owned());
    Err(ConfigError::LeftOut { what, name, feature: "local" }.into())
}

/// A folder of this user's for what jobs keep between processes. Another user may have made it.
#[cfg(feature = "storage-file")]
fn default_folder() -> PathBuf {
    use std::os::unix::fs::MetadataExt;
    // Whoever owns this process's files.
    let user = std::fs::metadata("/proc/self").map_or(0, |metadata| metadata.uid());
    std::env::temp_dir().join(format!("lithops-{user}"))
}
