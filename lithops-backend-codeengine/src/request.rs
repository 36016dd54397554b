//! Requests to Code Engine, as data.
//!
//! Making one asks nobody; [`Client`](crate::client::Client) sends it.

mod body;

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

pub(crate) use body::{
    DefinitionBody, EnvVar, Mount, ProjectBody, RegistryData, RunBody, SecretBody,
};

/// The day whose behaviour of the API is meant.
pub(crate) const VERSION: &str = "2025-07-10";
/// How many things a page of a list has: what IBM's own examples ask for.
const PAGE: &str = "100";

/// A request.
#[derive(Clone)]
pub(crate) struct Request {
    /// What it does, for messages.
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// Below the base address, from the slash on.
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) if_match: Option<&'static str>,
    pub(crate) body: Option<Value>,
}

/// Without the body, which may hold secrets.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}

/// Something that is made by a request, and where to look whether it is there.
#[derive(Clone, Debug)]
pub(crate) struct Creation {
    pub(crate) create: Request,
    pub(crate) find: Request,
}

/// A list, whose pages hold things under this name.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub(crate) request: Request,
    pub(crate) plural: &'static str,
}

impl Request {
    fn new(operation: &'static str, method: Method, path: String) -> Self {
        let query = vec![("version", VERSION.to_owned())];
        Self { operation, method, path, query, if_match: None, body: None }
    }

    fn with_body(self, body: &impl Serialize) -> Self {
        // All of them are structures of text and numbers.
        Self { body: Some(serde_json::to_value(body).unwrap_or_default()), ..self }
    }

    /// The same request for the page that begins at `start`.
    pub(crate) fn page(&self, start: Option<&str>) -> Self {
        let mut request = self.clone();
        request.query.extend(start.map(|start| ("start", start.to_owned())));
        request
    }
}

fn list(operation: &'static str, path: String, plural: &'static str) -> Listing {
    let mut request = Request::new(operation, Method::GET, path);
    request.query.push(("limit", PAGE.to_owned()));
    Listing { request, plural }
}

fn get(operation: &'static str, path: String) -> Request {
    Request::new(operation, Method::GET, path)
}

fn post(operation: &'static str, path: String, body: &impl Serialize) -> Request {
    Request::new(operation, Method::POST, path).with_body(body)
}

fn delete(operation: &'static str, path: String) -> Request {
    Request::new(operation, Method::DELETE, path)
}

/// Lists the projects of the account in the region.
pub(crate) fn list_projects() -> Listing {
    list("list projects", "/projects".to_owned(), "projects")
}

/// Asks about a project.
pub(crate) fn get_project(id: &str) -> Request {
    get("find the project", format!("/projects/{id}"))
}

/// Makes a project. It can't be looked up by its name, so that a lost answer takes a list.
pub(crate) fn create_project(body: &ProjectBody) -> Request {
    post("make the project", "/projects".to_owned(), body)
}

/// The requests of one project.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// Its id.
    pub(crate) id: String,
}

impl Project {
    fn path(&self, rest: &str) -> String {
        format!("/projects/{}/{rest}", self.id)
    }

    /// Makes a definition of a job.
    pub(crate) fn create_definition(&self, body: &DefinitionBody) -> Creation {
        Creation {
            create: post("make the job definition", self.path("jobs"), body),
            find: self.get_definition(&body.name),
        }
    }

    /// Asks about a definition.
    pub(crate) fn get_definition(&self, name: &str) -> Request {
        get("find the job definition", self.path(&format!("jobs/{name}")))
    }

    /// Lists the definitions.
    pub(crate) fn list_definitions(&self) -> Listing {
        list("list job definitions", self.path("jobs"), "jobs")
    }

    /// Removes a definition, and its runs.
    pub(crate) fn delete_definition(&self, name: &str) -> Request {
        delete("remove a job definition", self.path(&format!("jobs/{name}")))
    }

    /// Starts a run.
    pub(crate) fn create_run(&self, body: &RunBody) -> Creation {
        Creation {
            create: post("start a job run", self.path("job_runs"), body),
            find: self.get_run(&body.name),
        }
    }

    /// Asks how a run is doing.
    pub(crate) fn get_run(&self, name: &str) -> Request {
        get("ask about a job run", self.path(&format!("job_runs/{name}")))
    }

    /// Lists the runs.
    pub(crate) fn list_runs(&self) -> Listing {
        list("list job runs", self.path("job_runs"), "job_runs")
    }

    /// Stops a run and removes it.
    pub(crate) fn delete_run(&self, name: &str) -> Request {
        delete("stop a job run", self.path(&format!("job_runs/{name}")))
    }

    /// Makes a secret.
    pub(crate) fn create_secret(&self, body: &SecretBody) -> Creation {
        Creation {
            create: post("make a secret", self.path("secrets"), body),
            find: get("find a secret", self.path(&format!("secrets/{}", body.name))),
        }
    }

    /// Gives a secret another content, whatever it had.
    pub(crate) fn replace_secret(&self, body: &SecretBody) -> Request {
        let path = self.path(&format!("secrets/{}", body.name));
        let request = Request::new("replace a secret", Method::PUT, path);
        // Somebody else's change is overwritten: the newest settings are the right ones.
        Request { if_match: Some("*"), ..request }.with_body(&body.content)
    }

