//! Config maps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::environment::LONGEST_VALUE;
use super::name::KEY;
use super::{Fields, Invalid, fields, typed};

/// Names with texts.
pub(crate) type Data = BTreeMap<String, String>;

#[derive(Debug, Serialize, Deserialize)]
struct ConfigMap {
    #[serde(default)]
    data: Option<Data>,
}

/// The fields of a config map as they are kept.
pub(crate) fn normal(given: Fields) -> Result<Fields, Invalid> {
    let map: ConfigMap = typed(given)?;
    let data = map.data.unwrap_or_default();
    check(&data)?;
    Ok(fields(&ConfigMap { data: Some(data) }))
}

/// Checks the data of a config map or a secret.
pub(super) fn check(data: &Data) -> Result<(), Invalid> {
    for (key, value) in data {
        KEY.check("data", key)?;
        if value.chars().count() > LONGEST_VALUE {
            let why = format!("the value of '{key}' has more than {LONGEST_VALUE} characters");
            return Err(Invalid::value("data", why));
        }
    }
    Ok(())
}
