//! Whether workers far away reach a storage that is a server of this machine.

use lithops::{Config, Finding, StorageLocation};

const SUBJECT: &str = "storage from workers";

/// Servers that listen on this machine alone are no place for jobs of a cloud.
pub(super) fn examine(
    config: &Config,
    backend: &str,
    storage: &StorageLocation,
) -> Option<Finding> {
    // One elsewhere is an emulator, whose instances may be on this machine.
    if backend != "code_engine" || config.code_engine.endpoint.is_some() {
        return None;
    }
    let address = storage.settings.get("endpoint").or_else(|| storage.settings.get("host"))?;
    if !is_loopback(address) || has_private_endpoint(config) {
        return None;
    }
    Some(Finding::bad(
        SUBJECT,
        format!("workers of `{backend}` don't reach {address}, which is this machine alone"),
        "use a storage that they reach over the network, or say by `private_endpoint` in its section \
         where they find it",
    ))
}

fn has_private_endpoint(config: &Config) -> bool {
    let storages = &config.storages;
    let s3 = match config.storage.as_deref() {
        Some("ibm_cos") => {
            let section = storages.ibm_cos.as_ref();
            return section.is_some_and(|section| section.private_endpoint.is_some());
        }
        Some("minio") => &storages.minio,
        Some("ceph") => &storages.ceph,
        _ => &storages.aws_s3,
    };
    s3.as_ref().is_some_and(|section| section.private_endpoint.is_some())
}

fn is_loopback(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    host == "localhost" || host.starts_with("127.") || address.contains("[::1]")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_this_machine_is_told_unless_workers_have_another_address_of_it() {
        let address = "http://127.0.0.1:9000".to_owned();
        let settings = [("endpoint".to_owned(), address)].into_iter().collect();
        let location = StorageLocation { scheme: "s3".to_owned(), settings };
        for storage in ["ibm_cos", "minio", "ceph", "aws_s3"] {
            let problem = |section: &str| {
                let text = format!("[lithops]\nstorage = \"{storage}\"\n[{storage}]\n{section}");
                let config = Config::resolve("lithops.toml", &text, |_| None).unwrap();
                examine(&config, "code_engine", &location)
            };
            assert_eq!(problem("").unwrap().subject, SUBJECT, "{storage}");
            assert_eq!(problem("private_endpoint = \"https://inside\""), None, "{storage}");
        }
    }

    #[test]
    fn addresses_of_this_machine_are_known() {
        for here in ["http://127.0.0.1:9000", "localhost", "https://localhost/x", "http://[::1]:1"]
        {
            assert!(is_loopback(here), "{here}");
        }
        for there in ["https://s3.eu-de.example.com", "http://10.0.0.1:9000", "localhost.example"] {
            assert!(!is_loopback(there), "{there}");
        }
    }
}
