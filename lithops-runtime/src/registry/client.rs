//! Connections to a registry.

use std::time::Duration;

use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;

use super::RegistryError;
use super::name::Name;
use crate::Credentials;

const CONNECT: Duration = Duration::from_secs(10);

const AGENT: &str = concat!("lithops/", env!("CARGO_PKG_VERSION"));

pub(super) fn client(name: &Name) -> Result<Client, RegistryError> {
    install_tls();
    let protocol = if name.is_loopback() { ClientProtocol::Http } else { ClientProtocol::Https };
    let config = ClientConfig {
        protocol,
        // One request for each layer: registries differ in how they take pieces.
        use_monolithic_push: true,
        connect_timeout: Some(CONNECT),
        user_agent: AGENT,
        ..ClientConfig::default()
    };
    let client = Client::try_from(config);
    client.map_err(|source| RegistryError::Tls { registry: name.registry().to_owned(), source })
}

/// For what the client of the crate can't do.
pub(super) fn http(name: &Name) -> Result<reqwest::Client, RegistryError> {
    install_tls();
    let http = reqwest::Client::builder().connect_timeout(CONNECT).user_agent(AGENT).build();
    http.map_err(|source| RegistryError::Tls {
        registry: name.registry().to_owned(),
        source: source.into(),
    })
}

pub(super) fn auth(name: &Name, credentials: &Credentials) -> Result<RegistryAuth, RegistryError> {
    match credentials {
        Credentials::Anonymous => Ok(RegistryAuth::Anonymous),
        Credentials::Password { username, password } => {
            Ok(RegistryAuth::Basic(username.clone(), password.expose().to_owned()))
        }
        Credentials::IdentityToken(_) => {
            Err(RegistryError::IdentityToken { registry: name.registry().to_owned() })
        }
    }
}

/// Whoever came first has chosen.
fn install_tls() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error says that another thread has just done it.
        rustls::crypto::ring::default_provider().install_default().ok();
    }
}
