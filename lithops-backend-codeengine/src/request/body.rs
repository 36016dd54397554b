//! What requests carry, in the API's own words.

use lithops_core::secret::Secret;
use serde::Serialize;
use serde_json::{Value, json};

/// A project to be made.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProjectBody {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource_group_id: Option<String>,
}

/// A definition of a job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DefinitionBody {
    pub(crate) name: String,
    pub(crate) image_reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image_secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_compute_resource_token_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) run_env_variables: Vec<EnvVar>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) run_volume_mounts: Vec<Mount>,
    pub(crate) scale_cpu_limit: String,
    pub(crate) scale_memory_limit: String,
    pub(crate) scale_ephemeral_storage_limit: String,
    pub(crate) scale_max_execution_time: u64,
    pub(crate) scale_retry_limit: u32,
}

/// A run of a definition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RunBody {
    pub(crate) job_name: String,
    pub(crate) name: String,
    pub(crate) scale_array_spec: String,
    pub(crate) scale_retry_limit: u32,
    pub(crate) scale_max_execution_time: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) run_env_variables: Vec<EnvVar>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) run_volume_mounts: Vec<Mount>,
}

/// A variable of an instance's environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct EnvVar {
    #[serde(rename = "type")]
    kind: &'static str,
    pub(crate) name: String,
    pub(crate) value: String,
}

impl EnvVar {
    pub(crate) fn literal(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: "literal", name: name.into(), value: value.into() }
    }
}

/// Files that an instance sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Mount {
    #[serde(rename = "type")]
    kind: &'static str,
    reference: String,
    mount_path: &'static str,
}

impl Mount {
    /// A secret, each of its keys a file of a folder.
    pub(crate) fn secret(name: impl Into<String>, folder: &'static str) -> Self {
        Self { kind: "secret", reference: name.into(), mount_path: folder }
    }
}

/// A user of a registry.
#[derive(Clone, Debug)]
pub(crate) struct RegistryData {
    pub(crate) server: String,
    pub(crate) username: String,
    pub(crate) password: Secret,
}

/// A secret.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SecretBody {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) content: SecretContent,
}

/// What a secret is, and what is in it. It is made here, on its way into a request, and nowhere kept.
#[derive(Clone, Serialize)]
pub(crate) struct SecretContent {
    format: &'static str,
    data: Value,
}

impl std::fmt::Debug for SecretContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretContent").field("format", &self.format).finish_non_exhaustive()
    }
}

impl SecretBody {
    /// A secret by which images are pulled.
    pub(crate) fn registry(name: String, registry: &RegistryData) -> Self {
        let data = json!({
            "server": registry.server,
            "username": registry.username,
            "password": registry.password.expose(),
        });
        Self { name, content: SecretContent { format: "registry", data } }
    }

    /// A secret with one file.
    pub(crate) fn file(name: String, file: &str, text: &Secret) -> Self {
        let data = json!({ file: text.expose() });
        Self { name, content: SecretContent { format: "generic", data } }
    }
}
