//! From the sections of a configuration to the settings of this backend.

use std::fmt::Display;
use std::time::Duration;

use lithops_core::config::{CodeEngineSection, Config, ConfigError};
use lithops_core::ports::Rates;

use crate::config::{CodeEngineConfig, ImageDelivery, Registry};
use crate::{Combination, Quotas};

/// The regions that Code Engine is in.
const REGIONS: [&str; 11] = [
    "au-syd", "br-sao", "ca-tor", "eu-de", "eu-es", "eu-gb", "in-che", "jp-osa", "jp-tok",
    "us-east", "us-south",
];

/// The longest that a run may take.
const DAY: u64 = 86_400;
/// How many units of a configuration's memory are a decimal gigabyte of Code Engine's.
const MEMORY_UNITS: f64 = 1024.0;

impl CodeEngineConfig {
    /// Takes what `[code_engine]`, `[ibm]`, and the sections of storages say.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] without an API key or a region, [`ConfigError::Invalid`] for a value
    /// that Code Engine does not take.
    ///
    /// ```
    /// use lithops_backend_codeengine::CodeEngineConfig;
    /// use lithops_core::config::Config;
    ///
    /// let text = "[ibm]\niam_api_key = \"k\"\nregion = \"eu-de\"\n[code_engine]\nruntime_cpu = 2";
    /// let config = Config::resolve("lithops.toml", text, |_| None)?;
    /// let settings = CodeEngineConfig::from_settings(&config)?;
    /// assert_eq!((settings.combination.memory_gb(), settings.slots), (4.0, 2));
    /// # Ok::<(), lithops_core::config::ConfigError>(())
    /// ```
    pub fn from_settings(config: &Config) -> Result<Self, ConfigError> {
        let (section, ibm) = (config.code_engine.clone(), config.ibm.clone());
        let default = Self::default();
        let missing = |key| ConfigError::Missing { section: "ibm".to_owned(), key };
        let region = section.region.clone().or(ibm.region).ok_or(missing("region"))?;
        check_region(&region, section.endpoint.is_some())?;
        check_address("endpoint", section.endpoint.as_deref())?;
        let iam_endpoint = section.iam_endpoint.clone().or(ibm.iam_endpoint);
        check_address("iam_endpoint", iam_endpoint.as_deref())?;
        let combination = combination(&section)?;
        let per_processor = combination.cpu().ceil() as usize;
        at_least_one("worker_processes", section.worker_processes)?;
        at_least_one("max_workers", section.max_workers)?;
        let registry = registry(&section)?;
        let launcher = section.launcher.unwrap_or(false);
        if launcher && section.runtime.is_none() {
            let reason = "name the image of the launcher in `runtime`".to_owned();
            return Err(invalid("launcher", &true, reason));
        }
        Ok(Self {
            region,
            api_key: ibm.iam_api_key.ok_or(missing("iam_api_key"))?,
            resource_group_id: ibm.resource_group_id,
            project_id: section.project_id.clone(),
            project_name: section.project_name.clone(),
            runtime: section.runtime.clone(),
            launcher,
            program: None,
            delivery: delivery(&section)?,
            combination,
            timeout: seconds("runtime_timeout", section.runtime_timeout, DAY, default.timeout)?,
            max_instances: section.max_workers,
            max_workers: config.workers,
            slots: section.worker_processes.unwrap_or(per_processor).max(1),
            registry,
            endpoint: section.endpoint.clone(),
            iam_endpoint,
            private_endpoint: section.private_endpoint.unwrap_or(false),
            trusted_profile: section.trusted_profile.clone(),
            worker_settings: None,
            quotas: quotas(&section)?,
            rates: rates(&section, default.rates)?,
            start_bound: seconds("start_bound", section.start_bound, DAY, default.start_bound)?,
            retry_bound: seconds("retry_bound", section.retry_bound, DAY, default.retry_bound)?,
            project_bound: seconds(
                "project_bound",
                section.project_bound,
                DAY,
                default.project_bound,
            )?,
        })
    }
}

fn invalid(key: &str, value: &dyn Display, reason: String) -> ConfigError {
    ConfigError::Invalid { key: format!("code_engine.{key}"), value: format!("`{value}`"), reason }
}

fn check_region(region: &str, elsewhere: bool) -> Result<(), ConfigError> {
    if elsewhere || REGIONS.contains(&region) {
        return Ok(());
    }
    let reason = format!(
        "Code Engine is in {}; for a region that is newer, say its address in `endpoint`",
        REGIONS.join(", ")
    );
    Err(invalid("region", &region, reason))
}

