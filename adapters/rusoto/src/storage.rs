//! The port, implemented with what rusoto can do.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageErrorKind, StorageLocation,
};
use rusoto_core::{HttpClient, Region};
use rusoto_credential::{DefaultCredentialsProvider, ProvideAwsCredentials};
use rusoto_s3::util::{PreSignedRequest, PreSignedRequestOption};
use rusoto_s3::{
    CopyObjectRequest, CreateBucketRequest, Delete, DeleteBucketRequest, DeleteObjectsRequest,
    GetObjectRequest, ObjectIdentifier, PutObjectRequest, S3, S3Client,
};

use crate::config::{RusotoConfig, unusable};
use crate::errors::Request;
use crate::keys::encoded;
use crate::streams::Upload;
use crate::{listing, read};

/// How many keys S3 deletes by one request.
const DELETE_BATCH: usize = 1000;

/// A bucket of Amazon S3, or of a server that speaks as it does, through `rusoto_s3`.
///
/// rusoto's requests have no field for a condition, so [`PutMode::Create`] is refused, and
/// [`capability`](StorageBackend::capability) says so: Lithops works without.
#[derive(Clone)]
pub struct RusotoStorage {
    config: RusotoConfig,
    region: Region,
    credentials: Arc<DefaultCredentialsProvider>,
    client: S3Client,
}

impl fmt::Debug for RusotoStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RusotoStorage").field("config", &self.config).finish_non_exhaustive()
    }
}

impl RusotoStorage {
    /// Makes a storage of a bucket; asks nobody yet.
    ///
    /// # Errors
    /// If rusoto does not know the region, or can't look for credentials or certificates.
    pub fn new(config: RusotoConfig) -> Result<Self, StorageError> {
        let region = config.region()?;
        let http = HttpClient::new().map_err(|_| unusable("TLS is not to be had"))?;
        let credentials = DefaultCredentialsProvider::new()
            .map_err(|_| unusable("there is no place to look for credentials"))?;
        let credentials = Arc::new(credentials);
        let client = S3Client::new_with(http, Arc::clone(&credentials), region.clone());
        Ok(Self { config, region, credentials, client })
    }

    pub(crate) fn at(location: &StorageLocation) -> Result<Self, StorageError> {
        Self::new(RusotoConfig::at(location)?)
    }

    /// Creates the bucket.
    ///
    /// # Errors
    /// What the server says.
    pub async fn create_bucket(&self) -> Result<(), StorageError> {
        let request = Request::new("create_bucket", "");
        let asked = CreateBucketRequest { bucket: self.bucket(), ..Default::default() };
        let made = self.client.create_bucket(asked).await;
        made.map(drop).map_err(|error| request.failed(error))
    }

    /// Deletes the bucket.
    ///
    /// # Errors
    /// What the server says.
    pub async fn delete_bucket(&self) -> Result<(), StorageError> {
        let request = Request::new("delete_bucket", "");
        let asked = DeleteBucketRequest { bucket: self.bucket(), ..Default::default() };
        self.client.delete_bucket(asked).await.map_err(|error| request.failed(error))
    }

    fn bucket(&self) -> String {
        self.config.bucket.clone()
    }

    fn upload<'a>(&'a self, key: &'a str, request: Request) -> Upload<'a> {
        Upload { client: &self.client, bucket: &self.config.bucket, key, request }
    }

    async fn read(
        &self,
        operation: &'static str,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        let request = Request::of_key(operation, key)?;
        read::stream(&self.client, &self.config.bucket, key, range, request).await
    }

    async fn read_all(
        &self,
        operation: &'static str,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, StorageError> {
        let found = self.read(operation, key, range).await?;
        let pieces: Vec<Bytes> = found.body.try_collect().await?;
        Ok(pieces.concat().into())
    }
}

#[async_trait]
impl StorageBackend for RusotoStorage {
    fn location(&self) -> StorageLocation {
        self.config.location()
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        Ok(StorageCapability { create_if_absent: false, presign: true, write_and_list: true })
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        let request = Request::of_key("put", key)?;
        match mode {
            PutMode::Overwrite => self.upload(key, request).put_all(body).await,
            // To overwrite instead would be a lie.
            PutMode::Create => Err(request.error(StorageErrorKind::Unsupported)),
        }
    }

    async fn put_stream(&self, key: &str, body: ByteStream) -> Result<u64, StorageError> {
        let request = Request::of_key("put_stream", key)?;
        self.upload(key, request).put_stream(body).await
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.read_all("get", key, None).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        self.read_all("get_range", key, Some(range)).await
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        self.read("get_stream", key, range).await
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        let request = Request::of_key("head", key)?;
        read::head(&self.client, &self.config.bucket, key, &request).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        listing::page(&self.client, &self.config.bucket, prefix, after).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        for key in keys {
            Request::of_key("delete", key)?;
        }
        for batch in keys.chunks(DELETE_BATCH) {
            let request = Request::new("delete", &batch[0]);
            let objects =
                batch.iter().map(|key| ObjectIdentifier { key: key.clone(), ..Default::default() });
            let delete = Delete { objects: objects.collect(), quiet: Some(true) };
            let asked =
                DeleteObjectsRequest { bucket: self.bucket(), delete, ..Default::default() };
            let answer = self.client.delete_objects(asked).await;
            let failed = answer.map_err(|error| request.failed(error))?.errors;
            if let Some(failed) = failed.unwrap_or_default().into_iter().next() {
                let key = failed.key.unwrap_or_default();
                let why = failed.code.unwrap_or_default();
                let request = Request::new("delete", &key);
                return Err(request.because(StorageErrorKind::Unavailable, Some(why.into())));
            }
        }
        Ok(())
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let request = Request::of_key("copy", from)?;
        Request::of_key("copy", to)?;
        // Servers differ on a missing source and on a copy onto itself.
        read::head(&self.client, &self.config.bucket, from, &request).await?;
        if from == to {
            return Ok(());
        }
        let asked = CopyObjectRequest {
            bucket: self.bucket(),
            copy_source: format!("{}/{}", self.config.bucket, encoded(from)),
            key: to.to_owned(),
            ..Default::default()
        };
        let copied = self.client.copy_object(asked).await;
        copied.map(drop).map_err(|error| request.failed(error))
    }

    async fn presign(
        &self,
        key: &str,
        access: Access,
        valid_for: Duration,
    ) -> Result<String, StorageError> {
        let request = Request::of_key("presign", key)?;
        let credentials =
            self.credentials.credentials().await.map_err(|error| {
                request.because(StorageErrorKind::Denied, Some(Box::new(error)))
            })?;
        let option = PreSignedRequestOption { expires_in: valid_for };
        let (bucket, key) = (self.bucket(), key.to_owned());
        Ok(match access {
            Access::Read => GetObjectRequest { bucket, key, ..Default::default() }
                .get_presigned_url(&self.region, &credentials, &option),
            Access::Write => PutObjectRequest { bucket, key, ..Default::default() }
                .get_presigned_url(&self.region, &credentials, &option),
        })
    }
}
