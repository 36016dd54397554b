//! Settings: what a file and the environment say, resolved once.
//!
//! A file `lithops.toml` looks like this; every key may be left out:
//!
//! ```toml
//! [lithops]
//! backend = "processes"     # or "threads", "containers", "code_engine", "slurm"
//! storage = "file"          # or "memory", "aws_s3", "ibm_cos", "minio", "ceph", "gcp_storage",
//!                           # "azure_storage", "redis": each has a section of that name
//! progress = true           # a bar for long jobs, where standard error is a terminal
//! journal = true            # a file for each job that lasts or fails, for `lithops job`
//!
//! [localhost]
//! worker_processes = 8      # calls at once; one for each processor by default
//!
//! [containers]
//! runtime_memory = 512      # MiB; the other keys are those of `ContainersSection`
//!
//! [ibm]
//! iam_api_key = "..."       # for Code Engine and Object Storage alike
//! region = "eu-de"
//!
//! [code_engine]
//! runtime_cpu = 1           # the other keys are those of `CodeEngineSection`
//! runtime_memory = 4096     # MiB
//!
//! [file]
//! root = "/var/tmp/lithops" # where jobs keep their objects
//!
//! [aws_s3]
//! storage_bucket = "jobs"
//! region = "eu-west-1"
//! ```
//!
//! A section of a storage holds for all data of that provider, in whichever bucket.

mod code_engine;
mod containers;
mod declared;
mod document;
mod environment;
mod error;
mod file;
mod ibm;
mod jobs;
pub mod keys;
mod near;
#[cfg(feature = "yaml")]
mod python;
mod raw;
mod sections;
mod setting;
mod unknown;
#[cfg(feature = "yaml")]
mod yaml;

use std::path::PathBuf;

pub use code_engine::CodeEngineSection;
pub use containers::ContainersSection;
pub use declared::DeclaredSections;
use document::Document;
pub use error::ConfigError;
pub use file::state_folder;
pub use ibm::IbmSection;
pub use jobs::JobSettings;
use raw::RawConfig;
pub use sections::{
    AzureSection, CosSection, GcpSection, RedisSection, S3Section, StorageSections,
};
pub use setting::{Note, Origin, Setting, Traced};

/// Settings as they hold: each from the environment, else from the file, else the default.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Name of the compute backend; `processes` by default.
    pub backend: String,
    /// Name of the storage; by default `memory` for threads and `file` for all others.
    pub storage: Option<String>,
    /// Calls that run at once; by default as many as the backend likes.
    pub workers: Option<usize>,
    /// Folder of the storage `file`; one of the user's own in the folder for temporary files, by
    /// default.
    pub root: Option<PathBuf>,
    /// Whether long jobs show a progress bar; by default where standard error is a terminal.
    pub progress: Option<bool>,
    /// Whether jobs that last or fail are written to the user's journal; by default they are.
    pub journal: Option<bool>,
    /// The file with the key that this user's clients know their jobs in storage by; one in the user's
    /// folder for state by default.
    pub key_file: Option<PathBuf>,
    /// What is said of IBM Cloud Code Engine.
    pub code_engine: CodeEngineSection,
    /// What is said of containers on this machine.
    pub containers: ContainersSection,
    /// What is said of IBM Cloud as a whole.
    pub ibm: IbmSection,
    /// What is said of each storage by name: of the one that jobs use, and of those that data is in.
    pub storages: StorageSections,
    /// What is said in sections that other crates have declared, which [`section`](Self::section) gives.
    pub declared: DeclaredSections,
    /// The terms of jobs that say no others.
    pub jobs: JobSettings,
    /// The file that settings were read from, as an absolute path.
    pub file: Option<PathBuf>,
    /// What that file says that holds nothing here: keys that only Lithops for Python has.
    pub notes: Vec<Note>,
}

impl Default for Config {
    fn default() -> Self {
        let backend = "processes".to_owned();
        Self {
            backend,
            storage: None,
            workers: None,
            root: None,
            progress: None,
            journal: None,
            key_file: None,
            code_engine: CodeEngineSection::default(),
            containers: ContainersSection::default(),
            ibm: IbmSection::default(),
            storages: StorageSections::default(),
            declared: DeclaredSections::default(),
            jobs: JobSettings::default(),
            file: None,
            notes: Vec::new(),
        }
    }
}

