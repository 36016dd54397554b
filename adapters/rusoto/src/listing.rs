//! One page of a listing.

use lithops_core::ports::{ListPage, ObjectMeta, StorageError};
use rusoto_s3::{ListObjectsV2Request, S3, S3Client};

use crate::errors::Request;

pub(crate) async fn page(
    client: &S3Client,
    bucket: &str,
    prefix: &str,
    after: Option<&str>,
) -> Result<ListPage, StorageError> {
    let request = Request::new("list", prefix);
    let asked = ListObjectsV2Request {
        bucket: bucket.to_owned(),
        prefix: Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty()),
        start_after: after.map(str::to_owned),
        max_keys: Some(ListPage::MAX as i64),
        ..Default::default()
    };
    let answer = client.list_objects_v2(asked).await.map_err(|error| request.failed(error))?;
    let objects = answer.contents.unwrap_or_default().into_iter().map(|object| ObjectMeta {
        key: object.key.unwrap_or_default(),
        size: object.size.and_then(|size| size.try_into().ok()).unwrap_or_default(),
        version: object.e_tag,
        modified: None,
    });
    // SeaweedFS takes a slash off the prefix, and lists folder by folder. Its own order stays where
    // a page follows, because that goes on from the key that comes last.
    let mut objects: Vec<_> = objects.filter(|object| object.key.starts_with(prefix)).collect();
    let more = answer.is_truncated.unwrap_or(false);
    if !more {
        objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    }
    Ok(ListPage { objects, more })
}
