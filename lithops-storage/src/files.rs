//! Objects as files in a folder.
//!
//! Written upon `std` and not upon `object_store`'s local store, which makes files that others may
//! read, leaves its root folder behind, lists in the order of the disk, streams in pieces of 8 KiB
//! and refuses keys such as `part#1`.

mod errors;
mod private;
mod read;
mod root;
mod staged;
mod walk;
mod withdraw;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use lithops_core::ports::{
    Access, ByteStream, ListPage, ObjectMeta, ObjectStream, PutMode, StorageBackend,
    StorageCapability, StorageError, StorageErrorKind, StorageLocation,
};

use crate::key::parse_key;
use crate::open::{OpenError, cannot_open, setting};
use errors::{blocking, error};
use root::Root;
use staged::Staged;
use withdraw::withdrawable;

pub(crate) const SCHEME: &str = "file";
const ROOT: &str = "root";

/// The root inside a private folder, which itself stays.
const OBJECTS: &str = "objects";

/// What a stream gathers before it goes to the disk.
const GATHERED: usize = 1024 * 1024;

/// Objects as files in a folder, shared by all processes that reach it.
///
/// An object is one file (mode 0600) at its key below the root; folders (mode 0700) come with the
/// first object in them and go with the last, the root included, so that nothing stays behind.
/// Writes are atomic, also between processes, but not forced to the disk: a power cut may lose them.
///
/// A file system has limits that other stores lack: `a` and `a/b` can't both be objects
/// ([`StorageErrorKind::InvalidKey`]), nor can a part of a key be longer than 255 bytes. The file
/// system must know hard links for [`PutMode::Create`].
///
/// ```
/// use lithops_core::ports::{PutMode, StorageBackend};
/// use lithops_storage::FileStorage;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let root = folder.path().join("jobs");
/// let storage = FileStorage::new(&root)?;
/// assert!(!root.exists());
///
/// storage.put("a/b", "1".into(), PutMode::Overwrite).await?;
/// assert_eq!(std::fs::read_to_string(root.join("a/b"))?, "1");
///
/// storage.delete(&["a/b".to_owned()]).await?;
/// assert!(!root.exists());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileStorage {
    root: Arc<Root>,
}

impl FileStorage {
    /// Makes a storage of the folder `root`, which need not exist yet.
    ///
    /// # Errors
    /// [`StorageErrorKind::Unsupported`] if the path is not valid UTF-8 or can't be made absolute.
    pub fn new(root: impl AsRef<Path>) -> Result<Self, StorageError> {
        let root = root.as_ref();
        let place = |error| cannot_open(&root.to_string_lossy(), error);
        let root = Root::resolve(root).map_err(|error| place(error.into()))?;
        if root.path().to_str().is_none() {
            return Err(place(OpenError::NotUnicode));
        }
        Ok(Self { root: Arc::new(root) })
    }

    /// Makes a storage inside `folder`, which is this user's alone: for a place where others may make
    /// folders too, such as that for temporary files.
    ///
    /// The folder is made (mode 0700) if it is not there. It stays when all objects are gone, so that
    /// nobody else can take its place.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`StorageErrorKind::Unsupported`] too if the folder can't be made, if
    /// it is another user's or no folder at all, or if others may write in it.
    pub fn private(folder: impl AsRef<Path>) -> Result<Self, StorageError> {
        let folder = folder.as_ref();
        private::claim(folder).map_err(|error| cannot_open(&folder.to_string_lossy(), error))?;
        Self::new(folder.join(OBJECTS))
    }

    pub(crate) fn at(location: &StorageLocation) -> Result<Self, StorageError> {
        Self::new(setting(location, ROOT)?)
    }

    fn path(&self, operation: &'static str, key: &str) -> Result<PathBuf, StorageError> {
        parse_key(SCHEME, operation, key)?;
        let path = self.root.path().join(key);
        if staged::is_staged(&path) {
            let source = "names that start so are kept for unfinished writes";
            return Err(error(StorageErrorKind::InvalidKey, operation, key, source));
        }
        Ok(path)
    }
}

/// Resolves what comes before the last `..`, as a key has none; a path that leads nowhere stays.
fn without_parents(path: PathBuf) -> PathBuf {
    use std::path::Component;
    let components: Vec<Component<'_>> = path.components().collect();
    let last = components.iter().rposition(|component| *component == Component::ParentDir);
    let Some(last) = last else { return path };
    let (above, below) = components.split_at(last + 1);
    let above: PathBuf = above.iter().collect();
    let below: PathBuf = below.iter().collect();
    above.canonicalize().map(|above| above.join(below)).unwrap_or(path)
}

/// A path of this machine, as a key of a storage that begins at the root.
pub(crate) fn locate(path: &str) -> Result<(StorageLocation, String), StorageError> {
    let absolute = std::path::absolute(path).map_err(|error| cannot_open(path, error.into()))?;
    let absolute = without_parents(absolute);
    let Some(absolute) = absolute.to_str() else {
        return Err(cannot_open(path, OpenError::NotUnicode));
    };
    let settings = BTreeMap::from([(ROOT.to_owned(), "/".to_owned())]);
    let mut key = absolute.trim_matches('/').to_owned();
    // The slash says that a folder is meant; `absolute` keeps it only on some platforms.
    if path.ends_with('/') && !key.is_empty() {
        key.push('/');
    }
    Ok((StorageLocation { scheme: SCHEME.to_owned(), settings }, key))
}

