//! Settings of a project, and of the instances in it.

use std::path::PathBuf;
use std::time::Duration;

use lithops_core::ports::Rates;
use lithops_core::secret::Secret;

use crate::{Combination, Quotas, name, price};

/// IBM Cloud's own service for tokens.
const IAM: &str = "https://iam.cloud.ibm.com";
/// The same, as reached from inside IBM Cloud.
const PRIVATE_IAM: &str = "https://private.iam.cloud.ibm.com";

/// Settings of a project of Code Engine, and of what runs in it.
///
/// ```
/// use lithops_backend_codeengine::{CodeEngineConfig, Combination};
///
/// let config = CodeEngineConfig {
///     region: "eu-de".to_owned(),
///     api_key: "not a real key".to_owned().into(),
///     combination: Combination::new(1.0, 4.0)?,
///     ..CodeEngineConfig::default()
/// };
/// assert_eq!(config.base_url(), "https://api.eu-de.codeengine.cloud.ibm.com/v2");
/// assert!(!format!("{config:?}").contains("real key"));
/// # Ok::<(), lithops_backend_codeengine::CombinationError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CodeEngineConfig {
    /// The region.
    pub region: String,
    /// An API key of IBM Cloud. It never leaves this process but for the service of tokens.
    pub api_key: Secret,
    /// The resource group (its id) that a project is made in; the account's default one, unless set.
    pub resource_group_id: Option<String>,
    /// The project's id; goes before its name.
    pub project_id: Option<String>,
    /// The project's name; a name made of region and resource group, unless set.
    pub project_name: Option<String>,
    /// The runtime image, by the name that Code Engine pulls it by. Unless set, an image is made of
    /// the program.
    pub runtime: Option<String>,
    /// Whether that image is a launcher, which takes the program from storage.
    pub launcher: bool,
    /// The program that images are made of; this very program, unless set.
    pub program: Option<PathBuf>,
    /// Where images that are made go.
    pub delivery: ImageDelivery,
    /// Processors and memory of an instance.
    pub combination: Combination,
    /// How long a run may take, the waits for its instances included: up to a day.
    pub timeout: Duration,
    /// How many instances may run at once; as many as the quotas allow, unless set.
    pub max_instances: Option<usize>,
    /// How many calls may run at once; as many as instances have room for, unless set.
    pub max_workers: Option<usize>,
    /// How many calls share an instance, each in a process of its own.
    pub slots: usize,
    /// The registry that images are pushed to, and pulled from.
    pub registry: Registry,
    /// Where Code Engine is, unless at the region's own address.
    pub endpoint: Option<String>,
    /// Where API keys are exchanged for tokens, unless at IBM Cloud's own address.
    pub iam_endpoint: Option<String>,
    /// Whether to use the addresses that only the inside of IBM Cloud reaches.
    pub private_endpoint: bool,
    /// The trusted profile by which workers reach storage without a key.
    pub trusted_profile: Option<String>,
    /// What workers find in the file that `LITHOPS_CONFIG` names: a `lithops.toml` with sections of
    /// storages. It is kept in a secret of the project.
    pub worker_settings: Option<Secret>,
    /// What the project may use at once.
    pub quotas: Quotas,
    /// What instances cost.
    pub rates: Rates,
    /// How long nothing may happen to any instance of a job while some wait for their start.
    pub start_bound: Duration,
    /// How long a request is tried, all its repetitions included.
    pub retry_bound: Duration,
    /// How long a project may take to become active.
    pub project_bound: Duration,
}

/// Where images go that are made of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ImageDelivery {
    /// To the registry.
    #[default]
    Registry,
    /// To the container engine of this machine: for a Code Engine that runs here too.
    Engine {
        /// Where it is, as `DOCKER_HOST` says it; found as the Docker CLI does, unless set.
        at: Option<String>,
    },
}

