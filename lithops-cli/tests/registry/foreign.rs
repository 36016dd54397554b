//! An image that Lithops has not made.

use lithops_runtime::Credentials;
use oci_client::client::{ClientConfig, ClientProtocol, Config};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};

use crate::case::Case;
use crate::server;

/// Pushes one without layers and labels.
pub(crate) async fn push(case: &Case, tag: &str) {
    // Also chooses how TLS is done, which the client insists on.
    server::repository(case, "").tags().await.unwrap();
    let protocol = ClientProtocol::Http;
    let client = Client::try_from(ClientConfig { protocol, ..ClientConfig::default() }).unwrap();
    let place: Reference = format!("{}:{tag}", server::name(case)).parse().unwrap();
    let Credentials::Password { username, password } = server::user() else { panic!("a user") };
    let auth = RegistryAuth::Basic(username, password.expose().to_owned());
    let config =
        r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;
    let kind = "application/vnd.oci.image.config.v1+json".to_owned();
    client.push(&place, &[], Config::new(config, kind, None), &auth, None).await.unwrap();
}