#[async_trait]
impl StorageBackend for FileStorage {
    fn location(&self) -> StorageLocation {
        let root = self.root.path().to_string_lossy().into_owned();
        let settings = BTreeMap::from([(ROOT.to_owned(), root)]);
        StorageLocation { scheme: SCHEME.to_owned(), settings }
    }

    async fn capability(&self) -> Result<StorageCapability, StorageError> {
        Ok(StorageCapability { create_if_absent: true, presign: false, write_and_list: true })
    }

    async fn put(&self, key: &str, body: Bytes, mode: PutMode) -> Result<(), StorageError> {
        let path = self.path("put", key)?;
        let root = Arc::clone(&self.root);
        let (_wish, wanted) = withdrawable();
        let write = move || {
            wanted.check()?;
            let mut staged = Staged::create(&root, &path)?;
            staged.file().write_all(&body)?;
            wanted.publish(|| staged.publish(&path, mode))
        };
        blocking("put", key, write).await
    }

    async fn put_stream(&self, key: &str, mut body: ByteStream) -> Result<u64, StorageError> {
        let path = self.path("put_stream", key)?;
        let (_wish, wanted) = withdrawable();

        let (root, destination) = (Arc::clone(&self.root), path.clone());
        let create = move || Staged::create(&root, &destination);
        let mut staged = blocking("put_stream", key, create).await?;
        let mut size = 0;
        let mut gathered = Vec::new();
        let mut unwritten = 0;
        loop {
            let chunk = body.try_next().await?;
            let ended = chunk.is_none();
            if let Some(chunk) = chunk {
                unwritten += chunk.len();
                gathered.push(chunk);
            }
            if unwritten >= GATHERED || ended {
                let chunks = std::mem::take(&mut gathered);
                staged = blocking("put_stream", key, move || staged.append(chunks)).await?;
                size += unwritten as u64;
                unwritten = 0;
            }
            if ended {
                break;
            }
        }
        let publish = move || wanted.publish(|| staged.publish(&path, PutMode::Overwrite));
        blocking("put_stream", key, publish).await?;
        Ok(size)
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        let path = self.path("get", key)?;
        blocking("get", key, move || read::whole(&path)).await
    }

    async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StorageError> {
        let path = self.path("get_range", key)?;
        let inside = blocking("get_range", key, move || read::range(&path, range)).await?;
        inside.ok_or_else(|| errors::outside("get_range", key))
    }

    async fn get_stream(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<ObjectStream, StorageError> {
        let path = self.path("get_stream", key)?;
        let (file, metadata) = blocking("get_stream", key, move || read::open(&path)).await?;
        let meta = read::object_meta(key.to_owned(), &metadata);
        let body = match range {
            None => read::stream(file, 0..u64::MAX, &meta),
            Some(range) if range.start > range.end || range.end > meta.size => {
                return Err(errors::outside("get_stream", key));
            }
            Some(range) => read::stream(file, range, &meta),
        };
        Ok(ObjectStream { meta, body })
    }

    async fn head(&self, key: &str) -> Result<ObjectMeta, StorageError> {
        let path = self.path("head", key)?;
        let metadata = blocking("head", key, move || read::metadata(&path)).await?;
        Ok(read::object_meta(key.to_owned(), &metadata))
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<ListPage, StorageError> {
        let root = Arc::clone(&self.root);
        let (start, limit) = (prefix.to_owned(), after.map(str::to_owned));
        let page = move || walk::page(root.path(), &start, limit.as_deref());
        blocking("list", prefix, page).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StorageError> {
        let paths = keys.iter().map(|key| self.path("delete", key));
        let paths = paths.collect::<Result<Vec<_>, _>>()?;
        let root = Arc::clone(&self.root);
        let place = keys.first().map_or("", String::as_str);
        blocking("delete", place, move || delete(&root, &paths)).await
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let source = self.path("copy", from)?;
        let path = self.path("copy", to)?;
        let root = Arc::clone(&self.root);
        let (_wish, wanted) = withdrawable();
        // Not a hard link: whoever edits one of the two files by hand would change both.
        let copy = move || {
            wanted.check()?;
            let (mut source, _) = read::open(&source)?;
            let mut staged = Staged::create(&root, &path)?;
            io::copy(&mut source, staged.file())?;
            wanted.publish(|| staged.publish(&path, PutMode::Overwrite))
        };
        blocking("copy", from, copy).await
    }

    async fn presign(
        &self,
        key: &str,
        _access: Access,
        _valid_for: Duration,
    ) -> Result<String, StorageError> {
        let source = "a file has no address that others could use";
        Err(error(StorageErrorKind::Unsupported, "presign", key, source))
    }
}

/// Deletes all it can and returns the first failure.
fn delete(root: &Root, paths: &[PathBuf]) -> io::Result<()> {
    let mut first_failure = Ok(());
    let mut folders = BTreeSet::new();
    for path in paths {
        folders.extend(path.parent());
        match fs::remove_file(path) {
            Err(error) if is_no_object(error.kind()) => {}
            outcome => first_failure = first_failure.and(outcome),
        }
    }
    root.prune(folders);
    first_failure
}

fn is_no_object(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory)
}
