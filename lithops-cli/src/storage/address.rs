//! What an address names: a storage, and a key in it.

use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use lithops::{FunctionExecutor, StorageBackend};
use lithops_core::ports::{Executor as _, ObjectMeta, locate, open_storage};

/// Names the configured storage.
const OWN: &str = "storage://";

/// An address, and what it names.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) storage: Arc<dyn StorageBackend>,
    /// The key, or the beginning of keys.
    pub(super) key: String,
    /// What stands before the key when it is told to people.
    before: String,
}

impl Address {
    /// Finds out what an address names; asks nobody whether it is there.
    pub(super) fn of(text: &str, exec: &FunctionExecutor) -> anyhow::Result<Self> {
        let own = match text.strip_prefix(OWN) {
            Some(key) => Some((key, OWN)),
            None if text.contains("://") || text.starts_with(['/', '.']) => None,
            None => Some((text, "")),
        };
        if let Some((key, before)) = own {
            let storage = exec.storage();
            if storage.location().is_in_process() {
                bail!(
                    "the configured storage is this process's memory, which ends with it: choose \
                     another by --storage"
                );
            }
            return Ok(Self { storage, key: key.to_owned(), before: before.to_owned() });
        }
        let text = &as_folder(text);
        let (location, key) = locate(text)?;
        let before = match text.strip_suffix(&key) {
            Some(before) => before.to_owned(),
            // A path that was relative, or had `..` in it.
            None => "/".to_owned(),
        };
        Ok(Self { storage: open_storage(&location)?, key, before })
    }

    /// The address of one object: of the one called `name` in it, if this is a folder.
    pub(super) fn of_object(
        text: &str,
        name: Option<&str>,
        exec: &FunctionExecutor,
    ) -> anyhow::Result<Self> {
        let mut address = Self::of(text, exec)?;
        if address.key.is_empty() || address.key.ends_with('/') {
            let Some(name) = name.filter(|name| !name.is_empty()) else {
                bail!("`{text}` names no object: say its key too");
            };
            address.key.push_str(name);
        }
        Ok(address)
    }

    /// The last part of the key.
    pub(super) fn name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }

    /// A key of this storage as an address.
    pub(super) fn told(&self, key: &str) -> String {
        format!("{}{key}", self.before)
    }

    /// All objects whose keys begin so, page by page: a listing of millions needs little memory.
    pub(super) fn pages(&self) -> Pages<'_> {
        Pages { address: self, after: None, more: true }
    }
}

/// A folder of this machine ends with a slash: the keys below it are meant, not those of others whose
/// names begin as its own.
fn as_folder(text: &str) -> String {
    let path = text.strip_prefix("file://").unwrap_or(text);
    let is_folder = !path.contains("://") && Path::new(path).is_dir();
    if is_folder && !text.ends_with('/') { format!("{text}/") } else { text.to_owned() }
}

/// A listing that is under way.
#[derive(Debug)]
pub(super) struct Pages<'a> {
    address: &'a Address,
    after: Option<String>,
    more: bool,
}

impl Pages<'_> {
    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Vec<ObjectMeta>>> {
        if !self.more {
            return Ok(None);
        }
        let page = self.address.storage.list(&self.address.key, self.after.as_deref()).await?;
        self.after = page.next_after(&self.address.key, self.after.as_deref())?;
        self.more = page.more;
        Ok(Some(page.objects))
    }
}
