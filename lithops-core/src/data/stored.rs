//! Finding, reading and removing objects by name.

use bytes::Bytes;

use super::part::gather;
use super::{DataError, PartReader, wait};
use crate::ports::{ObjectMeta, locate, open_storage};
use crate::wire::{Extent, ObjectPart, Packing, Records, StorageLocation, StoredObject};

impl StoredObject {
    pub(crate) fn from_meta(storage: &StorageLocation, meta: ObjectMeta) -> Self {
        let ObjectMeta { key, size, version, modified: _ } = meta;
        Self { storage: storage.clone(), key, size, version }
    }

    /// Finds the object that a URI such as `s3://bucket/key` or a path names; blocks.
    ///
    /// # Errors
    /// [`DataError::Nothing`] if there is none; [`DataError::Storage`] if the storage can't be asked.
    pub fn at(uri: &str) -> Result<Self, DataError> {
        wait(Self::find(uri))
    }

    /// Finds the object that a URI names, in `async` code.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub async fn find(uri: &str) -> Result<Self, DataError> {
        let (location, key) = locate(uri)?;
        let found = open_storage(&location)?.head(&key).await.map_err(DataError::from);
        match found {
            Ok(meta) => Ok(Self::from_meta(&location, meta)),
            Err(error) if error.is_missing() => Err(DataError::Nothing { uri: uri.to_owned() }),
            Err(error) => Err(error),
        }
    }

    /// Reads it, in order, as it comes.
    ///
    /// # Errors
    /// [`DataError::Storage`] if this process can't open the storage.
    pub fn reader(&self) -> Result<PartReader, DataError> {
        PartReader::of_object(self)
    }

    /// Reads it at once; blocks. In `async` code, [`fetch`](Self::fetch) does.
    ///
    /// # Errors
    /// [`DataError`] if it can't be read, or has changed.
    pub fn bytes(&self) -> Result<Bytes, DataError> {
        wait(self.fetch())
    }

    /// Reads it at once.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub async fn fetch(&self) -> Result<Bytes, DataError> {
        gather(self.reader()?).await
    }

    /// Removes it. One that is gone already is no error.
    ///
    /// # Errors
    /// [`DataError::Storage`] if the storage refuses.
    pub async fn delete(&self) -> Result<(), DataError> {
        let storage = open_storage(&self.storage)?;
        Ok(storage.delete(std::slice::from_ref(&self.key)).await?)
    }
}

/// The whole object, as one part of exact bytes.
impl From<StoredObject> for ObjectPart {
    fn from(object: StoredObject) -> Self {
        Self {
            object,
            index: 0,
            parts: 1,
            records: Records::Bytes,
            packing: Packing::Plain,
            extent: Extent::Whole,
        }
    }
}