/// Refuses an address that is none, or that has a password in it, for all to see.
fn check_address(key: &str, address: Option<&str>) -> Result<(), ConfigError> {
    let Some(address) = address else { return Ok(()) };
    let reason = match reqwest::Url::parse(address) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            // Not shown, for it is a secret.
            let reason = "leave user and password out: others see it".to_owned();
            return Err(invalid(key, &"https://..@..", reason));
        }
        Ok(url) if ["http", "https"].contains(&url.scheme()) => return Ok(()),
        Ok(_) => "it must begin with `https://` or `http://`".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(invalid(key, &address, reason))
}

fn combination(section: &CodeEngineSection) -> Result<Combination, ConfigError> {
    let memory_gb = section.runtime_memory.map(|units| units as f64 / MEMORY_UNITS);
    match (section.runtime_cpu, memory_gb) {
        (None, None) => Ok(Combination::DEFAULT),
        (Some(cpu), None) => Combination::with_cpu(cpu)
            .map_err(|error| invalid("runtime_cpu", &cpu, error.to_string())),
        (cpu, Some(memory_gb)) => {
            let found = match cpu {
                Some(cpu) => Combination::new(cpu, memory_gb),
                None => Combination::with_memory(memory_gb),
            };
            let memory = section.runtime_memory.unwrap_or_default();
            found.map_err(|error| {
                let hint = "1 GB is 1024 here";
                invalid("runtime_memory", &memory, format!("{error} ({hint})"))
            })
        }
    }
}

fn seconds(
    key: &str,
    said: Option<u64>,
    most: u64,
    default: Duration,
) -> Result<Duration, ConfigError> {
    match said {
        None => Ok(default),
        Some(seconds) if (1..=most).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        Some(seconds) => {
            Err(invalid(key, &seconds, format!("it must be a number of seconds from 1 to {most}")))
        }
    }
}

fn at_least_one(key: &str, said: Option<usize>) -> Result<(), ConfigError> {
    match said {
        Some(0) => Err(invalid(key, &0, "it must be 1 or more".to_owned())),
        _ => Ok(()),
    }
}

fn registry(section: &CodeEngineSection) -> Result<Registry, ConfigError> {
    if section.docker_user.is_some() != section.docker_password.is_some() {
        let missing = if section.docker_user.is_some() { "docker_password" } else { "docker_user" };
        return Err(ConfigError::Missing { section: "code_engine".to_owned(), key: missing });
    }
    if let Some(server) = section.docker_server.as_deref()
        && (server.contains("://") || server.contains('/'))
    {
        // Nothing of it is shown that may be a password.
        let shown = if server.contains('@') { "..@.." } else { server };
        let reason = "it must be a host alone, as in `docker.io` or `icr.io`: without `https://`, \
                      and without a path, which goes into `docker_namespace`";
        return Err(invalid("docker_server", &shown, reason.to_owned()));
    }
    let default = Registry::default();
    Ok(Registry {
        server: section.docker_server.clone().unwrap_or(default.server),
        user: section.docker_user.clone(),
        password: section.docker_password.clone(),
        namespace: section.docker_namespace.clone(),
    })
}

fn delivery(section: &CodeEngineSection) -> Result<ImageDelivery, ConfigError> {
    match section.image_delivery.as_deref() {
        None | Some("registry") => Ok(ImageDelivery::Registry),
        Some("engine") => Ok(ImageDelivery::Engine { at: section.engine.clone() }),
        Some(other) => {
            let reason = "it must be `registry` or `engine`".to_owned();
            Err(invalid("image_delivery", &other, reason))
        }
    }
}

fn quotas(section: &CodeEngineSection) -> Result<Quotas, ConfigError> {
    let default = Quotas::default();
    at_least_one("quota_instances", section.quota_instances)?;
    Ok(Quotas {
        instances: section.quota_instances.unwrap_or(default.instances),
        cpu: positive("quota_cpu", section.quota_cpu)?.unwrap_or(default.cpu),
        memory_gb: positive("quota_memory", section.quota_memory)?.unwrap_or(default.memory_gb),
    })
}

fn rates(section: &CodeEngineSection, default: Rates) -> Result<Rates, ConfigError> {
    let price = |key, said: Option<f64>| match said {
        Some(price) if !(price >= 0.0 && price.is_finite()) => {
            Err(invalid(key, &price, "it must be a price, from 0 on".to_owned()))
        }
        said => Ok(said),
    };
    let vcpu_second = price("price_vcpu_second", section.price_vcpu_second)?;
    let gb_second = price("price_gb_second", section.price_gb_second)?;
    Ok(Rates {
        vcpu_second: vcpu_second.unwrap_or(default.vcpu_second),
        gb_second: gb_second.unwrap_or(default.gb_second),
        currency: section.price_currency.clone().unwrap_or(default.currency),
        as_of: section.price_as_of.clone().unwrap_or(default.as_of),
    })
}

