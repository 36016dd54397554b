//! The job definition: what all instances of these settings have.

use lithops_worker::{SLOTS_VARIABLE, WORKER_VARIABLE};

use super::secrets::{FILE, Secrets};
use crate::request::{DefinitionBody, EnvVar, Mount};
use crate::{CodeEngineConfig, name};

/// The folder that workers find their settings in.
const FOLDER: &str = "/run/lithops";
/// Tells a process where its settings are.
const CONFIG_VARIABLE: &str = "LITHOPS_CONFIG";

/// The definition for an image and settings. Its name tells its content, so that one that is there
/// is the right one, and is never changed.
pub(super) fn body(config: &CodeEngineConfig, image: &str, secrets: &Secrets) -> DefinitionBody {
    let mut environment = vec![
        EnvVar::literal(WORKER_VARIABLE, "array"),
        EnvVar::literal(SLOTS_VARIABLE, config.slots.to_string()),
    ];
    let mut mounts = Vec::new();
    if let Some(settings) = &secrets.settings {
        environment.push(EnvVar::literal(CONFIG_VARIABLE, format!("{FOLDER}/{FILE}")));
        mounts.push(Mount::secret(settings, FOLDER));
    }
    let combination = config.combination;
    let unnamed = DefinitionBody {
        name: String::new(),
        image_reference: image.to_owned(),
        image_secret: secrets.registry.clone(),
        run_compute_resource_token_enabled: config.trusted_profile.is_some().then_some(true),
        run_env_variables: environment,
        run_volume_mounts: mounts,
        scale_cpu_limit: combination.cpu().to_string(),
        scale_memory_limit: format!("{}G", combination.memory_gb()),
        scale_ephemeral_storage_limit: format!("{}G", combination.ephemeral_gb()),
        scale_max_execution_time: config.timeout.as_secs(),
        // An instance that failed is not started again by the platform: its calls run elsewhere.
        scale_retry_limit: 0,
    };
    let content = serde_json::to_string(&unnamed).unwrap_or_default();
    DefinitionBody { name: name::definition(&content), ..unnamed }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::Combination;

    #[test]
    fn a_definition_is_named_after_its_content() {
        let config = CodeEngineConfig::default();
        let none = Secrets::default();
        let first = body(&config, "docker.io/me/a:1", &none);
        assert_eq!(first, body(&config, "docker.io/me/a:1", &none));
        let combination = Combination::new(0.25, 0.5).unwrap();
        let others = [
            body(&config, "docker.io/me/a:2", &none),
            body(&CodeEngineConfig { slots: 2, ..config.clone() }, "docker.io/me/a:1", &none),
            body(&CodeEngineConfig { combination, ..config.clone() }, "docker.io/me/a:1", &none),
            body(
                &config,
                "docker.io/me/a:1",
                &Secrets { registry: Some("r".to_owned()), settings: None },
            ),
        ];
        for other in others {
            assert_ne!(other.name, first.name);
        }
    }

    #[test]
    fn settings_are_mounted_and_their_place_is_told() {
        let secrets = Secrets { registry: None, settings: Some("lithops-settings-1".to_owned()) };
        let trusted_profile = Some("workers".to_owned());
        let config = CodeEngineConfig { trusted_profile, ..CodeEngineConfig::default() };
        let body = body(&config, "a", &secrets);
        assert_eq!(body.run_volume_mounts, [Mount::secret("lithops-settings-1", "/run/lithops")]);
        let told = EnvVar::literal("LITHOPS_CONFIG", "/run/lithops/lithops.toml");
        assert!(body.run_env_variables.contains(&told));
        assert_eq!(body.run_compute_resource_token_enabled, Some(true));
        assert_eq!(body.scale_memory_limit, "0.25G");
    }
}
