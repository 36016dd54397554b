//! What a request's body and query say.

use serde_json::Value;

use super::Refused;
use crate::rules::{Fields, Invalid};

/// The body as a JSON object.
pub(super) fn object(body: &[u8]) -> Result<Fields, Refused> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refused::Body("it is no JSON object".to_owned())),
        Err(error) => Err(Refused::Body(error.to_string())),
    }
}

/// A field that is a text, if it is there.
pub(super) fn text<'a>(fields: &'a Fields, name: &'static str) -> Result<Option<&'a str>, Invalid> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Invalid::value(name, "it is no text")),
    }
}

/// The value of a query's parameter.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
