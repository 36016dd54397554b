//! Secrets, and what each format must hold.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::config_map::{self, Data};
use super::{Fields, Invalid, fields, typed};

#[derive(Debug, Serialize, Deserialize)]
struct Secret {
    format: Option<Format>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Data>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service_access: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service_operator: Option<Value>,
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    Generic,
    Registry,
    BasicAuth,
    SshAuth,
    Tls,
    HmacAuth,
    ServiceAccess,
    ServiceOperator,
    Other,
}

impl Format {
    /// The keys that the data must have.
    fn required(self) -> &'static [&'static str] {
        match self {
            Format::Registry => &["username", "password", "server"],
            Format::BasicAuth => &["username", "password"],
            Format::SshAuth => &["ssh_key"],
            Format::Tls => &["tls_cert", "tls_key"],
            Format::HmacAuth => &["access_key_id", "secret_access_key"],
            Format::Generic | Format::ServiceAccess | Format::ServiceOperator | Format::Other => {
                &[]
            }
        }
    }

    /// The `resource_type` of such a secret.
    pub(crate) fn resource_type(self) -> &'static str {
        match self {
            Format::Generic => "secret_generic_v2",
            Format::Registry => "secret_registry_v2",
            Format::BasicAuth => "secret_basic_auth_v2",
            Format::SshAuth => "secret_auth_ssh_v2",
            Format::Tls => "secret_tls_v2",
            Format::HmacAuth => "secret_hmac_auth_v2",
            Format::ServiceAccess => "secret_service_access_v2",
            Format::ServiceOperator => "secret_operator_v2",
            Format::Other => "secret_other_v2",
        }
    }
}

/// The fields of a secret as they are kept, with its format.
pub(crate) fn normal(given: Fields) -> Result<(Fields, Format), Invalid> {
    let mut secret: Secret = typed(given)?;
    let format = secret.format.ok_or(Invalid::Missing("format"))?;
    let data = secret.data.unwrap_or_default();
    config_map::check(&data)?;
    for key in format.required() {
        if !data.contains_key(*key) {
            return Err(Invalid::value("data", format!("it needs the key '{key}'")));
        }
    }
    if format == Format::ServiceAccess && secret.service_access.is_none() {
        return Err(Invalid::Missing("service_access"));
    }
    secret.data = Some(data);
    let mut kept = fields(&secret);
    kept.insert("generated_by".to_owned(), "user".into());
    Ok((kept, format))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tried(given: Value) -> Result<Format, Invalid> {
        let Value::Object(given) = given else { unreachable!("an object is given") };
        normal(given).map(|(_, format)| format)
    }

    #[test]
    fn each_format_names_the_keys_that_it_needs() {
        let data = json!({"username": "u", "password": "p"});
        assert_eq!(tried(json!({"format": "basic_auth", "data": data})), Ok(Format::BasicAuth));
        let lacking = tried(json!({"format": "registry", "data": data}));
        assert_eq!(lacking, Err(Invalid::value("data", "it needs the key 'server'")));
        assert_eq!(tried(json!({})), Err(Invalid::Missing("format")));
    }
}
