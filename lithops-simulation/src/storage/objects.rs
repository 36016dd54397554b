//! The objects of a simulated storage, and since when each can be seen.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

use bytes::Bytes;
use lithops_core::ports::{ListPage, ObjectMeta};
use tokio::time::Instant;

use crate::scene::now_ms;

/// The objects of a simulated storage.
#[derive(Debug, Default)]
pub(super) struct Objects {
    objects: BTreeMap<String, Object>,
    versions: u64,
}

#[derive(Debug)]
struct Object {
    body: Bytes,
    version: u64,
    modified: u64,
    stored: Instant,
    visible: Instant,
}

impl Object {
    fn meta(&self, key: &str) -> ObjectMeta {
        ObjectMeta {
            key: key.to_owned(),
            size: self.body.len() as u64,
            version: Some(self.version.to_string()),
            modified: Some(self.modified),
        }
    }
}

impl Objects {
    pub(super) fn put(&mut self, key: &str, body: Bytes, stored: Instant, visible: Instant) {
        self.versions += 1;
        // What replaces another object is seen as that was.
        let before = self.objects.get(key).map(|object| (object.stored, object.visible));
        let (stored, visible) = before.unwrap_or((stored, visible));
        let (version, modified) = (self.versions, now_ms() / 1000);
        let object = Object { body, version, modified, stored, visible };
        self.objects.insert(key.to_owned(), object);
    }

    /// Whether the key is taken, seen or unseen.
    pub(super) fn has(&self, key: &str) -> bool {
        self.objects.contains_key(key)
    }

    pub(super) fn find(&self, key: &str, now: Instant) -> Option<(&Bytes, ObjectMeta)> {
        let object = self.objects.get(key).filter(|object| object.visible <= now)?;
        Some((&object.body, object.meta(key)))
    }

    /// A page as things were `lag` ago, and the keys that should be on it and are not.
    pub(super) fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        now: Instant,
        lag: Option<Duration>,
    ) -> (ListPage, Vec<String>) {
        let mut page = ListPage::default();
        let mut hidden = Vec::new();
        let from = after.filter(|after| *after >= prefix);
        let from = from.map_or(Bound::Included(prefix), Bound::Excluded);
        for (key, object) in self.objects.range::<str, _>((from, Bound::Unbounded)) {
            if !key.starts_with(prefix) {
                break;
            }
            if object.visible > now || object.stored + lag.unwrap_or_default() > now {
                hidden.push(key.clone());
            } else if page.objects.len() == ListPage::MAX {
                page.more = true;
                break;
            } else {
                page.objects.push(object.meta(key));
            }
        }
        (page, hidden)
    }

    pub(super) fn delete(&mut self, keys: &[String]) {
        keys.iter().for_each(|key| drop(self.objects.remove(key)));
    }

    /// All keys below a prefix, seen or unseen.
    pub(super) fn keys(&self, prefix: &str) -> Vec<String> {
        let below = self.objects.keys().filter(|key| key.starts_with(prefix));
        below.cloned().collect()
    }
}
