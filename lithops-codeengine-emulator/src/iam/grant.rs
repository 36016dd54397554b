//! `POST /identity/token`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::token::epoch;
use crate::fault::Twists;
use crate::service::Service;

const API_KEY: &str = "urn:ibm:params:oauth:grant-type:apikey";
const COMPUTE_RESOURCE: &str = "urn:ibm:params:oauth:grant-type:cr-token";

/// Why there is no token. The codes are IBM's where a source has them.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("Provided API key could not be found.")]
    Key,
    #[error("Property missing or empty: {0}")]
    Missing(&'static str),
    #[error("Unsupported grant type: {0}")]
    GrantType(String),
    #[error("Provided cr_token is not valid: {0}")]
    Instance(super::token::Unacceptable),
}

impl Refused {
    fn code(&self) -> &'static str {
        match self {
            Refused::Key => "BXNIM0415E",
            Refused::Missing(_) => "BXNIM0109E",
            // Which codes these have, no source tells.
            Refused::GrantType(_) | Refused::Instance(_) => "BXNIM0100E",
        }
    }
}

/// Gives a token for an API key, or for the token of an instance.
pub(crate) async fn grant(
    State(service): State<Arc<Service>>,
    Extension(twists): Extension<Twists>,
    body: Bytes,
) -> Response {
    let form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    match subject(&service, &form) {
        Ok((subject, grant_type)) => {
            let life = twists.token_life.unwrap_or(service.settings.token_life);
            let token = service.account.tokens.for_api(&subject, &grant_type, life);
            let body = json!({
                "access_token": token,
                "refresh_token": "not_supported",
                "token_type": "Bearer",
                "expires_in": life.as_secs(),
                "expiration": epoch(service.now() + life),
                "scope": "ibm openid",
            });
            Json(body).into_response()
        }
        Err(refused) => {
            let body = json!({"errorCode": refused.code(), "errorMessage": refused.to_string()});
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}

/// Who asks, and how.
fn subject(service: &Service, form: &HashMap<String, String>) -> Result<(String, String), Refused> {
    let field = |name: &'static str| {
        let value = form.get(name).map(String::as_str).filter(|value| !value.is_empty());
        value.ok_or(Refused::Missing(name))
    };
    let grant_type = field("grant_type")?;
    let subject = match grant_type {
        API_KEY => {
            if !service.settings.keys.accept(field("apikey")?) {
                return Err(Refused::Key);
            }
            "emulator".to_owned()
        }
        COMPUTE_RESOURCE => {
            let token = field("cr_token")?;
            field("profile_id").or_else(|_| field("profile_name"))?;
            service.account.tokens.check_run(token).map_err(Refused::Instance)?
        }
        other => return Err(Refused::GrantType(other.to_owned())),
    };
    Ok((subject, grant_type.to_owned()))
}
