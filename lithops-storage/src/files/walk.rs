//! Listing files in key order without looking at those before the page.

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::key::parse_key;
use lithops_core::ports::{ListPage, ObjectMeta};

use super::SCHEME;
use super::read::object_meta;
use super::staged::is_staged_name;

/// Finds the first page of objects below `root`.
pub(super) fn page(root: &Path, prefix: &str, after: Option<&str>) -> io::Result<ListPage> {
    let mut walk = Walk { prefix, after, objects: Vec::new() };
    // Only the folder that the prefix names need be readable, not those above it.
    let base = prefix.rfind('/').map_or("", |slash| &prefix[..=slash]);
    // A prefix that is no path is the prefix of no key.
    if !base.is_empty() && parse_key(SCHEME, "list", &base[..base.len() - 1]).is_err() {
        return Ok(ListPage::default());
    }
    walk.visit(&root.join(base), base)?;
    // One more than a page was looked for, to know whether another follows.
    let more = walk.objects.len() > ListPage::MAX;
    walk.objects.truncate(ListPage::MAX);
    Ok(ListPage { objects: walk.objects, more })
}

struct Walk<'a> {
    prefix: &'a str,
    after: Option<&'a str>,
    objects: Vec<ObjectMeta>,
}

impl Walk<'_> {
    /// Collects the objects of `folder`, whose keys all start with `base`.
    fn visit(&mut self, folder: &Path, base: &str) -> io::Result<()> {
        for key in self.entries(folder, base)? {
            if self.objects.len() > ListPage::MAX {
                return Ok(());
            }
            let path = folder.join(&key[base.len()..]);
            if key.ends_with('/') {
                self.visit(&path, &key)?;
            } else if let Some(metadata) = if_there(fs::symlink_metadata(&path))? {
                self.objects.push(object_meta(key, &metadata));
            }
        }
        Ok(())
    }

    /// The keys of the files and, ending in a slash, of the folders in `folder`.
    ///
    /// With that slash, the order of one folder's entries is the order of the keys below them.
    fn entries(&self, folder: &Path, base: &str) -> io::Result<Vec<String>> {
        let mut keys = Vec::new();
        let Some(entries) = if_there(fs::read_dir(folder))? else { return Ok(keys) };
        for entry in entries {
            let found = if_there(entry.and_then(|entry| key(&entry, base, self.prefix)))?;
            let Some(key) = found.flatten() else { continue };
            let is_wanted = if key.ends_with('/') {
                (key.starts_with(self.prefix) || self.prefix.starts_with(&key))
                    && self.after.is_none_or(|after| *key > *after || after.starts_with(&key))
            } else {
                key.starts_with(self.prefix) && self.after.is_none_or(|after| *key > *after)
            };
            if is_wanted {
                keys.push(key);
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }
}

/// The key of what may be an object or the folder of objects.
///
/// A name that no key can have is an error where it would be listed: to leave it out without a word
/// would lose a file of whoever reads the folder.
fn key(entry: &DirEntry, base: &str, prefix: &str) -> io::Result<Option<String>> {
    let kind = entry.file_type()?;
    let name = entry.file_name();
    let Some(text) = name.to_str() else {
        let shown = format!("{base}{}", name.to_string_lossy());
        let is_wanted = (kind.is_dir() || kind.is_file()) && shown.starts_with(prefix);
        let problem = format!("the name {:?} is not UTF-8", entry.path());
        let error = || io::Error::new(ErrorKind::InvalidFilename, problem);
        return if is_wanted { Err(error()) } else { Ok(None) };
    };
    if kind.is_dir() {
        return Ok(Some(format!("{base}{text}/")));
    }
    let is_object = kind.is_file() && !is_staged_name(&name);
    let key = format!("{base}{text}");
    if is_object && key.starts_with(prefix) && parse_key(SCHEME, "list", &key).is_err() {
        let problem = format!("the name {:?} has characters that no key can have", entry.path());
        return Err(io::Error::new(ErrorKind::InvalidFilename, problem));
    }
    Ok(is_object.then_some(key))
}

/// Nothing for what went away between being seen and being looked at.
fn if_there<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        outcome => outcome.map(Some),
    }
}
