//! Where to look for an engine, as the Docker CLI does; then where Podman listens.

use std::path::PathBuf;

use super::context;
use super::host::{self, HostError};
use super::place::{Origin, Place};
use crate::docker_config::{DockerConfig, Environment, UserFileError};

/// What the places depend on, or what a test takes for it.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// The environment; variables that are empty count as unset.
    pub(super) variable: Environment<'a>,
    /// The number of the user.
    pub(super) user: u32,
}

/// Why what chooses an engine can't be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The address of an engine can't be used.
    #[error("the engine's address `{host}` ({origin}) can't be used: {source}")]
    Host {
        /// The address.
        host: String,
        /// Who gave it.
        origin: Origin,
        /// What is wrong with it.
        source: HostError,
    },
    /// A context that does not exist is chosen.
    #[error(
        "{chosen_by} chooses the context `{name}`, and there is none in {}: `docker context ls` \
         lists those that there are",
        path.display()
    )]
    NoContext {
        /// The name of the context.
        name: String,
        /// What chose it.
        chosen_by: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// A file of the Docker CLI can't be used.
    #[error(transparent)]
    File(#[from] UserFileError),
    /// A context has no engine of Docker's.
    #[error("the context `{name}` in {} names no Docker Engine", path.display())]
    NoEndpoint {
        /// The name of the context.
        name: String,
        /// Its file.
        path: PathBuf,
    },
}

/// The places to look at, in order.
///
/// Somebody's choice is the only one, so that nothing ends up on an engine that was not meant. Only
/// when nobody chose are there several.
pub(super) fn places(
    given: Option<&str>,
    surroundings: Surroundings<'_>,
) -> Result<Vec<Place>, DiscoveryError> {
    let variable = |name: &str| (surroundings.variable)(name).filter(|value| !value.is_empty());
    let tls = variable("DOCKER_TLS_VERIFY").is_some();
    if let Some(host) = given {
        return Ok(vec![chosen(host, tls, Origin::Given)?]);
    }
    if let Some(host) = variable("DOCKER_HOST") {
        return Ok(vec![chosen(&host, tls, Origin::Variable)?]);
    }
    let config = DockerConfig::folder(&variable);
    if let Some(folder) = &config {
        let (name, chosen_by) = match variable("DOCKER_CONTEXT") {
            Some(name) => (Some(name), "DOCKER_CONTEXT".to_owned()),
            None => {
                let file = folder.join("config.json");
                let said_by = file.display().to_string();
                (DockerConfig::read(&file)?.current_context, said_by)
            }
        };
        // `default` is no context, but the usual places.
        if let Some(name) = name.filter(|name| !name.is_empty() && name != "default") {
            let context = context::read(folder, &name, &chosen_by)?;
            let origin = Origin::Context { name, chosen_by };
            return Ok(vec![chosen(&context.host, context.tls, origin)?]);
        }
    }
    Ok(usual(&variable, surroundings.user))
}

fn chosen(host: &str, tls: bool, origin: Origin) -> Result<Place, DiscoveryError> {
    match host::parse(host, tls) {
        Ok(address) => Ok(Place { origin, address }),
        Err(source) => Err(DiscoveryError::Host { host: host.to_owned(), origin, source }),
    }
}

fn usual(variable: Environment<'_>, user: u32) -> Vec<Place> {
    let home = variable("HOME").map(PathBuf::from);
    let at_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let runtime = variable("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.unwrap_or_else(|| PathBuf::from(format!("/run/user/{user}")));
    let sockets = [
        Some(PathBuf::from("/var/run/docker.sock")),
        Some(runtime.join("docker.sock")),
        at_home(".docker/run/docker.sock"),
        at_home(".docker/desktop/docker.sock"),
        Some(runtime.join("podman/podman.sock")),
        Some(PathBuf::from("/run/podman/podman.sock")),
    ];
    sockets.into_iter().flatten().map(Place::usual).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;
    use std::path::Path;

    use sha2::{Digest, Sha256};
    use tempfile::TempDir;

    use super::*;
    use crate::digest::hex;

    /// The places for a user with these variables and this home.
    fn found(
        given: Option<&str>,
        home: &Path,
        variables: &[(&str, &str)],
    ) -> Result<Vec<String>, String> {
        let variable = |name: &str| {
            let home = (name == "HOME").then(|| home.display().to_string());
            let set = variables.iter().find(|(variable, _)| *variable == name);
            home.or_else(|| set.map(|(_, value)| (*value).to_owned()))
        };
        let surroundings = Surroundings { variable: &variable, user: 1000 };
        let places = places(given, surroundings).map_err(|error| error.to_string())?;
        Ok(places.iter().map(ToString::to_string).collect())
    }

    /// A home with a context `far` and one `near`, of which the former is the current one.
    fn home() -> TempDir {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".docker");
        for (name, host) in [("far", "ssh://me@far"), ("near", "unix:///near.sock")] {
            let hash = hex(&Sha256::digest(name));
            let meta = folder.join("contexts/meta").join(hash);
            fs::create_dir_all(&meta).unwrap();
            let text = format!(
                r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#
            );
            fs::write(meta.join("meta.json"), text).unwrap();
        }
        fs::write(folder.join("config.json"), r#"{"currentContext":"far","auths":{}}"#).unwrap();
        home
    }

    #[test]
    fn what_is_said_first_is_the_only_place() {
        let home = home();
        let host = ("DOCKER_HOST", "unix:///variable.sock");
        let context = ("DOCKER_CONTEXT", "near");
        let places = found(Some("unix:///given.sock"), home.path(), &[host, context]);
        assert_eq!(places.unwrap(), ["unix:///given.sock (as was asked for)"]);
        let places = found(None, home.path(), &[host, context]);
        assert_eq!(places.unwrap(), ["unix:///variable.sock (by DOCKER_HOST)"]);
        let places = found(None, home.path(), &[context]);
        let near = "unix:///near.sock (by the context `near` that DOCKER_CONTEXT chooses)";
        assert_eq!(places.unwrap(), [near]);
    }

    #[test]
    fn the_current_context_is_taken_and_never_passed_over() {
        let home = home();
        let error = found(None, home.path(), &[]).unwrap_err();
        assert!(error.contains("`ssh://me@far` (by the context `far` that "), "{error}");
        assert!(error.contains("config.json chooses) can't be used: engines are not"), "{error}");
        let error = found(None, home.path(), &[("DOCKER_CONTEXT", "lost")]).unwrap_err();
        assert!(error.starts_with("DOCKER_CONTEXT chooses the context `lost`, and"), "{error}");
    }

    #[test]
    fn the_default_context_is_the_usual_places() {
        let home = home();
        let places = found(None, home.path(), &[("DOCKER_CONTEXT", "default")]).unwrap();
        let expected = [
            "/var/run/docker.sock".to_owned(),
            "/run/user/1000/docker.sock".to_owned(),
            home.path().join(".docker/run/docker.sock").display().to_string(),
            home.path().join(".docker/desktop/docker.sock").display().to_string(),
            "/run/user/1000/podman/podman.sock".to_owned(),
            "/run/podman/podman.sock".to_owned(),
        ];
        assert_eq!(places, expected.map(|path| format!("unix://{path} (a usual place)")));
    }

    #[test]
    fn the_folder_of_the_docker_cli_can_be_elsewhere() {
        let home = home();
        let elsewhere = home.path().join(".docker").display().to_string();
        let config = ("DOCKER_CONFIG", elsewhere.as_str());
        let nobody = tempfile::tempdir().unwrap();
        let error = found(None, nobody.path(), &[config]).unwrap_err();
        assert!(error.contains("`far`"), "{error}");
        assert_eq!(found(None, nobody.path(), &[]).unwrap().len(), 6);
    }

    #[test]
    fn a_context_with_tls_is_refused_with_the_way_out() {
        let home = home();
        let hash = hex(&Sha256::digest("near"));
        let folder = home.path().join(".docker/contexts");
        fs::create_dir_all(folder.join("tls").join(&hash).join("docker")).unwrap();
        let text = r#"{"Name":"near","Endpoints":{"docker":{"Host":"tcp://near:2376"}}}"#;
        fs::write(folder.join("meta").join(&hash).join("meta.json"), text).unwrap();
        let error = found(None, home.path(), &[("DOCKER_CONTEXT", "near")]).unwrap_err();
        assert!(error.ends_with("set DOCKER_HOST=unix:///PATH"), "{error}");
    }

    #[test]
    fn a_damaged_file_of_the_docker_cli_is_named() {
        let home = home();
        fs::write(home.path().join(".docker/config.json"), "{").unwrap();
        let error = found(None, home.path(), &[]).unwrap_err();
        assert!(
            error.contains("config.json is not understood: it ends too early in line 1"),
            "{error}"
        );
    }
}
