//! What is said in the sections that other crates declare.

use std::fmt;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::keys::{self, Section};
use super::setting::{HIDDEN, shown};
use super::{Config, ConfigError};

/// What is said in sections that other crates have declared; [`Config::section`] gives it.
///
/// Its `Debug` shows no secret.
#[derive(Clone, Default, PartialEq)]
pub struct DeclaredSections(Table);

impl DeclaredSections {
    /// Takes them out of all that is said; fails for a section that its structure does not take.
    pub(super) fn out_of(all: &mut Table) -> Result<Self, toml::de::Error> {
        let mut taken = Table::new();
        for section in keys::sections() {
            let Some(declared) = keys::declared(section.name) else { continue };
            let Some(said) = all.remove(section.name) else { continue };
            declared.takes(said.clone())?;
            taken.insert(section.name.to_owned(), said);
        }
        Ok(Self(taken))
    }
}

impl Config {
    /// What is said in a section that a crate has declared by
    /// [`declare_section!`](crate::declare_section); the default if there is no such section in the file
    /// and no variable says a key of it.
    ///
    /// # Errors
    /// [`ConfigError::Undeclared`] if it is not declared, [`ConfigError::Invalid`] if `T` does not take
    /// what is said, which the structure that was declared does.
    pub fn section<T: DeserializeOwned + Default>(
        &self,
        section: &Section,
    ) -> Result<T, ConfigError> {
        if keys::declared(section.name).is_none() {
            return Err(ConfigError::Undeclared { section: section.name.to_owned() });
        }
        let Some(said) = self.declared.0.get(section.name) else { return Ok(T::default()) };
        serde_path_to_error::deserialize(said.clone()).map_err(|error| {
            let name = error.path().iter().next().map(|name| name.to_string()).unwrap_or_default();
            let key = section.key(&name);
            let value = key.zip(said.get(&name)).map(|(key, value)| shown(key.kind, value));
            ConfigError::Invalid {
                key: format!("{}.{name}", section.name),
                value: format!("`{}`", value.unwrap_or_else(|| HIDDEN.to_owned())),
                reason: match key {
                    // The error's own words may hold the value.
                    Some(key) => format!("it must be {}", key.kind.wanted()),
                    None => "no such key can be read".to_owned(),
                },
            }
        })
    }
}

impl fmt::Debug for DeclaredSections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, said)| (name, Shown(name, said)))).finish()
    }
}

/// A section as it may be seen.
struct Shown<'a>(&'a str, &'a Value);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(section, said) = self;
        let section = keys::section(section);
        let said = said.as_table().into_iter().flatten().map(|(name, value)| {
            let key = section.and_then(|section| section.key(name));
            (name, key.map_or_else(|| HIDDEN.to_owned(), |key| shown(key.kind, value)))
        });
        f.debug_map().entries(said).finish()
    }
}

#[cfg(test)]
#[path = "declared/tests.rs"]
mod tests;
