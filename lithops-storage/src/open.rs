//! Finding a storage by its location.

use std::sync::Arc;

use lithops_core::ports::{StorageBackend, StorageError, StorageErrorKind, StorageLocation};

use crate::register::opener;

/// Opens the storage that `location` names; makes and asks nothing until the first request.
///
/// Knows the storages of this crate, and those that others have brought by
/// [`register`](crate::register). In a worker that was told to ask its client first
/// (`relay_through`, feature `relay`), what the client lends is opened there.
///
/// # Errors
/// [`StorageErrorKind::Unsupported`] if this build does not know the scheme, a setting is missing,
/// or the storage can't be reached from this process at all.
///
/// ```
/// use lithops_core::ports::{StorageErrorKind, StorageLocation};
///
/// let location = StorageLocation { scheme: "tape".into(), settings: Default::default() };
/// let error = lithops_storage::open(&location).unwrap_err();
/// assert_eq!(error.kind, StorageErrorKind::Unsupported);
/// ```
pub fn open(location: &StorageLocation) -> Result<Arc<dyn StorageBackend>, StorageError> {
    #[cfg(feature = "relay")]
    if let Some(opened) = crate::relay::open_through(location) {
        return opened;
    }
    match location.scheme.as_str() {
        #[cfg(feature = "file")]
        crate::files::SCHEME => Ok(Arc::new(crate::FileStorage::at(location)?)),
        #[cfg(feature = "memory")]
        crate::memory::SCHEME => Ok(Arc::new(crate::MemoryStorage::at(location)?)),
        #[cfg(feature = "redis")]
        crate::redis::SCHEME => Ok(Arc::new(crate::RedisStorage::at(location)?)),
        #[cfg(feature = "s3")]
        crate::s3::SCHEME => Ok(Arc::new(crate::S3Storage::at(location)?)),
        #[cfg(feature = "gcs")]
        crate::gcs::SCHEME => Ok(Arc::new(crate::GcsStorage::at(location)?)),
        #[cfg(feature = "azure")]
        crate::azure::SCHEME => Ok(Arc::new(crate::AzureStorage::at(location)?)),
        #[cfg(feature = "http")]
        crate::http::SCHEME => {
            let storage = Arc::new(crate::HttpStorage::at(location)?);
            Ok(Arc::new(crate::layers::RetryingStorage::new(storage)))
        }
        scheme => match opener(scheme) {
            Some(open) => open(location),
            None => Err(unknown_scheme(scheme, scheme)),
        },
    }
}

/// Returns the schemes that [`open`] knows in this build.
pub const fn known_schemes() -> &'static [&'static str] {
    &[
        #[cfg(feature = "file")]
        crate::files::SCHEME,
        #[cfg(feature = "memory")]
        crate::memory::SCHEME,
        #[cfg(feature = "redis")]
        crate::redis::SCHEME,
        #[cfg(feature = "s3")]
        crate::s3::SCHEME,
        #[cfg(feature = "gcs")]
        crate::gcs::SCHEME,
        #[cfg(feature = "azure")]
        crate::azure::SCHEME,
        #[cfg(feature = "http")]
        crate::http::SCHEME,
    ]
}

/// The schemes that a cargo feature brings, with the features of `lithops` and of this crate.
const FEATURES: [(&[&str], &str, &str); 7] = [
    (&["file"], "storage-file", "file"),
    (&["memory"], "default", "memory"),
    (&["s3", "cos", "ibm_cos", "minio", "ceph"], "storage-s3", "s3"),
    (&["gs", "gcs"], "storage-gcs", "gcs"),
    (&["az", "azure", "abfs", "abfss"], "storage-azure", "azure"),
    (&["redis", "rediss"], "storage-redis", "redis"),
    (&["http", "https"], "storage-http", "http"),
];

/// Says of `place` that no storage of this build has this scheme.
pub(crate) fn unknown_scheme(place: &str, scheme: &str) -> StorageError {
    let left_out = FEATURES.iter().find(|(schemes, ..)| schemes.contains(&scheme));
    let why = match left_out {
        Some((_, feature, own)) => OpenError::LeftOut(scheme.to_owned(), feature, own),
        None => OpenError::UnknownScheme(known_schemes().join(", ")),
    };
    cannot_open(place, why)
}

/// Why a location does not lead to a storage.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("unknown scheme; this build knows: {0}")]
    UnknownScheme(String),
    #[cfg(any(feature = "file", feature = "memory", feature = "network", feature = "redis"))]
    #[error("the location has no setting `{0}`")]
    MissingSetting(&'static str),
    #[cfg(feature = "memory")]
    #[error(
        "a memory storage lives as long as its last handle and only in the process that made it: \
         use a `file` storage to share data between processes"
    )]
    NotInThisProcess,
    #[cfg(feature = "file")]
    #[error("the path of the folder is not valid UTF-8")]
    NotUnicode,
    #[cfg(feature = "file")]
    #[error("the path of the folder can't be resolved: {0}")]
    Unresolved(#[from] std::io::Error),
    #[cfg(feature = "file")]
    #[error(
        "what is there {0}: have it removed, or say another folder as `root` of the section `[file]`"
    )]
    NotPrivate(&'static str),
    #[cfg(feature = "redis")]
    #[error("the address of the Redis server can't be used: {0}; write redis://HOST:PORT/DATABASE")]
    RedisUrl(#[source] redis::RedisError),
    #[cfg(feature = "redis")]
    #[error("the address of the Redis server holds a password: give it in REDIS_PASSWORD")]
    PasswordInUrl,
    #[cfg(feature = "redis")]
    #[error("Redis over TLS is not supported: use a tunnel, or a server of your own network")]
    RedisTls,
    #[cfg(feature = "s3")]
    #[error("{0}")]
    Credentials(crate::s3::CredentialError),
    #[cfg(any(feature = "cloud", feature = "redis"))]
    #[error("{0}")]
    Settings(lithops_core::config::ConfigError),
    #[cfg(feature = "network")]
    #[error("{0}")]
    Refused(#[from] object_store::Error),
    #[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
    #[error(
        "its credentials were given in the code of another process and stay there: give them by \
         environment or by file, where this process finds them too"
    )]
    CredentialsInCode,
    #[cfg(feature = "cloud")]
    #[error(
        "its credentials are in a configuration file that this process can't use ({0}), nor are \
         there any in its environment"
    )]
    CredentialsInFile(String),
    #[cfg(feature = "network")]
    #[error("it can't be used as the address of a server: {0}")]
    Address(String),
    #[error(
        "`{0}` was left out of this build; it comes with the feature `{1}` of `lithops` \
         (`{2}` of `lithops-storage`)"
    )]
    LeftOut(String, &'static str, &'static str),
}

pub(crate) fn cannot_open(place: &str, source: OpenError) -> StorageError {
    StorageError {
        kind: StorageErrorKind::Unsupported,
        store: "storage",
        operation: "open",
        key: place.to_owned(),
        source: Some(Box::new(source)),
    }
}

/// Reads one setting of a location.
#[cfg(any(feature = "file", feature = "memory", feature = "network", feature = "redis"))]
pub(crate) fn setting<'a>(
    location: &'a StorageLocation,
    name: &'static str,
) -> Result<&'a str, StorageError> {
    let value = location.settings.get(name).map(String::as_str);
    value.ok_or_else(|| cannot_open(&location.scheme, OpenError::MissingSetting(name)))
}
