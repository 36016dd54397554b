//! What is said of each storage, by the names that Lithops gives.

use std::path::PathBuf;

use serde::Deserialize;

use crate::secret::Secret;

/// The sections of storages; `None` for one that the file does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageSections {
    /// `[aws_s3]`: Amazon S3.
    pub aws_s3: Option<S3Section>,
    /// `[ibm_cos]`: IBM Cloud Object Storage.
    pub ibm_cos: Option<CosSection>,
    /// `[minio]`: a MinIO server.
    pub minio: Option<S3Section>,
    /// `[ceph]`: the object gateway of a Ceph cluster.
    pub ceph: Option<S3Section>,
    /// `[gcp_storage]`: Google Cloud Storage.
    pub gcp_storage: Option<GcpSection>,
    /// `[azure_storage]`: Azure Blob Storage.
    pub azure_storage: Option<AzureSection>,
    /// `[redis]`: a Redis server.
    pub redis: Option<RedisSection>,
}

/// A bucket of a server that speaks as Amazon S3 does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3Section {
    /// Where jobs keep their objects.
    pub storage_bucket: Option<String>,
    /// The server; Amazon's own by default.
    pub endpoint: Option<String>,
    /// The server as workers far away see it, if they see it elsewhere.
    pub private_endpoint: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Whether addresses are `endpoint/bucket/key` and not `bucket.endpoint/key`.
    pub path_style: Option<bool>,
    /// The name of the access key.
    pub access_key_id: Option<String>,
    /// The access key.
    pub secret_access_key: Option<Secret>,
    /// What a temporary access key comes with.
    pub session_token: Option<Secret>,
}

/// A bucket of IBM Cloud Object Storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CosSection {
    /// Where jobs keep their objects.
    pub storage_bucket: Option<String>,
    /// The server; the public one of the region by default.
    pub endpoint: Option<String>,
    /// The server as workers far away see it: from inside IBM Cloud, where reading costs nothing.
    pub private_endpoint: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The name of the access key, of the kind HMAC.
    pub access_key_id: Option<String>,
    /// The access key.
    pub secret_access_key: Option<Secret>,
    /// An API key of IBM Cloud, in place of an access key.
    #[serde(alias = "iam_api_key")]
    pub api_key: Option<Secret>,
    /// The trusted profile (its id or name) that this process is known by, in place of any key: only
    /// in a job of Code Engine that may be.
    pub trusted_profile: Option<String>,
    /// The instance (its id) that a bucket is created in.
    #[serde(alias = "instance_id")]
    pub service_instance_id: Option<String>,
}

/// A bucket of Google Cloud Storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GcpSection {
    /// Where jobs keep their objects.
    pub storage_bucket: Option<String>,
    /// The region; the bucket knows its own, so this is for those who read a Lithops file.
    pub region: Option<String>,
    /// The file with the key of a service account.
    pub credentials_path: Option<PathBuf>,
    /// The key of a service account itself, as JSON; goes before the file.
    pub service_account_key: Option<Secret>,
}

/// A container of Azure Blob Storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AzureSection {
    /// Where jobs keep their objects: a container.
    pub storage_bucket: Option<String>,
    /// The storage account.
    pub storage_account_name: Option<String>,
    /// Its key.
    pub storage_account_key: Option<Secret>,
}

/// A Redis server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisSection {
    /// What keys begin with, so that several may share a server.
    pub storage_bucket: Option<String>,
    /// The server; this machine by default.
    pub host: Option<String>,
    /// Its port; 6379 by default.
    pub port: Option<u16>,
    /// The number of the database; 0 by default.
    pub db: Option<u32>,
    /// The user.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Whether to speak TLS.
    pub ssl: Option<bool>,
}

impl StorageSections {
    /// Whether there is a section `name`, such as `aws_s3`.
    pub fn has(&self, name: &str) -> bool {
        match name {
            "aws_s3" | "s3" => self.aws_s3.is_some(),
            "ibm_cos" => self.ibm_cos.is_some(),
            "minio" => self.minio.is_some(),
            "ceph" => self.ceph.is_some(),
            "gcp_storage" => self.gcp_storage.is_some(),
            "azure_storage" => self.azure_storage.is_some(),
            "redis" => self.redis.is_some(),
            _ => false,
        }
    }
}
