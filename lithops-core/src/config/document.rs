//! A configuration file, read: its sections and keys, before the environment has its say.

use serde::Deserialize as _;
use toml::de::DeTable;
use toml::{Table, Value};

use super::declared::DeclaredSections;
use super::environment::Variables;
use super::raw::{self, RawConfig};
use super::setting::{Note, Traced};
use super::{Config, ConfigError, environment, keys, unknown};

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
        let file = DeTable::parse(text).map_err(explained)?;
        unknown::refuse(text, file.get_ref()).map_err(malformed)?;
        raw::take_file(file).map_err(explained)?;
        let mut table: Table = toml::from_str(text).map_err(explained)?;
        let notes: Vec<Note> = table.keys().filter_map(|name| Note::of_left_out(name)).collect();
        table.retain(|name, _| keys::section(name).is_some());
        Ok(Self { table, notes })
    }

    /// Puts the environment over what the file, called `path`, says.
    pub(super) fn resolve(
        self,
        path: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Traced, ConfigError> {
        if let Some(section) = keys::said_twice() {
            return Err(ConfigError::DeclaredTwice { section: section.to_owned() });
        }
        let mut table = self.table;
        let heard: Variables = environment::overlay(&mut table, variable)?;
        let settings = super::setting::settings(&table, &heard);
        // Each side was right by itself, so this is about how they fit together.
        let malformed = |error: toml::de::Error| ConfigError::Malformed {
            path: path.to_owned(),
            reason: error.message().to_owned(),
        };
        let declared = DeclaredSections::out_of(&mut table).map_err(malformed)?;
        let raw = RawConfig::deserialize(Value::Table(table)).map_err(malformed)?;
        let config = Config { notes: self.notes, declared, ..Config::of(raw)? };
        Ok(Traced { config, settings })
    }
}
