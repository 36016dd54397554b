//! A configuration file, read: its sections and keys, before the environment has its say.

use serde::Deserialize as _;
use toml::{Table, Value};

use super::environment::Variables;
use super::raw::{self, RawConfig};
use super::setting::Note;
use super::{Config, ConfigError, environment, setting::Traced};

/// What a file says.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    /// Known keys by section, each with a value that it takes.
    pub(super) table: Table,
    /// What it says that holds nothing here.
    pub(super) notes: Vec<Note>,
}

impl Document {
    /// Reads TOML; `path` is what errors call it.
    pub(super) fn of_toml(path: &str, text: &str) -> Result<Self, ConfigError> {
        let malformed = |reason| ConfigError::Malformed { path: path.to_owned(), reason };
        // The error shows the line that it is about, which may hold a secret: only its words count.
        let explained = |error: toml::de::Error| malformed(raw::explain(text, &error));
        // What is wrong with a key is told by its line, which a table no longer knows.
        toml::from_str::<RawConfig>(text).map_err(explained)?;
        let table = toml::from_str(text).map_err(explained)?;
        Ok(Self { table, notes: Vec::new() })
    }

    /// Puts the environment over what the file, called `path`, says.
    pub(super) fn resolve(
        self,
        path: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Traced, ConfigError> {
        let mut table = self.table;
        let heard: Variables = environment::overlay(&mut table, variable)?;
        let settings = super::setting::settings(&table, &heard);
        let raw = RawConfig::deserialize(Value::Table(table)).map_err(|error| {
            // Both sides were right by themselves, so this is about how they fit together.
            ConfigError::Malformed { path: path.to_owned(), reason: error.message().to_owned() }
        })?;
        let config = Config { notes: self.notes, ..Config::of(raw)? };
        Ok(Traced { config, settings })
    }
}
