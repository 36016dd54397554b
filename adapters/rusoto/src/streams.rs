//! Storing a stream in parts, whole or not at all.

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use lithops_core::ports::{ByteStream, StorageError, StorageErrorKind};
use rusoto_s3::{
    AbortMultipartUploadRequest, CompleteMultipartUploadRequest, CompletedMultipartUpload,
    CompletedPart, CreateMultipartUploadRequest, PutObjectRequest, S3, S3Client, UploadPartRequest,
};

use crate::errors::Request;

/// What is in memory, at most twice. S3 wants 5 MiB at least, and 10,000 parts at most.
const PART: usize = 8 * 1024 * 1024;

/// One object in the making.
pub(crate) struct Upload<'a> {
    pub(crate) client: &'a S3Client,
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) request: Request,
}

impl Upload<'_> {
    pub(crate) async fn put_all(&self, body: Bytes) -> Result<(), StorageError> {
        let asked = PutObjectRequest {
            bucket: self.bucket.to_owned(),
            key: self.key.to_owned(),
            content_length: Some(body.len() as i64),
            body: Some(body.to_vec().into()),
            ..Default::default()
        };
        let put = self.client.put_object(asked).await;
        put.map(drop).map_err(|error| self.request.failed(error))
    }

    pub(crate) async fn put_stream(&self, mut body: ByteStream) -> Result<u64, StorageError> {
        let mut rest = Bytes::new();
        let first = next_part(&mut body, &mut rest).await?;
        if first.len() < PART {
            let size = first.len() as u64;
            return self.put_all(first).await.map(|()| size);
        }
        let asked = CreateMultipartUploadRequest {
            bucket: self.bucket.to_owned(),
            key: self.key.to_owned(),
            ..Default::default()
        };
        let made = self.client.create_multipart_upload(asked).await;
        let made = made.map_err(|error| self.request.failed(error))?;
        let id = made.upload_id.ok_or_else(|| self.request.error(StorageErrorKind::Unavailable))?;
        let stored = self.put_parts(&id, first, rest, body).await;
        if stored.is_err() {
            let asked = AbortMultipartUploadRequest {
                bucket: self.bucket.to_owned(),
                key: self.key.to_owned(),
                upload_id: id,
                ..Default::default()
            };
            // What ended the stream tells more than a failure to tidy up after it.
            self.client.abort_multipart_upload(asked).await.ok();
        }
        stored
    }

    async fn put_parts(
        &self,
        id: &str,
        first: Bytes,
        mut rest: Bytes,
        mut body: ByteStream,
    ) -> Result<u64, StorageError> {
        let mut size = 0;
        let mut parts = Vec::new();
        let mut part = first;
        while !part.is_empty() {
            let number = parts.len() as i64 + 1;
            size += part.len() as u64;
            let asked = UploadPartRequest {
                bucket: self.bucket.to_owned(),
                key: self.key.to_owned(),
                upload_id: id.to_owned(),
                part_number: number,
                content_length: Some(part.len() as i64),
                body: Some(Vec::from(part).into()),
                ..Default::default()
            };
            let sent = self.client.upload_part(asked).await;
            let e_tag = sent.map_err(|error| self.request.failed(error))?.e_tag;
            parts.push(CompletedPart { e_tag, part_number: Some(number) });
            part = next_part(&mut body, &mut rest).await?;
        }
        let asked = CompleteMultipartUploadRequest {
            bucket: self.bucket.to_owned(),
            key: self.key.to_owned(),
            upload_id: id.to_owned(),
            multipart_upload: Some(CompletedMultipartUpload { parts: Some(parts) }),
            ..Default::default()
        };
        let completed = self.client.complete_multipart_upload(asked).await;
        completed.map(|_| size).map_err(|error| self.request.failed(error))
    }
}

/// Gathers the next part; a shorter one is the last.
async fn next_part(body: &mut ByteStream, rest: &mut Bytes) -> Result<Bytes, StorageError> {
    let mut part = BytesMut::new();
    loop {
        let room = (PART - part.len()).min(rest.len());
        part.extend_from_slice(&rest.split_to(room));
        if part.len() == PART {
            return Ok(part.freeze());
        }
        match body.try_next().await? {
            Some(chunk) => *rest = chunk,
            None => return Ok(part.freeze()),
        }
    }
}
