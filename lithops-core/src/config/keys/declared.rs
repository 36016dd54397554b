//! Sections that other crates declare, known as soon as those are linked.
//!
//! They are collected by constructors, as the worker of `lithops-worker` is started by one: whatever
//! links the one links the others.

use serde::de::DeserializeOwned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toml::{Spanned, Value};

use super::{OWN, Section};

#[doc(hidden)]
pub use ::inventory;

/// A section that a crate has declared by [`declare_section!`](crate::declare_section), and the structure
/// that it is read into.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    section: &'static Section,
    reads: fn(Value) -> Result<(), Error>,
    reads_lines: for<'i> fn(Spanned<DeValue<'i>>) -> Result<(), Error>,
}

inventory::collect!(Declared);

/// Adds a [`Section`](crate::config::keys::Section), which is a `static`, to those that the file may have,
/// and names the structure that it is read into.
///
/// The section is known to the file, the environment, `lithops config` and the documentation in every
/// program that the declaring crate is linked into;
/// [`Config::section`](crate::config::Config::section) gives what is said in it. The structure implements
/// `Default` and `Deserialize`, with `#[serde(default, deny_unknown_fields)]`, and takes what the keys
/// say; a test of the crate should hold one against the other.
///
/// A name is taken once: two different sections of one name are an error of whatever reads settings. A
/// key is said by a variable `LITHOPS_SECTION_KEY`, so the name must not be one that this library's own
/// variables begin with, such as `worker`.
///
/// ```
/// use lithops_core::config::Config;
/// use lithops_core::config::keys::{Section, declare_section, keys};
///
/// #[derive(Debug, Default, PartialEq, serde::Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct MoonSection {
///     crater: Option<String>,
/// }
///
/// static MOON: Section = Section {
///     name: "moon",
///     about: "the backend `moon`",
///     keys: keys! { crater: Text = "", "Where calls land."; },
/// };
/// declare_section!(MOON: MoonSection);
///
/// # fn main() -> Result<(), lithops_core::config::ConfigError> {
/// let config = Config::resolve("lithops.toml", "[moon]\ncrater = \"Tycho\"", |_| None)?;
/// let section: MoonSection = config.section(&MOON)?;
/// assert_eq!(section.crater.as_deref(), Some("Tycho"));
/// # Ok(()) }
/// ```
#[macro_export]
macro_rules! declare_section {
    ($section:path: $structure:ty) => {
        $crate::config::keys::inventory::submit! {
            $crate::config::keys::Declared::new::<$structure>(&$section)
        }
    };
}

impl Declared {
    /// What [`declare_section!`](crate::declare_section) collects.
    #[doc(hidden)]
    pub const fn new<T: DeserializeOwned>(section: &'static Section) -> Self {
        Self { section, reads: reads::<T>, reads_lines: reads_lines::<T> }
    }

    /// The section.
    pub(super) fn section(&self) -> &'static Section {
        self.section
    }

    /// Whether the section's structure takes these keys.
    pub(in crate::config) fn takes(&self, keys: Value) -> Result<(), Error> {
        (self.reads)(keys)
    }

    /// The same of keys as they stand in a file: the error tells where.
    pub(in crate::config) fn takes_lines(&self, keys: Spanned<DeValue<'_>>) -> Result<(), Error> {
        (self.reads_lines)(keys)
    }
}

fn reads<T: DeserializeOwned>(keys: Value) -> Result<(), Error> {
    T::deserialize(keys).map(drop)
}

fn reads_lines<T: DeserializeOwned>(keys: Spanned<DeValue<'_>>) -> Result<(), Error> {
    T::deserialize(ValueDeserializer::from(keys)).map(drop)
}

/// All that are declared, by name; one that is linked twice counts once.
///
/// Read anew each time: a constructor of another library may ask before all are there.
pub(super) fn all() -> Vec<Declared> {
    let mut all: Vec<Declared> = inventory::iter::<Declared>.into_iter().copied().collect();
    all.sort_by_key(|declared| declared.section.name);
    all.dedup_by(|one, other| one.section == other.section);
    all
}

/// The declared section of this name.
pub(in crate::config) fn declared(name: &str) -> Option<&'static Declared> {
    inventory::iter::<Declared>.into_iter().find(|declared| declared.section.name == name)
}

/// A name that two different sections have.
pub(in crate::config) fn said_twice() -> Option<&'static str> {
    twice(OWN.iter().chain(all().iter().map(Declared::section)).map(|section| section.name))
}

fn twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = std::collections::BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_two_sections_have_is_found() {
        assert_eq!(twice(["a", "b", "c"].into_iter()), None);
        assert_eq!(twice(["a", "b", "c", "b", "a"].into_iter()), Some("b"));
        assert_eq!(said_twice(), None);
    }
}
