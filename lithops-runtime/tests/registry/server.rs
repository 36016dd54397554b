//! The registry that the cases use, as `cargo xtask` tells where it is.

use lithops_core::secret::Secret;
use lithops_runtime::registry::Repository;
use lithops_runtime::{Blob, Credentials};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};

use crate::case::Case;

const VARIABLE: &str = "LITHOPS_TEST_REGISTRY";

/// Why there is none.
pub(crate) fn missing() -> Option<String> {
    let reason = "needs a registry: `cargo xtask servers registry` starts one";
    std::env::var(VARIABLE).is_err().then(|| reason.to_owned())
}

/// `http://USER:PASSWORD@HOST:PORT`.
fn address() -> (String, String, String) {
    let value = std::env::var(VARIABLE).unwrap();
    let (login, host) = value.strip_prefix("http://").unwrap().split_once('@').unwrap();
    let (user, password) = login.split_once(':').unwrap();
    (user.to_owned(), password.to_owned(), host.to_owned())
}

pub(crate) fn host() -> String {
    address().2
}

/// Who may use it.
pub(crate) fn user() -> Credentials {
    let (username, password, _) = address();
    Credentials::Password { username, password: Secret::new(password) }
}

/// The name of a repository that only this case has.
pub(crate) fn name(case: &Case) -> String {
    format!("{}/cases/{}", host(), case.name)
}

/// The case's repository; what is meant in it comes after the name.
pub(crate) fn repository(case: &Case, meant: &str) -> Repository {
    Repository::open_as(&format!("{}{meant}", name(case)), &user()).unwrap()
}

/// Pushes an index that has this manifest as that of an ARM.
pub(crate) async fn push_index(case: &Case, tag: &str, manifest: &Blob) {
    let entry = |architecture: &str| {
        let (digest, size) = (&manifest.digest, manifest.bytes.len());
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}",
            "size":{size},"platform":{{"os":"linux","architecture":"{architecture}"}}}}"#
        )
    };
    let kind = "application/vnd.oci.image.index.v1+json";
    let (other, arm) = (entry("ppc64le"), entry("arm64"));
    let index =
        format!(r#"{{"schemaVersion":2,"mediaType":"{kind}","manifests":[{other},{arm}]}}"#);
    let protocol = ClientProtocol::Http;
    let client = Client::try_from(ClientConfig { protocol, ..ClientConfig::default() }).unwrap();
    let place: Reference = format!("{}:{tag}", name(case)).parse().unwrap();
    let (user, password, _) = address();
    let auth = RegistryAuth::Basic(user, password);
    client.auth(&place, &auth, RegistryOperation::Push).await.unwrap();
    client.push_manifest_raw(&place, index, kind.parse().unwrap()).await.unwrap();
}