impl Config {
    /// Resolves settings: `text` is the file called `path`, in TOML, `environment` gives variables.
    ///
    /// Each key of [`keys::sections`] has a variable `LITHOPS_SECTION_KEY`, in capitals; those of
    /// `[lithops]` can be said as `LITHOPS_KEY` too. `LITHOPS_WORKERS` is short for
    /// `LITHOPS_LOCALHOST_WORKER_PROCESSES`, and `LITHOPS_STORAGE_BUCKET` is the bucket of whichever
    /// storage jobs use. Lists have commas between their items, and maps are lists of `NAME=VALUE`.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] for an unknown key (the known ones are listed) or a value of the
    /// wrong type, [`ConfigError::Invalid`] for a value out of range, or for a variable whose value
    /// its key does not take.
    ///
    /// ```
    /// use lithops_core::config::Config;
    ///
    /// let file = "[code_engine]\nruntime_cpu = 1\nmax_workers = 10";
    /// let said = |name: &str| (name == "LITHOPS_CODE_ENGINE_RUNTIME_CPU").then(|| "0.5".to_owned());
    /// let section = Config::resolve("lithops.toml", file, said)?.code_engine;
    /// assert_eq!((section.runtime_cpu, section.max_workers), (Some(0.5), Some(10)));
    /// # Ok::<(), lithops_core::config::ConfigError>(())
    /// ```
    pub fn resolve(
        path: &str,
        text: &str,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        Self::resolve_traced(path, text, environment).map(|traced| traced.config)
    }