    /// Lists the secrets.
    pub(crate) fn list_secrets(&self) -> Listing {
        list("list secrets", self.path("secrets"), "secrets")
    }

    /// Removes a secret.
    pub(crate) fn delete_secret(&self, name: &str) -> Request {
        delete("remove a secret", self.path(&format!("secrets/{name}")))
    }

    /// Lists the config maps.
    pub(crate) fn list_config_maps(&self) -> Listing {
        list("list config maps", self.path("config_maps"), "config_maps")
    }

    /// Removes a config map.
    pub(crate) fn delete_config_map(&self, name: &str) -> Request {
        delete("remove a config map", self.path(&format!("config_maps/{name}")))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn project() -> Project {
        Project { id: "p-1".to_owned() }
    }

    #[test]
    fn every_request_says_which_behaviour_it_means() {
        let request = get_project("15314cc3-85b4-4338-903f-c28cdee6d005");
        assert_eq!(request.path, "/projects/15314cc3-85b4-4338-903f-c28cdee6d005");
        assert_eq!(request.query, [("version", "2025-07-10".to_owned())]);
        assert_eq!((request.method, request.body), (Method::GET, None));
    }

    #[test]
    fn a_run_is_started_by_a_name_of_its_own() {
        let body = RunBody {
            job_name: "lw-1".to_owned(),
            name: "r-42".to_owned(),
            scale_array_spec: "0-99".to_owned(),
            scale_retry_limit: 0,
            scale_max_execution_time: 600,
            run_env_variables: vec![EnvVar::literal("ACTION", "run")],
            run_volume_mounts: Vec::new(),
        };
        let Creation { create, find } = project().create_run(&body);
        assert_eq!((create.method, create.path.as_str()), (Method::POST, "/projects/p-1/job_runs"));
        let expected = json!({
            "job_name": "lw-1", "name": "r-42", "scale_array_spec": "0-99", "scale_retry_limit": 0,
            "scale_max_execution_time": 600,
            "run_env_variables": [{"type": "literal", "name": "ACTION", "value": "run"}],
        });
        assert_eq!(create.body, Some(expected));
        assert_eq!((find.method, find.path.as_str()), (Method::GET, "/projects/p-1/job_runs/r-42"));
    }

    #[test]
    fn a_secret_for_a_registry_has_what_code_engine_wants() {
        let content = RegistryData {
            server: "us.icr.io".to_owned(),
            username: "iamapikey".to_owned(),
            password: "s3cr3t".to_owned().into(),
        };
        let body = SecretBody::registry("reg".to_owned(), &content);
        let data = json!({"server": "us.icr.io", "username": "iamapikey", "password": "s3cr3t"});
        let create = project().create_secret(&body).create;
        let expected = json!({"format": "registry", "name": "reg", "data": data});
        assert_eq!((create.path.as_str(), create.body), ("/projects/p-1/secrets", Some(expected)));
        let replace = project().replace_secret(&body);
        assert_eq!((replace.method.clone(), replace.if_match), (Method::PUT, Some("*")));
        assert_eq!(replace.path, "/projects/p-1/secrets/reg");
        assert!(!format!("{replace:?} {body:?}").contains("s3cr3t"));
        assert_eq!(replace.body, Some(json!({"format": "registry", "data": data})));
    }

    #[test]
    fn a_page_is_asked_for_by_the_token_of_the_one_before() {
        let listing = project().list_runs();
        let page = listing.request.page(Some("abc"));
        let expected = [("version", "2025-07-10"), ("limit", "100"), ("start", "abc")];
        assert_eq!(page.query, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(listing.request.page(None).query.len(), 2);
    }

    #[test]
    fn a_definition_names_only_what_it_has() {
        let body = DefinitionBody {
            name: "lithops-worker-1".to_owned(),
            image_reference: "docker.io/me/words:1".to_owned(),
            image_secret: None,
            run_compute_resource_token_enabled: None,
            run_env_variables: vec![EnvVar::literal("LITHOPS_WORKER", "array")],
            run_volume_mounts: vec![Mount::secret("lithops-settings-1", "/run/lithops")],
            scale_cpu_limit: "0.125".to_owned(),
            scale_memory_limit: "0.25G".to_owned(),
            scale_ephemeral_storage_limit: "0.4G".to_owned(),
            scale_max_execution_time: 600,
            scale_retry_limit: 0,
        };
        let expected = json!({
            "name": "lithops-worker-1", "image_reference": "docker.io/me/words:1",
            "run_env_variables": [{"type": "literal", "name": "LITHOPS_WORKER", "value": "array"}],
            "run_volume_mounts": [
                {"type": "secret", "reference": "lithops-settings-1", "mount_path": "/run/lithops"}
            ],
            "scale_cpu_limit": "0.125", "scale_memory_limit": "0.25G",
            "scale_ephemeral_storage_limit": "0.4G", "scale_max_execution_time": 600,
            "scale_retry_limit": 0,
        });
        assert_eq!(project().create_definition(&body).create.body, Some(expected));
    }
}
