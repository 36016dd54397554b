//! Whether jobs can run here at all: storage and backend, tried before a job needs them.

use std::time::Duration;

use bytes::Bytes;

use super::engine::Engine;
use crate::ports::{Finding, PutMode, StorageBackend, StorageError, StorageErrorKind};
use crate::wire::keys;

/// How long the storage may take for each thing that is tried.
const STEP: Duration = Duration::from_secs(20);

const SUBJECT: &str = "storage";
const REACH: &str = "storage from workers";

impl Engine {
    /// Tries what jobs need: an object is written, read, listed and deleted, and the backend looks at
    /// its platform. No worker is started, and nothing is left behind.
    pub async fn examine(&self) -> Vec<Finding> {
        let around = self.around();
        let storage = around.storage.as_ref();
        let mut found = vec![probe(storage).await];
        let far = !around.backend.capability().on_this_machine && !self.reaches_storage();
        if far && storage.location().is_on_this_machine() {
            let backend = around.backend.capability().backend;
            found.push(Finding::bad(
                REACH,
                format!("workers of `{backend}` don't reach a storage of this machine"),
                "set `storage` of the section `[lithops]` to one that they reach over the network, \
                 such as `ibm_cos` or `aws_s3`, or to a folder that the configuration says they share",
            ));
        }
        found.extend(around.backend.examine().await);
        found
    }
}

/// Writes, reads, lists and deletes an object.
async fn probe(storage: &dyn StorageBackend) -> Finding {
    let scheme = storage.location().scheme;
    let key = format!("{}{}", keys::PROBES, super::mark::name());
    match tried(storage, &key).await {
        Ok(None) => {
            Finding::good(SUBJECT, format!("{scheme}: writes, reads, lists and deletes objects"))
        }
        Ok(Some(what)) => Finding::bad(
            SUBJECT,
            format!("{scheme}: {what}"),
            "use another storage: what stands there keeps no promise of a storage",
        ),
        Err(Untried::Failed(error)) => {
            let mend = mend(&error);
            Finding::bad(SUBJECT, error.to_string(), mend)
        }
        Err(Untried::Silent) => Finding::bad(
            SUBJECT,
            format!("{scheme} did not answer within {STEP:?}"),
            "check its address, and what stands between it and this machine",
        ),
    }
}

/// Why something could not be tried to its end.
enum Untried {
    Failed(StorageError),
    Silent,
}

/// Waits for an answer, but not for ever.
async fn answer<T>(request: impl Future<Output = Result<T, StorageError>>) -> Result<T, Untried> {
    match tokio::time::timeout(STEP, request).await {
        Ok(answer) => answer.map_err(Untried::Failed),
        Err(_) => Err(Untried::Silent),
    }
}

/// What was wrong with an answer, if anything was.
async fn tried(storage: &dyn StorageBackend, key: &str) -> Result<Option<&'static str>, Untried> {
    let body = Bytes::from_static(b"lithops");
    let written = answer(storage.put(key, body.clone(), PutMode::Overwrite)).await;
    if let Err(Untried::Failed(error)) = written {
        return Err(Untried::Failed(error));
    }
    let looked = async {
        written?;
        if answer(storage.get(key)).await? != body {
            return Ok(Some("an object is read otherwise than it was written"));
        }
        let page = answer(storage.list(key, None)).await?;
        let listed = page.objects.iter().any(|object| object.key == key);
        Ok((!listed).then_some("an object that was written is not listed"))
    };
    let looked: Result<_, Untried> = looked.await;
    // Removed whatever was seen, for a request without an answer may have been heard; the first error
    // tells more.
    let deleted = answer(storage.delete(&[key.to_owned()])).await;
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
