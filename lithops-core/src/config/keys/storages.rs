//! Keys of storages.

use super::{Key, Section, keys};

pub(super) const FILE: Section = Section {
    name: "file",
    about: "the storage `file` (feature `storage-file`)",
    keys: keys! {
        root: Path = "",
            "The folder in which jobs keep their objects. Unless said, one of the user's own in the folder for temporary files.";
    },
};

/// Those of all servers that speak as Amazon S3 does.
const S3: &[Key] = keys! {
    storage_bucket: Text = "",
        "The bucket in which jobs keep their objects; it has to be said.";
    endpoint: Text = "",
        "The server. Unless said, Amazon's own; for `minio` and `ceph` it has to be said.";
    private_endpoint: Text = "",
        "The server as workers far away see it, if they see it elsewhere.";
    region: Text = "",
        "The region. Unless said, as Amazon's own tools find it, else `us-east-1`.";
    path_style: Switch = "",
        "Whether addresses are `http://ENDPOINT/BUCKET/KEY` and not `http://BUCKET.ENDPOINT/KEY`. Unless said, they are if there is an endpoint.";
    access_key_id: Text = "",
        "The name of the access key. Unless said, found as Amazon's own tools find it.";
    secret_access_key: Secret = "",
        "The access key.";
    session_token: Secret = "",
        "What a temporary access key comes with.";
};

pub(super) const AWS_S3: Section = Section {
    name: "aws_s3",
    about: "the storage `aws_s3`: Amazon S3 (feature `storage-s3`)",
    keys: S3,
};

pub(super) const MINIO: Section = Section {
    name: "minio",
    about: "the storage `minio`: a MinIO server (feature `storage-s3`)",
    keys: S3,
};

pub(super) const CEPH: Section = Section {
    name: "ceph",
    about: "the storage `ceph`: the object gateway of a Ceph cluster (feature `storage-s3`)",
    keys: S3,
};

pub(super) const IBM_COS: Section = Section {
    name: "ibm_cos",
    about: "the storage `ibm_cos`: IBM Cloud Object Storage (feature `storage-s3`)",
    keys: keys! {
        storage_bucket: Text = "",
            "The bucket in which jobs keep their objects; it has to be said.";
        endpoint: Text = "",
            "The server. Unless said, the public one of the region.";
        private_endpoint: Text = "",
            "The server as workers far away see it. Unless said, in IBM Cloud the direct one of the region.";
        region: Text = "",
            "The region. Unless said, that of `[ibm]`.";
        access_key_id: Text = "",
            "The name of the access key, of the kind HMAC.";
        secret_access_key: Secret = "",
            "The access key.";
        api_key or iam_api_key: Secret = "",
            "An API key of IBM Cloud, in place of an access key. Unless said, that of `[ibm]`.";
        trusted_profile: Text = "",
            "The trusted profile (its id or name) that this process is known by, in place of any key: only in a job of Code Engine that may be.";
        service_instance_id or instance_id: Text = "",
            "The instance (its id) that a bucket is created in.";
    },
};

pub(super) const GCP_STORAGE: Section = Section {
    name: "gcp_storage",
    about: "the storage `gcp_storage`: Google Cloud Storage (feature `storage-gcs`)",
    keys: keys! {
        storage_bucket: Text = "",
            "The bucket in which jobs keep their objects; it has to be said.";
        region: Text = "",
            "Read for the sake of those who have a file of Lithops; the bucket knows its own.";
        credentials_path: Path = "",
            "The file with the key of a service account. Unless said, found as Google's own tools find it.";
        service_account_key: Secret = "",
            "The key of a service account itself, as JSON; goes before the file.";
    },
};

pub(super) const AZURE_STORAGE: Section = Section {
    name: "azure_storage",
    about: "the storage `azure_storage`: Azure Blob Storage (feature `storage-azure`)",
    keys: keys! {
        storage_bucket: Text = "",
            "The container in which jobs keep their objects; it has to be said.";
        storage_account_name: Text = "",
            "The storage account.";
        storage_account_key: Secret = "",
            "Its key.";
    },
};

pub(super) const REDIS: Section = Section {
    name: "redis",
    about: "the storage `redis` (feature `storage-redis`)",
    keys: keys! {
        storage_bucket: Text = "",
            "What keys begin with, so that several may share a server.";
        host: Text = "127.0.0.1",
            "The server.";
        port: Count = "6379",
            "Its port.";
        db: Count = "0",
            "The number of the database.";
        username: Text = "",
            "The user.";
        password: Secret = "",
            "The password. Unless said, `REDIS_PASSWORD` of the environment.";
        ssl: Switch = "false",
            "Whether to speak TLS.";
    },
};
