//! Why a setting can't be used.

/// A setting that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{path} can't be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The file is no TOML, or a value has the wrong type.
    #[error("{path}: {reason}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// No backend has this name.
    #[error("unknown {what} `{name}`; known: {known}")]
    Unknown {
        /// What kind of name it is.
        what: &'static str,
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// This build lacks the backend.
    #[error("{what} `{name}` was left out of this build; it comes with the feature `{feature}`")]
    LeftOut {
        /// What kind of name it is.
        what: &'static str,
        /// The name.
        name: String,
        /// The cargo feature of `lithops` that brings it.
        feature: &'static str,
    },
    /// A setting is missing that has no default.
    #[error("`{key}` is missing: say it in the section `[{section}]` of the configuration file")]
    Missing {
        /// Where it belongs.
        section: String,
        /// The setting.
        key: &'static str,
    },
    /// A storage's credentials can't be found, or can't be given to others.
    #[error("the credentials of `[{section}]` can't be used: {reason}")]
    Credentials {
        /// The section of the storage.
        section: String,
        /// Why, without the credentials.
        reason: String,
    },
    /// An environment variable names a section, but no key of it.
    #[error("the environment variable `{name}` says nothing that is known{}", meant(.near))]
    UnknownVariable {
        /// The variable.
        name: String,
        /// Variables that are known and have nearly that name.
        near: Vec<String>,
    },
    /// Two crates of this program declare different sections of one name.
    #[error(
        "two crates of this program declare a section `[{section}]` of the configuration: leave one of \
         them out, or have its section renamed"
    )]
    DeclaredTwice {
        /// The name.
        section: String,
    },
    /// Somebody asks for a section that has not been declared, so that nothing can be said in it.
    #[error(
        "the section `[{section}]` of the configuration is not declared: its crate has to do so by \
         `declare_section!`"
    )]
    Undeclared {
        /// The name.
        section: String,
    },
    /// A value is out of range.
    #[error("`{key}` is {value}: {reason}")]
    Invalid {
        /// The setting.
        key: String,
        /// Its value.
        value: String,
        /// What it must be.
        reason: String,
    },
}

/// What to do instead.
fn meant(near: &[String]) -> String {
    let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    match names.is_empty() {
        true => ": unset it; a key is said by `LITHOPS_SECTION_KEY`, in capitals".to_owned(),
        false => format!("; did you mean {}?", names.join(" or ")),
    }
}
