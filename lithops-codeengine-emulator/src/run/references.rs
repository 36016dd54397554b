//! Where runs find what they refer to.

use std::collections::BTreeMap;

use super::RunId;

/// Looks up what runs refer to. Asked when an instance starts, not when its run is made.
pub trait References: Send + Sync + std::fmt::Debug {
    /// The keys of a config map, if the project has it.
    fn config_map(&self, project: &str, name: &str) -> Option<BTreeMap<String, String>>;

    /// The keys of a secret, if the project has it.
    fn secret(&self, project: &str, name: &str) -> Option<BTreeMap<String, String>>;

    /// A token that the token service takes as `cr_token`: it says which run an instance belongs to.
    fn compute_resource_token(&self, run: &RunId) -> String;
}
