//! Reading objects and exact ranges of them.

use std::ops::Range;

use futures::{StreamExt, TryStreamExt, stream};
use lithops_core::ports::{ObjectMeta, ObjectStream, StorageError, StorageErrorKind};
use rusoto_s3::{GetObjectRequest, HeadObjectRequest, S3, S3Client};

use crate::errors::Request;

pub(crate) async fn head(
    client: &S3Client,
    bucket: &str,
    key: &str,
    request: &Request,
) -> Result<ObjectMeta, StorageError> {
    let asked =
        HeadObjectRequest { bucket: bucket.to_owned(), key: key.to_owned(), ..Default::default() };
    let answer = client.head_object(asked).await.map_err(|error| request.failed(error))?;
    let size = size(answer.content_length);
    Ok(ObjectMeta { key: key.to_owned(), size, version: answer.e_tag, modified: None })
}

pub(crate) async fn stream(
    client: &S3Client,
    bucket: &str,
    key: &str,
    range: Option<Range<u64>>,
    request: Request,
) -> Result<ObjectStream, StorageError> {
    // No server answers an empty range, so only the size can tell whether it lies inside.
    if let Some(range) = range.as_ref().filter(|range| range.is_empty()) {
        let meta = head(client, bucket, key, &request).await?;
        if range.start > range.end || range.end > meta.size {
            return Err(request.error(StorageErrorKind::InvalidRange));
        }
        return Ok(ObjectStream { meta, body: stream::empty().boxed() });
    }
    let asked = GetObjectRequest {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        // Servers count in signed numbers.
        range: range.as_ref().map(|range| {
            format!("bytes={}-{}", range.start, (range.end - 1).min(i64::MAX as u64 - 1))
        }),
        ..Default::default()
    };
    let answer = client.get_object(asked).await.map_err(|error| request.failed(error))?;
    let length = size(answer.content_length);
    let whole = match &range {
        None => length,
        // Servers shorten a range that reaches past the end.
        Some(range) if length != range.end - range.start => {
            return Err(request.error(StorageErrorKind::InvalidRange));
        }
        Some(_) => answer
            .content_range
            .as_deref()
            .and_then(|range| range.rsplit_once('/')?.1.parse().ok())
            .ok_or_else(|| request.error(StorageErrorKind::Unavailable))?,
    };
    let meta = ObjectMeta { key: key.to_owned(), size: whole, version: answer.e_tag, modified: None };
    let body = match answer.body {
        Some(body) => body
            .map_err(move |error| {
                request.because(StorageErrorKind::Unavailable, Some(Box::new(error)))
            })
            .boxed(),
        None => stream::empty().boxed(),
    };
    Ok(ObjectStream { meta, body })
}

fn size(length: Option<i64>) -> u64 {
    length.and_then(|length| length.try_into().ok()).unwrap_or_default()
}
