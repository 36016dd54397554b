//! What a file of Lithops for Python may say, and what becomes of it here.

/// Keys that have nothing to do here, by section, each with why.
const KEYS: &[(&str, &[(&str, &str)])] = &[
    (
        "lithops",
        &[
            ("mode", "the backend says it all"),
            ("storage_bucket", "say it in the section of the storage"),
            ("monitoring", "workers report through what carries their calls"),
            ("monitoring_interval", "storage is looked into as often as something is awaited"),
            ("data_cleaner", "what jobs make is always removed when they end"),
            ("data_limit", "arguments may have any size"),
            ("chunksize", "say `.chunk_size(n)` of a job; unless said, the planner chooses"),
            ("telemetry", "nothing is sent to anybody"),
            ("include_modules", "the program itself is the worker: there are no modules to send"),
            ("exclude_modules", "the program itself is the worker: there are no modules to send"),
            ("customized_runtime", "images are made of the program"),
            ("workers", "say `worker_processes` in `[localhost]`, or `max_workers` of the backend"),
            ("log_level", "events go to the program's subscriber of `tracing`"),
            ("log_format", "events go to the program's subscriber of `tracing`"),
            ("log_stream", "events go to the program's subscriber of `tracing`"),
            ("log_filename", "events go to the program's subscriber of `tracing`"),
            ("rabbitmq_monitor", "workers report through what carries their calls"),
        ],
    ),
    (
        "localhost",
        &[
            ("runtime", "workers are the program itself; for an image, choose `containers`"),
            ("version", "there is one kind of local workers"),
            ("pull_runtime", "workers are the program itself; for an image, choose `containers`"),
            ("use_gpu", "worker processes see what the program sees"),
        ],
    ),
    (
        "code_engine",
        &[
            ("kubecfg_path", "the API of Code Engine needs an API key alone"),
            ("connection_retries", "requests are tried again within `retry_bound`"),
            ("runtime_include_function", "images are made of the program"),
            ("version", "there is one API of Code Engine here"),
        ],
    ),
    ("ibm", &[("resource_group", "say its id, as `resource_group_id`")]),
    (
        "aws_s3",
        &[
            ("account_id", "the access key tells it"),
            ("config", "it is for Amazon's library for Python"),
        ],
    ),
    ("minio", &[("config", "it is for Amazon's library for Python")]),
    ("ceph", &[("config", "it is for Amazon's library for Python")]),
    ("ibm_cos", &[("config", "it is for IBM's library for Python")]),
    (
        "gcp_storage",
        &[
            ("project_name", "the key of the service account tells it"),
            ("service_account", "the key of the service account tells it"),
        ],
    ),
];

/// Sections that are about what is not here.
const SECTIONS: &[(&str, &str)] = &[
    ("serverless", "the section of the backend says it all"),
    ("standalone", "there is no backend of virtual machines here"),
    ("ibm_vpc", "there is no backend of virtual machines here"),
    ("aws_ec2", "there is no backend of virtual machines here"),
    ("azure_vms", "there is no backend of virtual machines here"),
    ("gcp_compute_engine", "there is no backend of virtual machines here"),
    ("vm", "there is no backend of virtual machines here"),
    ("ibm_cf", "there is no such backend here"),
    ("k8s", "there is no such backend here"),
    ("knative", "there is no such backend here"),
    ("openwhisk", "there is no such backend here"),
    ("singularity", "there is no such backend here"),
    ("aws_lambda", "there is no such backend here"),
    ("aws_batch", "there is no such backend here"),
    ("gcp_functions", "there is no such backend here"),
    ("gcp_cloudrun", "there is no such backend here"),
    ("azure", "`[azure_storage]` has all that a storage needs"),
    ("azure_functions", "there is no such backend here"),
    ("azure_containers", "there is no such backend here"),
    ("aliyun", "there is no such backend here"),
    ("aliyun_fc", "there is no such backend here"),
    ("aliyun_oss", "there is no such storage here"),
    ("oracle", "there is no such backend here"),
    ("oracle_f", "there is no such backend here"),
    ("oracle_oss", "there is no such storage here"),
    ("infinispan", "there is no such storage here"),
    ("infinispan_hotrod", "there is no such storage here"),
    ("swift", "there is no such storage here"),
    ("rabbitmq", "workers report through what carries their calls"),
    ("prometheus", "progress and events are told to the program"),
];

/// Where this section's keys belong here.
pub(super) fn section(name: &str) -> &str {
    match name {
        "aws" => "aws_s3",
        "gcp" => "gcp_storage",
        name => name,
    }
}

/// What this key is called here.
pub(super) fn key(name: &str) -> &str {
    match name {
        "access_key" => "access_key_id",
        "secret_key" => "secret_access_key",
        "region_name" => "region",
        name => name,
    }
}

/// What this value of a key is called here.
pub(super) fn value<'a>(section: &str, key: &str, value: &'a str) -> &'a str {
    match (section, key, value) {
        ("lithops", "storage", "localhost") => "file",
        (_, _, value) => value,
    }
}

/// Why a key of a section that is known here has nothing to do; `None` if no Lithops knows it.
pub(super) fn why_no_key(section: &str, key: &str) -> Option<&'static str> {
    let (_, keys) = KEYS.iter().find(|(name, _)| *name == section)?;
    keys.iter().find(|(name, _)| *name == key).map(|(_, why)| *why)
}

/// Why a section has nothing to do; `None` if no Lithops knows it.
pub(super) fn why_no_section(section: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|(name, _)| *name == section).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys;

    #[test]
    fn nothing_that_has_something_to_do_is_said_to_have_nothing() {
        for (section, not_here) in KEYS {
            let known = keys::section(section).map(|known| known.keys).unwrap_or_default();
            assert!(!known.is_empty(), "{section}");
            for (key, _) in *not_here {
                assert!(known.iter().all(|known| known.name != *key), "{section}.{key}");
            }
        }
        for (name, _) in SECTIONS {
            assert_eq!((section(name), keys::section(name)), (*name, None));
        }
    }
}
