//! Whether jobs can run here at all: storage and backend, tried before a job needs them.

use std::time::Duration;

use bytes::Bytes;

use super::engine::Engine;
use crate::ports::{Finding, PutMode, StorageBackend, StorageError, StorageErrorKind};

/// How long the storage may take for all that is tried.
const STORAGE: Duration = Duration::from_secs(45);

const SUBJECT: &str = "storage";
const REACH: &str = "storage from workers";

impl Engine {
    /// Tries what jobs need: an object is written, read, listed and deleted, and the backend looks at
    /// its platform. No worker is started, and nothing is left behind.
    pub async fn examine(&self) -> Vec<Finding> {
        let around = self.around();
        let storage = around.storage.as_ref();
        let mut found = match tokio::time::timeout(STORAGE, probe(storage)).await {
            Ok(finding) => vec![finding],
            Err(_) => vec![Finding::bad(
                SUBJECT,
                format!("{} did not answer within {STORAGE:?}", storage.location().scheme),
                "check its address, and what stands between it and this machine",
            )],
        };
        let far = !around.backend.capability().on_this_machine;
        if far && storage.location().is_on_this_machine() {
            let backend = around.backend.capability().backend;
            found.push(Finding::bad(
                REACH,
                format!("workers of `{backend}` don't reach a storage of this machine"),
                "set `storage` of the section `[lithops]` to one that they reach over the network, \
                 such as `ibm_cos` or `aws_s3`",
            ));
        }
        found.extend(around.backend.examine().await);
        found
    }
}

/// Writes, reads, lists and deletes an object.
async fn probe(storage: &dyn StorageBackend) -> Finding {
    let scheme = storage.location().scheme;
    let key = format!("probe/{}", super::mark::name());
    match tried(storage, &key).await {
        Ok(None) => {
            Finding::good(SUBJECT, format!("{scheme}: writes, reads, lists and deletes objects"))
        }
        Ok(Some(what)) => Finding::bad(
            SUBJECT,
            format!("{scheme}: {what}"),
            "use another storage: what stands there keeps no promise of a storage",
        ),
        Err(error) => {
            let mend = mend(&error);
            Finding::bad(SUBJECT, error.to_string(), mend)
        }
    }
}

/// What was wrong with an answer, if anything was.
async fn tried(
    storage: &dyn StorageBackend,
    key: &str,
) -> Result<Option<&'static str>, StorageError> {
    let body = Bytes::from_static(b"lithops");
    storage.put(key, body.clone(), PutMode::Overwrite).await?;
    let looked = async {
        if storage.get(key).await? != body {
            return Ok(Some("an object is read otherwise than it was written"));
        }
        let page = storage.list(key, None).await?;
        let listed = page.objects.iter().any(|object| object.key == key);
        Ok((!listed).then_some("an object that was written is not listed"))
    };
    let looked: Result<_, StorageError> = looked.await;
    // Removed whatever was seen; the first error tells more.
    let deleted = storage.delete(&[key.to_owned()]).await;
    let looked = looked?;
    deleted?;
    Ok(looked)
}

/// The next step after a request that failed.
fn mend(error: &StorageError) -> String {
    let text = error.to_string();
    let said = |word: &str| text.contains(word);
    let step = match error.kind {
        _ if said("RequestTimeTooSkewed") => {
            "set the clock of this machine, by `timedatectl set-ntp true`: it is too far from that of \
             the server"
        }
        _ if said("InvalidAccessKeyId") => {
            "check `access_key_id` in the section of the storage: the server knows no such key"
        }
        _ if said("SignatureDoesNotMatch") => {
            "check `secret_access_key` in the section of the storage: it does not belong to \
             `access_key_id`"
        }
        StorageErrorKind::Denied => {
            "check the credentials in the section of the storage, and that they may read, write, list \
             and delete in this bucket or folder"
        }
        StorageErrorKind::NoPlace => {
            "check `storage_bucket` and `region` in the section of the storage, or make the bucket: \
             nobody makes one by accident"
        }
        StorageErrorKind::Full => "make room, or choose another place",
        StorageErrorKind::Unavailable => {
            "check that the server runs, and its address in the section of the storage (`endpoint`, or \
             `host` and `port`)"
        }
        _ => "check the section of the storage",
    };
    step.to_owned()
}