    /// As [`resolve`](Self::resolve), and tells where each setting is from.
    ///
    /// # Errors
    /// As `resolve`.
    pub fn resolve_traced(
        path: &str,
        text: &str,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Traced, ConfigError> {
        Document::of_toml(path, text)?.resolve(path, &environment)
    }

    /// The settings that a file and the environment come to.
    fn of(mut raw: RawConfig) -> Result<Self, ConfigError> {
        let workers = raw.localhost.worker_processes;
        if workers == Some(0) {
            let (key, value) = ("worker_processes".to_owned(), "0".to_owned());
            return Err(ConfigError::Invalid { key, value, reason: "it must be 1 or more".into() });
        }
        Ok(Self {
            storages: raw.storages(),
            jobs: JobSettings::of(&raw.lithops)?,
            backend: raw.lithops.backend.unwrap_or_else(|| Self::default().backend),
            storage: raw.lithops.storage,
            workers,
            root: raw.file.root,
            progress: raw.lithops.progress,
            journal: raw.lithops.journal,
            key_file: raw.lithops.key_file,
            code_engine: raw.code_engine,
            containers: raw.containers,
            ibm: raw.ibm,
            declared: DeclaredSections::default(),
            file: None,
            notes: Vec::new(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn resolve(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::resolve("lithops.toml", text, |name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_said_gives_the_defaults() {
        assert_eq!(resolve("", &[]), Ok(Config::default()));
    }

    #[test]
    fn the_journal_is_switched_by_file_and_environment() {
        let text = "[lithops]\njournal = false";
        let journal = |text, variables: &[_]| resolve(text, variables).map(|config| config.journal);
        assert_eq!(journal("", &[]), Ok(None));
        assert_eq!(journal(text, &[]), Ok(Some(false)));
        assert_eq!(journal(text, &[("LITHOPS_JOURNAL", "yes")]), Ok(Some(true)));
        assert_eq!(journal("", &[("LITHOPS_JOURNAL", "no")]), Ok(Some(false)));
        let error = journal("", &[("LITHOPS_JOURNAL", "never")]).unwrap_err();
        assert_eq!(error.to_string(), "`LITHOPS_JOURNAL` is `never`: it must be `true` or `false`");
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let text = "[lithops]\nbackend = \"threads\"\n[localhost]\nworker_processes = 3";
        let config = resolve(text, &[("LITHOPS_BACKEND", "processes")]);
        let (backend, workers) = ("processes".to_owned(), Some(3));
        assert_eq!(config, Ok(Config { backend, workers, ..Config::default() }));
    }

    #[test]
    fn an_unknown_key_is_refused_and_the_known_ones_are_listed() {
        let error = resolve("[lithops]\nbackends = \"x\"", &[]);
        let Err(ConfigError::Malformed { reason, .. }) = error else { panic!("{error:?}") };
        assert!(reason.contains("unknown field `backends`"), "{reason}");
        assert!(reason.contains("`backend`, `storage`, `progress`"), "{reason}");
    }

    #[test]
    fn no_workers_at_all_is_refused() {
        for result in [
            resolve("[localhost]\nworker_processes = 0", &[]),
            resolve("", &[("LITHOPS_WORKERS", "0")]),
            resolve("", &[("LITHOPS_WORKERS", "many")]),
        ] {
            assert!(matches!(result, Err(ConfigError::Invalid { .. })), "{result:?}");
        }
    }

    #[test]
    fn a_section_is_read_by_the_names_that_lithops_gives() {
        let text = "[lithops]\nstorage = \"ibm_cos\"\n[ibm_cos]\nstorage_bucket = \"jobs\"\n\
                    region = \"eu-de\"\niam_api_key = \"k\"\n[aws_s3]\nstorage_bucket = \"b\"";
        let config = resolve(text, &[("LITHOPS_STORAGE_BUCKET", "others")]).unwrap();
        let cos = config.storages.ibm_cos.unwrap();
        assert_eq!(cos.storage_bucket.as_deref(), Some("others"));
        assert_eq!(
            (cos.region.as_deref(), cos.api_key),
            (Some("eu-de"), Some("k".to_owned().into()))
        );
        assert_eq!(config.storages.aws_s3.unwrap().storage_bucket.as_deref(), Some("b"));
        assert_eq!(config.storages.minio, None);
    }

    #[test]
    fn one_account_of_ibm_cloud_is_read_for_all_of_its_services() {
        let text = "[ibm]\niam_api_key = \"k\"\nregion = \"eu-de\"\nresource_group_id = \"g\"\n\
                    iam_endpoint = \"http://127.0.0.1:1\"";
        let config = resolve(text, &[]).unwrap();
        let expected = IbmSection {
            iam_api_key: Some("k".to_owned().into()),
            region: Some("eu-de".to_owned()),
            resource_group_id: Some("g".to_owned()),
            iam_endpoint: Some("http://127.0.0.1:1".to_owned()),
        };
        assert_eq!(config.ibm, expected);
        assert!(!config.storages.has("ibm_cos"));
    }

    #[test]
    fn a_mistake_in_a_line_with_a_secret_does_not_show_it() {
        for text in [
            "[aws_s3]\nsecret_access_keys = \"s3cr3t\"",
            "[aws_s3]\nsecret_access_key = [\"s3cr3t\"]",
            "[aws_s3]\nsecret_access_key = \"s3cr3t",
        ] {
            let error = resolve(text, &[]).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
            assert!(error.to_string().starts_with("lithops.toml: line 2: "), "{error}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_not_shown() {
        for (text, told) in [
            ("[redis]\npassword = 12345678", "line 2: `redis.password` has to be a text"),
            ("[ibm_cos]\niam_api_key = 12345678", "line 2: `ibm_cos.iam_api_key` has to be a text"),
            ("[redis]\nport = \"12345678\"", "line 2: `redis.port` has to be a whole number"),
            (
                "[containers]\nenvironment = { TOKEN = 12345678 }",
                "line 2: `containers.environment` has to be texts by name",
            ),
            (
                "[containers.environment]\nTOKEN = 12345678",
                "line 2: `containers.environment` has to be texts by name",
            ),
            ("redis = \"12345678\"", "line 1: `redis` has to be a section with keys"),
        ] {
            let error = resolve(text, &[]).unwrap_err();
            assert_eq!(error.to_string(), format!("lithops.toml: {told}"));
        }
        let error = resolve("[redis]\nport = 99999", &[]).unwrap_err();
        assert!(error.to_string().contains("`99999`, expected u16"), "{error}");
    }
}
