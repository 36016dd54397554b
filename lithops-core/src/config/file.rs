//! Where the configuration file is found.

use std::path::{Path, PathBuf};

use super::{Config, ConfigError};

impl Config {
    /// Reads the configuration file, if there is one, and the environment.
    ///
    /// The file is the one that `LITHOPS_CONFIG` names, else `lithops.toml` here, else
    /// `lithops/lithops.toml` in the user's folder for configuration.
    ///
    /// # Errors
    /// [`ConfigError`] if the file can't be read, or a setting can't be used.
    pub fn load() -> Result<Self, ConfigError> {
        match find() {
            Some(path) => Self::read(&path),
            None => Self::resolve("", "", variable),
        }
    }

    /// Reads this configuration file and the environment.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: shown.clone(),
            reason: error.to_string(),
        })?;
        let config = Self::resolve(&shown, &text, variable)?;
        // Only a process whose folder is gone can't tell; it names the file as it was named.
        let file = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Ok(Self { file: Some(file), ..config })
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn find() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("LITHOPS_CONFIG") {
        return Some(PathBuf::from(path));
    }
    let users = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let users = users.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")));
    let places =
        [Some(PathBuf::from("lithops.toml")), users.map(|u| u.join("lithops/lithops.toml"))];
    places.into_iter().flatten().find(|path| path.exists())
}
