//! Contexts of the Docker CLI: engines under a name.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::discovery::DiscoveryError;
use crate::digest::hex;
use crate::docker_config::read_json;

/// The engine of a context.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) host: String,
    pub(super) tls: bool,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Endpoints", default)]
    endpoints: BTreeMap<String, Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "Host", default)]
    host: Option<String>,
}

/// Reads the context of this name from the Docker CLI's folder.
pub(super) fn read(folder: &Path, name: &str, chosen_by: &str) -> Result<Context, DiscoveryError> {
    // The name of a context may hold what the name of a file may not.
    let digest = hex(&Sha256::digest(name));
    let contexts = folder.join("contexts");
    let path = contexts.join("meta").join(&digest).join("meta.json");
    let Some(mut meta) = read_json::<Meta>(&path)? else {
        let (name, chosen_by) = (name.to_owned(), chosen_by.to_owned());
        return Err(DiscoveryError::NoContext { name, chosen_by, path });
    };
    let host = meta.endpoints.remove("docker").and_then(|endpoint| endpoint.host);
    match host.filter(|host| !host.is_empty()) {
        Some(host) => {
            let tls = contexts.join("tls").join(&digest).join("docker").exists();
            Ok(Context { host, tls })
        }
        None => Err(DiscoveryError::NoEndpoint { name: name.to_owned(), path }),
    }
}