fn positive(key: &str, said: Option<f64>) -> Result<Option<f64>, ConfigError> {
    match said {
        Some(number) if !(number > 0.0 && number.is_finite()) => {
            Err(invalid(key, &number, "it must be a number above 0".to_owned()))
        }
        said => Ok(said),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn settings(section: &str) -> Result<CodeEngineConfig, ConfigError> {
        let text = format!(
            "[ibm]\niam_api_key = \"s3cr3t\"\nregion = \"eu-de\"\n[code_engine]\n{section}"
        );
        let config = Config::resolve("lithops.toml", &text, |_| None).unwrap();
        CodeEngineConfig::from_settings(&config)
    }

    fn refusal(section: &str) -> String {
        settings(section).unwrap_err().to_string()
    }

    #[test]
    fn nothing_said_gives_what_lithops_takes() {
        let found = settings("").unwrap();
        let default = CodeEngineConfig::default();
        let expected = CodeEngineConfig {
            region: "eu-de".to_owned(),
            api_key: "s3cr3t".to_owned().into(),
            ..default
        };
        assert_eq!(found, expected);
        assert_eq!(found.combination, Combination::new(0.125, 0.25).unwrap());
    }

    #[test]
    fn memory_is_said_as_in_lithops() {
        let memory = |section| settings(section).unwrap().combination;
        assert_eq!(
            memory("runtime_cpu = 1\nruntime_memory = 4096"),
            Combination::new(1.0, 4.0).unwrap()
        );
        assert_eq!(memory("runtime_memory = 512"), Combination::new(0.125, 0.5).unwrap());
        assert_eq!(memory("runtime_cpu = 6"), Combination::new(6.0, 12.0).unwrap());
        assert_eq!(
            refusal("runtime_cpu = 1\nruntime_memory = 1024"),
            "`code_engine.runtime_memory` is `1024`: no instance has 1 vCPU and 1 GB of memory; \
             nearest to it are 0.5 vCPU with 1 GB, 1 vCPU with 2 GB (1 GB is 1024 here)"
        );
    }

    #[test]
    fn an_instance_has_a_worker_for_each_processor() {
        assert_eq!(settings("runtime_cpu = 0.5").unwrap().slots, 1);
        assert_eq!(settings("runtime_cpu = 8").unwrap().slots, 8);
        assert_eq!(settings("runtime_cpu = 8\nworker_processes = 2").unwrap().slots, 2);
    }

    #[test]
    fn without_a_key_or_a_region_there_is_no_way_in() {
        for (text, key) in
            [("region = \"eu-de\"", "iam_api_key"), ("iam_api_key = \"k\"", "region")]
        {
            let config = Config::resolve("", &format!("[ibm]\n{text}"), |_| None).unwrap();
            let section = "ibm".to_owned();
            let expected = Err(ConfigError::Missing { section, key });
            assert_eq!(CodeEngineConfig::from_settings(&config), expected);
        }
        assert!(matches!(
            settings("docker_user = \"me\""),
            Err(ConfigError::Missing { key: "docker_password", .. })
        ));
    }

    #[test]
    fn a_value_that_code_engine_does_not_take_is_refused_by_its_key() {
        for (section, key) in [
            ("runtime_timeout = 0", "runtime_timeout"),
            ("runtime_timeout = 86401", "runtime_timeout"),
            ("runtime_cpu = 3", "runtime_cpu"),
            ("max_workers = 0", "max_workers"),
            ("worker_processes = 0", "worker_processes"),
            ("quota_instances = 0", "quota_instances"),
            ("quota_cpu = -1", "quota_cpu"),
            ("quota_memory = nan", "quota_memory"),
            ("price_gb_second = -1", "price_gb_second"),
            ("image_delivery = \"pigeon\"", "image_delivery"),
            ("endpoint = \"ftp://x\"", "endpoint"),
            ("endpoint = \"x\"", "endpoint"),
            ("launcher = true", "launcher"),
            ("docker_server = \"https://icr.io\"", "docker_server"),
            ("docker_server = \"icr.io/me\"", "docker_server"),
            ("region = \"eu-xy\"", "region"),
        ] {
            let refused = refusal(section);
            assert!(refused.starts_with(&format!("`code_engine.{key}` is ")), "{refused}");
        }
        assert!(settings("region = \"eu-xy\"\nendpoint = \"http://localhost:1\"").is_ok());
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let refused = refusal("endpoint = \"https://me:hunter2@example.com\"");
        assert!(!refused.contains("hunter2") && refused.contains("leave user and password out"));
    }

    #[test]
    fn no_secret_is_in_what_settings_print() {
        let found = settings("docker_user = \"me\"\ndocker_password = \"hunter2\"").unwrap();
        let shown = format!("{found:?} {found:#?}");
        assert!(!shown.contains("s3cr3t") && !shown.contains("hunter2"), "{shown}");
    }
}
