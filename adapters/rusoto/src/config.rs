//! Which bucket, where.

use std::collections::BTreeMap;

use lithops_core::ports::{StorageError, StorageErrorKind, StorageLocation};
use rusoto_core::Region;

use crate::SCHEME;

const BUCKET: &str = "bucket";
const ENDPOINT: &str = "endpoint";
const REGION: &str = "region";
const DEFAULT_REGION: &str = "us-east-1";

/// Names a bucket. Credentials are found where rusoto looks for them, in every process by itself:
/// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, the AWS profile file, the machine's role.
#[derive(Clone, Debug)]
pub struct RusotoConfig {
    /// The bucket's name.
    pub bucket: String,
    /// The server, as `http://HOST:PORT`; Amazon's of the region if there is none.
    pub endpoint: Option<String>,
    /// The region; `us-east-1` if there is none.
    pub region: Option<String>,
}

impl RusotoConfig {
    /// A bucket of Amazon S3.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self { bucket: bucket.into(), endpoint: None, region: None }
    }

    pub(crate) fn at(location: &StorageLocation) -> Result<Self, StorageError> {
        let setting = |name: &str| location.settings.get(name).cloned();
        let bucket = setting(BUCKET).ok_or_else(|| unusable("the location names no bucket"))?;
        Ok(Self { bucket, endpoint: setting(ENDPOINT), region: setting(REGION) })
    }

    pub(crate) fn location(&self) -> StorageLocation {
        let bucket = Some((BUCKET, Some(self.bucket.clone())));
        let others = [(ENDPOINT, self.endpoint.clone()), (REGION, self.region.clone())];
        let settings = bucket.into_iter().chain(others);
        let settings: BTreeMap<String, String> =
            settings.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        StorageLocation { scheme: SCHEME.to_owned(), settings }
    }

    pub(crate) fn region(&self) -> Result<Region, StorageError> {
        let name = self.region.clone().unwrap_or_else(|| DEFAULT_REGION.to_owned());
        match &self.endpoint {
            Some(endpoint) => Ok(Region::Custom { name, endpoint: endpoint.clone() }),
            None => name.parse().map_err(|_| unusable("rusoto does not know that region")),
        }
    }
}

pub(crate) fn unusable(why: &'static str) -> StorageError {
    StorageError {
        kind: StorageErrorKind::Unsupported,
        store: SCHEME,
        operation: "open",
        key: String::new(),
        source: Some(why.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_leads_back_to_its_settings() {
        let mut config = RusotoConfig::new("books");
        config.endpoint = Some("http://127.0.0.1:8333".to_owned());
        let again = RusotoConfig::at(&config.location()).unwrap();
        assert_eq!(
            (again.bucket, again.endpoint, again.region),
            ("books".into(), config.endpoint, None)
        );
    }
}
