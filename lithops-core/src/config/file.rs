//! Where the configuration file is found.

use std::path::{Path, PathBuf};

use super::document::Document;
use super::{Config, ConfigError, Traced, environment};

impl Config {
    /// Reads the configuration file, if there is one, and the environment.
    ///
    /// The file is the one that `LITHOPS_CONFIG` names, else `lithops.toml` here, else
    /// `lithops/lithops.toml` in the user's folder for configuration. With the feature `yaml` those
    /// of Lithops for Python come after: the one that `LITHOPS_CONFIG_FILE` names, `.lithops_config`
    /// here, `.lithops/config` in the user's home.
    ///
    /// # Errors
    /// [`ConfigError`] if the file can't be read, or a setting can't be used.
    pub fn load() -> Result<Self, ConfigError> {
        Self::load_traced(None).map(|traced| traced.config)
    }

    /// Reads this configuration file, TOML or a YAML file of Lithops by its name, and the
    /// environment.
    ///
    /// # Errors
    /// As [`load`](Self::load); [`ConfigError::LeftOut`] for YAML without the feature `yaml`.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::load_traced(Some(path)).map(|traced| traced.config)
    }

    /// As [`read`](Self::read), or as [`load`](Self::load) without a path; tells where each setting
    /// is from.
    ///
    /// # Errors
    /// As `read` and `load`.
    pub fn load_traced(path: Option<&Path>) -> Result<Traced, ConfigError> {
        // Names that are no Unicode name no key.
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        environment::refuse_unknown(names)?;
        let Some(path) = path.map(Path::to_owned).or_else(Self::find) else {
            return Document::default().resolve("", &variable);
        };
        let shown = path.display().to_string();
        let text = text_of(&path)?;
        let document =
            if is_yaml(&path) { yaml(&shown, &text) } else { Document::of_toml(&shown, &text) };
        let mut traced = document?.resolve(&shown, &variable)?;
        // Only a process whose folder is gone can't tell; it names the file as it was named.
        traced.config.file = Some(std::path::absolute(&path).unwrap_or(path));
        Ok(traced)
    }

    /// The settings of a YAML file of Lithops for Python as the text of a `lithops.toml`, with comments
    /// on what was left out. Secrets are in it.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`], or [`ConfigError::Malformed`] if Lithops does not know it all.
    #[cfg(feature = "yaml")]
    pub fn yaml_to_toml(path: &Path) -> Result<String, ConfigError> {
        let shown = path.display().to_string();
        super::yaml::to_toml(&shown, &text_of(path)?)
    }

    /// The configuration file that [`load`](Self::load) reads, if there is one.
    ///
    /// One that a variable names is given whether it is there or not.
    pub fn find() -> Option<PathBuf> {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        if let Some(path) = variable("LITHOPS_CONFIG") {
            return Some(path);
        }
        let home = variable("HOME");
        let users = variable("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
        let own = [Some("lithops.toml".into()), users.map(|u| u.join("lithops/lithops.toml"))];
        if let Some(path) = own.into_iter().flatten().find(|path| path.exists()) {
            return Some(path);
        }
        // Without the feature they could only be refused, whoever has them there for Python.
        if !cfg!(feature = "yaml") {
            return None;
        }
        if let Some(path) = variable("LITHOPS_CONFIG_FILE") {
            return Some(path);
        }
        let pythons = [Some(".lithops_config".into()), home.map(|h| h.join(".lithops/config"))];
        pythons.into_iter().flatten().find(|path| path.exists())
    }
}

fn text_of(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether a file of this name is YAML: by its extension, or because Lithops calls it so.
fn is_yaml(path: &Path) -> bool {
    match path.extension() {
        Some(extension) => extension == "yaml" || extension == "yml",
        None => path.file_name().is_some_and(|name| name == ".lithops_config" || name == "config"),
    }
}

#[cfg(feature = "yaml")]
fn yaml(path: &str, text: &str) -> Result<Document, ConfigError> {
    super::yaml::document(path, text)
}

#[cfg(not(feature = "yaml"))]
fn yaml(path: &str, _: &str) -> Result<Document, ConfigError> {
    Err(ConfigError::LeftOut {
        what: "YAML, the format of",
        name: path.to_owned(),
        feature: "yaml",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_known_by_the_name_of_its_file() {
        for yaml in ["a.yaml", "/b/c.yml", ".lithops_config", "/home/me/.lithops/config"] {
            assert!(is_yaml(Path::new(yaml)), "{yaml}");
        }
        for toml in ["lithops.toml", "lithops.conf", "settings", "config.toml", ".lithops"] {
            assert!(!is_yaml(Path::new(toml)), "{toml}");
        }
    }

    #[cfg(not(feature = "yaml"))]
    #[test]
    fn a_build_that_reads_no_yaml_says_what_brings_it() {
        let error = yaml("a.yaml", "").err().map(|error| error.to_string());
        let told = "YAML, the format of `a.yaml` was left out of this build; it comes with the \
                    feature `yaml`";
        assert_eq!(error.as_deref(), Some(told));
    }
}
