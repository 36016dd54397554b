//! Resources that the emulator keeps but does nothing with.

use serde_json::Value;

use super::{Fields, Invalid};

/// A kind of resource by the fields that it must have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Required {
    Build,
    BuildRun,
    Store,
    Binding,
    Destination,
}

/// Checks that what must be there is there; the rest is kept as it was given.
pub(crate) fn normal(what: Required, mut given: Fields) -> Result<Fields, Invalid> {
    let required: &[&'static str] = match what {
        Required::Build => &["output_image", "output_secret", "strategy_type"],
        // Either a build, or what a build says.
        Required::BuildRun if given.contains_key("build_name") => &[],
        Required::BuildRun => &["output_image", "output_secret", "strategy_type"],
        Required::Store => &["storage_type"],
        Required::Binding => &["component", "prefix", "secret_name"],
        Required::Destination => &["type"],
    };
    given.remove("name");
    for field in required {
        if given.get(*field).is_none_or(Value::is_null) {
            return Err(Invalid::Missing(field));
        }
    }
    Ok(given)
}
