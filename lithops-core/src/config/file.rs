//! Where the configuration file is found.

use std::ffi::OsString;
use std::io::ErrorKind;
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
        environment::refuse_unknown(std::env::vars_os())?;
        let found = match path {
            Some(path) => Some(Found::by_name(path.to_owned())),
            None => find(&|name| std::env::var_os(name)),
        };
        let Some(Found { path, is_yaml }) = found else {
            return Document::default().resolve("", &variable);
        };
        let shown = path.display().to_string();
        let text = text_of(&path)?;
        let document = if is_yaml { yaml(&shown, &text) } else { Document::of_toml(&shown, &text) };
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
        find(&|name| std::env::var_os(name)).map(|found| found.path)
    }
}

/// The user's folder for what programs of this library keep: `lithops` in `$XDG_STATE_HOME`, else in
/// `~/.local/state`; `None` for a user without a home.
pub fn state_folder() -> Option<PathBuf> {
    let absolute =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME");
    let state = state.or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("lithops"))
}

/// A configuration file, and how it is read.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    path: PathBuf,
    is_yaml: bool,
}

impl Found {
    fn by_name(path: PathBuf) -> Self {
        Self { is_yaml: is_yaml(&path), path }
    }
}

fn find(environment: &dyn Fn(&str) -> Option<OsString>) -> Option<Found> {
    // Empty is as unset: a path of nothing leads nowhere.
    let variable = |name| environment(name).filter(|said| !said.is_empty()).map(PathBuf::from);
    if let Some(path) = variable("LITHOPS_CONFIG") {
        return Some(Found::by_name(path));
    }
    let home = variable("HOME");
    // The specification has relative paths ignored.
    let users = variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let users = users.or_else(|| Some(home.as_ref()?.join(".config")));
    let own = [Some("lithops.toml".into()), users.map(|u| u.join("lithops/lithops.toml"))];
    if let Some(path) = own.into_iter().flatten().find(|path| is_there(path)) {
        return Some(Found { path, is_yaml: false });
    }
    // Without the feature they could only be refused, whoever has them there for Python.
    if !cfg!(feature = "yaml") {
        return None;
    }
    if let Some(path) = variable("LITHOPS_CONFIG_FILE") {
        return Some(Found { path, is_yaml: true });
    }
    let pythons = [Some(".lithops_config".into()), home.map(|h| h.join(".lithops/config"))];
    let path = pythons.into_iter().flatten().find(|path| is_there(path))?;
    Some(Found { path, is_yaml: true })
}

/// Whether there is something: what can't be read is not passed over, nor a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    match path.symlink_metadata() {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
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
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Option<Found> {
        find(&|name| {
            let said = variables.iter().find(|(variable, _)| *variable == name);
            said.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn a_link_that_leads_nowhere_is_a_file_that_cannot_be_read() {
        let home = std::env::temp_dir().join(format!("lithops-find-{}", std::process::id()));
        let folder = home.join(".config/lithops");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("lithops.toml");
        let variables = [
            ("LITHOPS_CONFIG", ""),
            ("XDG_CONFIG_HOME", "relative"),
            ("HOME", home.to_str().unwrap()),
        ];
        assert_eq!(found(&variables), None);
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert_eq!(found(&variables), Some(Found { path: path.clone(), is_yaml: false }));
        let error = Config::read(&path).unwrap_err();
        std::fs::remove_dir_all(&home).unwrap();
        assert!(matches!(error, ConfigError::Unreadable { .. }), "{error:?}");
    }

    #[cfg(feature = "yaml")]
    #[test]
    fn the_variable_of_lithops_for_python_names_a_file_of_yaml() {
        let path = PathBuf::from("/a/settings.conf");
        let variables = [("LITHOPS_CONFIG_FILE", "/a/settings.conf")];
        assert_eq!(found(&variables), Some(Found { path: path.clone(), is_yaml: true }));
        let variables = [("LITHOPS_CONFIG", "/a/settings.conf")];
        assert_eq!(found(&variables), Some(Found { path, is_yaml: false }));
    }

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
