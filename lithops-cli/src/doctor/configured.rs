//! Whether the settings are there, can be read, and make an executor.

use std::os::unix::fs::PermissionsExt as _;

use lithops::{ConfigError, Error, Finding};
use lithops_core::config::keys::Kind;
use lithops_core::config::{Origin, Traced};

const SUBJECT: &str = "configuration";
const PERMISSIONS: &str = "secrets in the file";
const EXECUTOR: &str = "backend and storage";

/// Settings that were read.
pub(super) fn read(traced: &Traced) -> Finding {
    let mut how = match &traced.config.file {
        Some(file) => file.display().to_string(),
        None => "no file".to_owned(),
    };
    let by_variable =
        |setting: &&lithops_core::config::Setting| matches!(setting.origin, Origin::Environment(_));
    let variables = traced.settings.iter().filter(by_variable).count();
    if variables > 0 {
        how.push_str(&format!("; {variables} by the environment"));
    }
    if !traced.config.notes.is_empty() {
        let notes = traced.config.notes.len();
        how.push_str(&format!("; {notes} for Python alone, which `lithops config show` tells"));
    }
    Finding::good(SUBJECT, how)
}

/// Whether secrets of the file are for its owner alone; nothing if it has none.
pub(super) fn readable_by_others(traced: &Traced) -> Option<Finding> {
    let file = traced.config.file.as_ref()?;
    let is_secret = |setting: &&lithops_core::config::Setting| {
        setting.key.kind == Kind::Secret && setting.origin == Origin::File
    };
    traced.settings.iter().find(is_secret)?;
    // It was read a moment ago.
    let mode = std::fs::metadata(file).ok()?.permissions().mode();
    let shown = file.display();
    Some(match mode & 0o077 {
        0 => Finding::good(PERMISSIONS, "only their owner reads them"),
        _ => Finding::bad(
            PERMISSIONS,
            format!("others may read {shown}, mode {:03o}", mode & 0o777),
            format!("`chmod 600 {shown}`"),
        ),
    })
}

/// Settings that can't be read.
pub(super) fn refused(error: &ConfigError) -> Finding {
    Finding::bad(SUBJECT, error.to_string(), mend(error))
}

/// Settings that make no executor.
pub(super) fn no_executor(error: &Error) -> Finding {
    let mend = match error {
        Error::Config(error) => mend(error),
        Error::Storage(_) => "check the section of the storage".to_owned(),
        _ => "see `lithops config show` for the settings that hold".to_owned(),
    };
    Finding::bad(EXECUTOR, error.to_string(), mend)
}

/// The next step.
fn mend(error: &ConfigError) -> String {
    match error {
        ConfigError::Unreadable { path, .. } => format!(
            "see that {path} is there and that you may read it, or name another by --config or \
             LITHOPS_CONFIG"
        ),
        ConfigError::Malformed { path, .. } => {
            format!("mend that in {path}; docs/configuration.md has all keys and what they take")
        }
        ConfigError::Unknown { what, .. } => {
            format!("set `{what}` in the section `[lithops]` to one of these")
        }
        ConfigError::LeftOut { feature, .. } => {
            format!(
                "build the program with the feature `{feature}` of `lithops`, or choose another"
            )
        }
        ConfigError::Missing { section, key } => {
            let variable = format!("LITHOPS_{section}_{key}").to_uppercase();
            format!("set `{key}` in the section `[{section}]`, or the variable {variable}")
        }
        ConfigError::Credentials { section, .. } => {
            format!("put the credentials into the section `[{section}]`")
        }
        ConfigError::UnknownVariable { name, .. } => format!("rename {name}, or unset it"),
        ConfigError::Invalid { key, .. } => format!("give `{key}` another value"),
        _ => "docs/configuration.md has all keys and what they take".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_of_a_build_is_brought_by_a_feature() {
        let name = "code_engine".to_owned();
        let error = ConfigError::LeftOut { what: "backend", name, feature: "code-engine" };
        let expected = Finding::bad(
            EXECUTOR,
            "backend `code_engine` was left out of this build; it comes with the feature \
             `code-engine`",
            "build the program with the feature `code-engine` of `lithops`, or choose another",
        );
        assert_eq!(no_executor(&error.into()), expected);
    }
}
