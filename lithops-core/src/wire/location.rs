//! How a worker finds the storage of a job.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::{from_text, to_text};

/// How to open a storage again from another process: a scheme and its settings, free of secrets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StorageLocation {
    /// The provider, such as `file` or `memory`.
    pub scheme: String,
    /// The provider's settings by name.
    pub settings: BTreeMap<String, String>,
}

impl StorageLocation {
    /// Whether only threads of the client's own process can open the place.
    pub fn is_in_process(&self) -> bool {
        self.scheme == "memory"
    }

    /// Whether only processes of the client's own machine can open the place.
    ///
    /// What a server on this machine holds is not told apart: workers far away may reach it by
    /// another address.
    pub fn is_on_this_machine(&self) -> bool {
        self.scheme == "file" || self.is_in_process()
    }

    /// The location as text without spaces, for an environment variable.
    pub fn to_text(&self) -> String {
        to_text(self)
    }

    /// Reads what [`to_text`](Self::to_text) wrote; `None` if it is something else.
    pub fn from_text(text: &str) -> Option<Self> {
        from_text(text)
    }
}

/// As people read it: `file, root /home/user/jobs`.
impl fmt::Display for StorageLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        self.settings.iter().try_for_each(|(name, value)| write!(f, ", {name} {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_memory_are_on_this_machine_and_buckets_are_not() {
        let schemes = ["file", "memory", "s3", "gs", "az", "redis", "http"];
        let here = schemes.map(|scheme| {
            let location = StorageLocation { scheme: scheme.to_owned(), settings: BTreeMap::new() };
            (location.is_on_this_machine(), location.is_in_process())
        });
        let far = (false, false);
        assert_eq!(here, [(true, false), (true, true), far, far, far, far, far]);
    }
}