/// A registry of images, and who pushes and pulls there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// The host.
    pub server: String,
    /// The user. Unless set, images are pushed as whom the Docker CLI knows, and pulled as nobody.
    pub user: Option<String>,
    /// The user's password, or a token.
    pub password: Option<Secret>,
    /// The namespace that images are in; the user, unless set.
    pub namespace: Option<String>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { server: "docker.io".to_owned(), user: None, password: None, namespace: None }
    }
}

impl Registry {
    /// The namespace that images are in.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref().or(self.user.as_deref())
    }

    /// Who the user is, if somebody: name and password.
    pub(crate) fn user(&self) -> Option<(&str, &Secret)> {
        Some((self.user.as_deref()?, self.password.as_ref()?))
    }
}

impl Default for CodeEngineConfig {
    /// The smallest instances, in the region `us-south`, as an unknown user.
    fn default() -> Self {
        Self {
            region: "us-south".to_owned(),
            api_key: Secret::new(""),
            resource_group_id: None,
            project_id: None,
            project_name: None,
            runtime: None,
            launcher: false,
            program: None,
            delivery: ImageDelivery::default(),
            combination: Combination::DEFAULT,
            timeout: Duration::from_secs(7200),
            max_instances: None,
            max_workers: None,
            slots: 1,
            registry: Registry::default(),
            endpoint: None,
            iam_endpoint: None,
            private_endpoint: false,
            trusted_profile: None,
            worker_settings: None,
            quotas: Quotas::default(),
            rates: price::published(),
            start_bound: Duration::from_secs(900),
            retry_bound: Duration::from_secs(60),
            project_bound: Duration::from_secs(600),
        }
    }
}

impl CodeEngineConfig {
    /// Where the API is, `/v2` included.
    pub fn base_url(&self) -> String {
        let private = if self.private_endpoint { "private." } else { "" };
        let own = || format!("https://api.{private}{}.codeengine.cloud.ibm.com", self.region);
        let url = self.endpoint.clone().unwrap_or_else(own);
        let url = url.trim_end_matches('/');
        if url.ends_with("/v2") { url.to_owned() } else { format!("{url}/v2") }
    }

    /// Where API keys are exchanged for tokens.
    pub fn token_url(&self) -> String {
        let own = if self.private_endpoint { PRIVATE_IAM } else { IAM };
        let url = self.iam_endpoint.as_deref().unwrap_or(own);
        format!("{}/identity/token", url.trim_end_matches('/'))
    }

    /// The project's name.
    pub fn project_name(&self) -> String {
        let group = self.resource_group_id.as_deref().unwrap_or_default();
        self.project_name.clone().unwrap_or_else(|| name::project(&self.region, group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_region_unless_said() {
        let config = CodeEngineConfig { region: "jp-tok".to_owned(), ..Default::default() };
        assert_eq!(config.base_url(), "https://api.jp-tok.codeengine.cloud.ibm.com/v2");
        assert_eq!(config.token_url(), "https://iam.cloud.ibm.com/identity/token");
        let private = CodeEngineConfig { private_endpoint: true, ..config.clone() };
        assert_eq!(private.base_url(), "https://api.private.jp-tok.codeengine.cloud.ibm.com/v2");
        assert_eq!(private.token_url(), "https://private.iam.cloud.ibm.com/identity/token");
        for endpoint in ["http://127.0.0.1:9/", "http://127.0.0.1:9/v2", "http://127.0.0.1:9/v2/"] {
            let endpoint = Some(endpoint.to_owned());
            let said = CodeEngineConfig { endpoint, ..config.clone() };
            assert_eq!(said.base_url(), "http://127.0.0.1:9/v2");
        }
    }

    #[test]
    fn a_projects_name_tells_nothing_of_the_key() {
        let config = |key: &str, group: &str| CodeEngineConfig {
            api_key: Secret::new(key),
            resource_group_id: Some(group.to_owned()),
            ..Default::default()
        };
        assert_eq!(config("one", "g").project_name(), config("two", "g").project_name());
        assert_ne!(config("one", "g").project_name(), config("one", "h").project_name());
        assert!(config("one", "g").project_name().starts_with("lithops-us-south-"));
    }
}
