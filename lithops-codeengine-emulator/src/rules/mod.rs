//! What Code Engine accepts in a request: names, sizes, references, limits.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

mod array;
pub(crate) mod config_map;
mod environment;
mod image;
pub(crate) mod job;
mod mount;
pub(crate) mod name;
pub(crate) mod other;
pub(crate) mod secret;
mod size;

pub(crate) use array::indices;
pub(crate) use environment::{Variable, VariableKind, merged};
pub(crate) use mount::{Mount, MountKind};
pub(crate) use size::{bytes, milli_cpu};

/// The fields of a resource, as JSON.
pub(crate) type Fields = Map<String, Value>;

/// What is wrong with a request's fields.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Invalid {
    /// A field has no value, but needs one.
    #[error("required field '{0}' is missing")]
    Missing(&'static str),
    /// A field's value is of another type than it should be.
    #[error("field '{path}' can't be read: {why}")]
    Type { path: String, why: String },
    /// A field's value is outside of what is allowed.
    #[error("field '{field}' is not valid: {why}")]
    Value { field: &'static str, why: String },
    /// A field must not be there together with another one.
    #[error("field '{field}' must not be set {when}")]
    Unwanted { field: &'static str, when: &'static str },
    /// The resource as a whole takes too much room.
    #[error("size limit exceeded error: the object has {size} bytes, {limit} are allowed")]
    TooLarge { size: usize, limit: usize },
}

impl Invalid {
    pub(crate) fn value(field: &'static str, why: impl Into<String>) -> Self {
        Self::Value { field, why: why.into() }
    }
}

/// Reads fields into a type, which ignores the ones that it doesn't know.
pub(crate) fn typed<T: DeserializeOwned>(fields: Fields) -> Result<T, Invalid> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| Invalid::Type {
        path: error.path().to_string(),
        why: error.into_inner().to_string(),
    })
}

/// The opposite: a type as fields.
pub(crate) fn fields<T: serde::Serialize>(value: &T) -> Fields {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        // Only structs of strings, numbers and lists come here.
        other => unreachable!("no object: {other:?}"),
    }
}

/// Applies a merge patch (RFC 7396) to fields: `null` removes, objects merge, all else replaces.
pub(crate) fn merge(kept: &mut Fields, patch: Fields) {
    for (name, value) in patch {
        match (kept.get_mut(&name), value) {
            (_, Value::Null) => {
                kept.remove(&name);
            }
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, Value::Object(new)) => {
                let mut inner = Fields::new();
                merge(&mut inner, new);
                kept.insert(name, Value::Object(inner));
            }
            (_, value) => {
                kept.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_merge_patch_does_as_the_examples_of_its_standard() {
        let cases = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ];
        for (kept, patch, expected) in cases {
            let (Value::Object(mut kept), Value::Object(patch)) = (kept, patch) else {
                unreachable!("objects are given")
            };
            merge(&mut kept, patch);
            assert_eq!(Value::Object(kept), expected);
        }
    }
}
