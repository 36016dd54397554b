//! Every key of the configuration, in one table: what it is called, what it takes, what it means.
//!
//! The file, the environment, `lithops config` and the documentation all read this table; tests hold
//! it against the structures that settings are read into. A crate with a section of its own writes its
//! keys by [`keys!`] and adds them by [`declare_section!`].

mod code_engine;
mod containers;
mod declared;
mod elsewhere;
mod general;
mod storages;

pub use declared::Declared;
#[doc(hidden)]
pub use declared::inventory;
pub(super) use declared::{declared, said_twice};
pub use elsewhere::feature_of;
pub(super) use elsewhere::left_out;

pub use crate::{declare_section, keys};

/// A section of the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name, such as `code_engine`.
    pub name: &'static str,
    /// Which backend or storage it is about.
    pub about: &'static str,
    /// Its keys, in the order in which they are best read.
    pub keys: &'static [Key],
}

/// A key of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name, such as `runtime_memory`.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds if nothing is said, in words of the file where it has some; empty for nothing.
    pub default: &'static str,
    /// What it means, in one line of Markdown.
    pub meaning: &'static str,
    /// Other names that the file may call it by.
    pub other_names: &'static [&'static str],
}

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A number, with a fraction perhaps.
    Number,
    /// A whole number from 0 on.
    Count,
    /// `true` or `false`.
    Switch,
    /// A list of strings.
    List,
    /// Strings by name.
    Map,
    /// The path of a file or folder.
    Path,
    /// A string that is never shown.
    Secret,
}

/// Writes the keys of a [`Section`](crate::config::keys::Section), one below the other: the name, other
/// names after `or`, the [`Kind`](crate::config::keys::Kind), the default and the meaning.
///
/// ```
/// use lithops_core::config::keys::{Key, Kind, keys};
///
/// const KEYS: &[Key] = keys! {
///     endpoint or url: Text = "", "Where it is; it has to be said.";
///     slots: Count = "1", "How many calls run at once.";
/// };
/// assert_eq!((KEYS[0].other_names, KEYS[1].kind), (&["url"][..], Kind::Count));
/// ```
#[macro_export]
macro_rules! keys {
    ($($name:ident $(or $other:ident)*: $kind:ident = $default:literal, $meaning:literal;)*) => {
        &[$($crate::config::keys::Key {
            name: stringify!($name),
            kind: $crate::config::keys::Kind::$kind,
            default: $default,
            meaning: $meaning,
            other_names: &[$(stringify!($other)),*],
        }),*]
    };
}

/// The sections of this crate, in the order in which they are best read.
const OWN: &[Section] = &[
    general::LITHOPS,
    general::LOCALHOST,
    containers::CONTAINERS,
    code_engine::CODE_ENGINE,
    general::IBM,
    storages::FILE,
    storages::AWS_S3,
    storages::IBM_COS,
    storages::MINIO,
    storages::CEPH,
    storages::GCP_STORAGE,
    storages::AZURE_STORAGE,
    storages::REDIS,
];

/// All sections: those of this crate in the order in which they are best read, then those that the other
/// crates of this program have declared, by name.
pub fn sections() -> Vec<&'static Section> {
    let others = declared::all().into_iter().map(|declared| declared.section());
    OWN.iter().chain(others).collect()
}

/// The section of this name.
pub fn section(name: &str) -> Option<&'static Section> {
    let own = OWN.iter().find(|section| section.name == name);
    own.or_else(|| declared(name).map(Declared::section))
}

impl Section {
    /// The key of this name, or of this other name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name || key.other_names.contains(&name))
    }

    /// The environment variables that say `key`; the first that is set holds.
    ///
    /// ```
    /// use lithops_core::config::keys::section;
    ///
    /// let names = |name, key| section(name).map(|s| s.variables(s.key(key).unwrap())).unwrap();
    /// assert_eq!(names("ibm", "region"), ["LITHOPS_IBM_REGION"]);
    /// assert_eq!(names("lithops", "backend"), ["LITHOPS_LITHOPS_BACKEND", "LITHOPS_BACKEND"]);
    /// ```
    pub fn variables(&self, key: &Key) -> Vec<String> {
        let name = key.name.to_uppercase();
        let mut names = vec![format!("LITHOPS_{}_{name}", self.name.to_uppercase())];
        match (self.name, key.name) {
            ("lithops", _) => names.push(format!("LITHOPS_{name}")),
            ("localhost", "worker_processes") => names.push("LITHOPS_WORKERS".to_owned()),
            _ => {}
        }
        names
    }
}

impl Kind {
    /// What a value must be, in words.
    pub fn wanted(self) -> &'static str {
        match self {
            Self::Text | Self::Secret => "a text",
            Self::Number => "a number",
            Self::Count => "a whole number",
            Self::Switch => "`true` or `false`",
            Self::List => "a list of texts",
            Self::Map => "texts by name",
            Self::Path => "a path",
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
