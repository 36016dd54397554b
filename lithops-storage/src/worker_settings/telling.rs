//! The sections of a worker's file, one for each storage, and what all of them are made from.

use lithops_core::config::{Config, ConfigError};
use lithops_core::secret::Secret;

use super::WorkerAccess;

/// The text of the file, with credentials of this process's environment.
pub(super) fn tell(config: &Config, access: &WorkerAccess) -> Result<Option<Secret>, ConfigError> {
    let environment = &|name: &str| std::env::var(name).ok();
    Telling { config, access, environment }.text()
}

/// What is known when workers are told of storages.
#[derive(Clone, Copy)]
pub(crate) struct Telling<'a> {
    pub(crate) config: &'a Config,
    #[cfg_attr(not(feature = "s3"), expect(dead_code, reason = "only buckets of S3 ask"))]
    pub(crate) access: &'a WorkerAccess,
    pub(crate) environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Telling<'_> {
    pub(super) fn text(&self) -> Result<Option<Secret>, ConfigError> {
        let mut file = Section::default();
        #[cfg(feature = "s3")]
        for name in crate::s3::SECTIONS.into_iter().filter(|name| self.is_told_of(name)) {
            file.say(name, Some(crate::s3::worker_section(name, self)?));
        }
        #[cfg(feature = "gcs")]
        if self.is_told_of(crate::gcs::SECTION_NAME) {
            file.say(crate::gcs::SECTION_NAME, Some(crate::gcs::worker_section(self)?));
        }
        #[cfg(feature = "azure")]
        if self.is_told_of(crate::azure::SECTION_NAME) {
            file.say(crate::azure::SECTION_NAME, Some(crate::azure::worker_section(self)?));
        }
        #[cfg(feature = "redis")]
        if self.is_told_of(crate::redis::SCHEME) {
            file.say(crate::redis::SCHEME, Some(crate::redis::worker_section(self)));
        }
        if file.0.is_empty() {
            return Ok(None);
        }
        if let Some(name) = self.config.storage.as_deref().map(section_of) {
            // By it a worker knows which server `s3://` means.
            let mut lithops = Section::default();
            lithops.say("storage", file.0.contains_key(name).then(|| name.to_owned()));
            file.say("lithops", Some(lithops).filter(|section| !section.0.is_empty()));
        }
        if file.0.contains_key("ibm_cos") {
            let mut ibm = Section::default();
            ibm.say("iam_endpoint", self.config.ibm.iam_endpoint.clone());
            file.say("ibm", Some(ibm).filter(|section| !section.0.is_empty()));
        }
        Ok(Some(Secret::new(file.0.to_string())))
    }

    /// Whether jobs keep their objects in the storage of this section.
    pub(crate) fn holds_jobs(&self, section: &str) -> bool {
        self.config.storage.as_deref().map(section_of) == Some(section)
    }

    fn is_told_of(&self, section: &str) -> bool {
        self.config.storages.has(section) || self.holds_jobs(section)
    }
}

fn section_of(storage: &str) -> &str {
    if storage == "s3" { "aws_s3" } else { storage }
}

/// A section in the making. It may hold secrets, so it is never shown.
#[derive(Default)]
pub(crate) struct Section(toml::Table);

impl Section {
    pub(crate) fn say(&mut self, key: &str, value: Option<impl Into<toml::Value>>) {
        if let Some(value) = value {
            self.0.insert(key.to_owned(), value.into());
        }
    }

    pub(crate) fn say_secret(&mut self, key: &str, secret: Option<&Secret>) {
        self.say(key, secret.map(Secret::expose));
    }
}

impl From<Section> for toml::Value {
    fn from(section: Section) -> Self {
        Self::Table(section.0)
    }
}
