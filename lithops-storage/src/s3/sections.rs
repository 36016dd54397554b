//! From the sections of a configuration file to a bucket.

use std::path::Path;

use lithops_core::config::{Config, ConfigError, CosSection, IbmSection, S3Section};
use lithops_core::ports::StorageError;

use super::S3Config;
use crate::configured::configured;
use crate::open::{OpenError, cannot_open};

pub(super) const AWS: &str = "aws_s3";
pub(super) const COS: &str = "ibm_cos";
pub(super) const MINIO: &str = "minio";
pub(super) const CEPH: &str = "ceph";

/// What comes after the region in an endpoint of IBM Cloud Object Storage.
const COS_DOMAIN: &str = "cloud-object-storage.appdomain.cloud";

impl S3Config {
    /// Takes the bucket that the section `name` of a configuration says: `aws_s3` (or `s3`),
    /// `ibm_cos`, `minio` or `ceph`.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] if the section has no bucket, or no server where there is no default.
    pub fn from_settings(config: &Config, name: &str) -> Result<Self, ConfigError> {
        let name = if name == "s3" { AWS } else { name };
        let settings = Self::of_section(config, name)?;
        if settings.bucket.is_empty() {
            let (section, key) = (name.to_owned(), "storage_bucket");
            return Err(ConfigError::Missing { section, key });
        }
        Ok(settings)
    }

    /// What a section says; without a bucket if it has none.
    pub(super) fn of_section(config: &Config, name: &str) -> Result<Self, ConfigError> {
        let storages = &config.storages;
        let empty = Self::new("");
        let settings = match name {
            COS => {
                let section = with_account(storages.ibm_cos.clone(), &config.ibm)?;
                if section.endpoint.is_none() && section.region.is_none() {
                    let (section, key) = (name.to_owned(), "region");
                    return Err(ConfigError::Missing { section, key });
                }
                let iam_endpoint = config.ibm.iam_endpoint.clone();
                Self { iam_endpoint, ..empty.with_cos(section) }
            }
            MINIO | CEPH => {
                let section = if name == MINIO { &storages.minio } else { &storages.ceph };
                let section = section.clone().unwrap_or_default();
                if section.endpoint.is_none() {
                    let (section, key) = (name.to_owned(), "endpoint");
                    return Err(ConfigError::Missing { section, key });
                }
                empty.with_s3(section)
            }
            _ => match storages.aws_s3.clone() {
                Some(section) => empty.with_s3(section),
                // Without a section, Amazon's own settings say it all, of the server too.
                None => Self { endpoint_by_surroundings: true, ..empty },
            },
        };
        let has_credentials = settings.has_credentials();
        Ok(Self {
            section: Some(name.to_owned()),
            // Another process looks into the file only if there is something to find.
            config_file: config.file.clone().filter(|_| has_credentials),
            ..settings
        })
    }

    /// The bucket that a URI names, with what the configuration of this process says of its provider.
    pub(super) fn of_uri(scheme: &str, bucket: &str) -> Result<Self, StorageError> {
        let config = configured()?;
        let name = match (scheme, config.storage.as_deref()) {
            ("cos" | COS, _) => COS,
            (MINIO, _) => MINIO,
            (CEPH, _) => CEPH,
            // Who keeps jobs in a server of their own means that one by `s3` too.
            (_, Some(name @ (MINIO | CEPH))) if config.storages.aws_s3.is_none() => name,
            _ => AWS,
        };
        let settings = Self::of_section(&config, name)
            .map_err(|error| cannot_open(bucket, OpenError::Settings(error)))?;
        Ok(Self { bucket: bucket.to_owned(), ..settings })
    }

    /// The server of a section as workers far away see it, where that is not as the client does.
    pub(super) fn private_endpoint(
        config: &Config,
        name: &str,
        inside_ibm_cloud: bool,
    ) -> Option<String> {
        let storages = &config.storages;
        match name {
            COS => {
                let section = storages.ibm_cos.clone().unwrap_or_default();
                let region = section.region.as_deref().or(config.ibm.region.as_deref());
                let direct = || Some(format!("https://s3.direct.{}.{COS_DOMAIN}", region?));
                let is_default = inside_ibm_cloud && section.endpoint.is_none();
                section.private_endpoint.or_else(|| direct().filter(|_| is_default))
            }
            MINIO => storages.minio.as_ref()?.private_endpoint.clone(),
            CEPH => storages.ceph.as_ref()?.private_endpoint.clone(),
            _ => storages.aws_s3.as_ref()?.private_endpoint.clone(),
        }
    }

    /// What the file that a location names says of its section.
    pub(super) fn of_file(path: &str, name: &str) -> Result<Self, ConfigError> {
        Self::of_section(&Config::read(Path::new(path))?, name)
    }

    fn with_s3(self, section: S3Section) -> Self {
        Self {
            endpoint_by_surroundings: false,
            bucket: section.storage_bucket.unwrap_or_default(),
            endpoint: section.endpoint,
            region: section.region,
            path_style: section.path_style,
            access_key_id: section.access_key_id,
            secret_access_key: section.secret_access_key,
            session_token: section.session_token,
            ..self
        }
    }

    fn with_cos(self, section: CosSection) -> Self {
        let public = || Some(format!("https://s3.{}.{COS_DOMAIN}", section.region.as_deref()?));
        Self {
            endpoint_by_surroundings: false,
            bucket: section.storage_bucket.unwrap_or_default(),
            endpoint: section.endpoint.or_else(public),
            region: section.region,
            access_key_id: section.access_key_id,
            secret_access_key: section.secret_access_key,
            iam_api_key: section.api_key,
            trusted_profile: section.trusted_profile,
            service_instance_id: section.service_instance_id,
            ..self
        }
    }
}

/// Adds what `[ibm]` says to what `[ibm_cos]` leaves open.
fn with_account(
    section: Option<CosSection>,
    account: &IbmSection,
) -> Result<CosSection, ConfigError> {
    let section = section.unwrap_or_default();
    let has_key = section.api_key.is_some()
        || section.access_key_id.is_some()
        || section.secret_access_key.is_some();
    if has_key && section.trusted_profile.is_some() {
        let (key, value) = ("trusted_profile".to_owned(), "beside a key in `[ibm_cos]`".to_owned());
        let reason = "only one of them can say who asks".to_owned();
        return Err(ConfigError::Invalid { key, value, reason });
    }
    let spare = account.iam_api_key.clone().filter(|_| !has_key);
    let spare = spare.filter(|_| section.trusted_profile.is_none());
    Ok(CosSection {
        region: section.region.or_else(|| account.region.clone()),
        api_key: section.api_key.or(spare),
        ..section
    })
}
