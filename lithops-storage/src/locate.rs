//! What a URI names: a storage, and a key in it.

use lithops_core::ports::{StorageError, StorageLocation, StorageOpener, install_opener};

#[cfg(doc)]
use crate::configure;
use crate::open::unknown_scheme;

/// Says that this crate opens storages in this process, also those that data names.
///
/// Executors and workers do it by themselves.
pub fn install() {
    install_opener(StorageOpener { open: crate::open, locate });
}

/// Finds the storage that a URI names, and the key, prefix or pattern in it.
///
/// | URI | What it names |
/// |---|---|
/// | `/absolute/path`, `relative/path`, `file:///absolute/path` | a file or folder of this machine |
/// | `s3://bucket/key` | an object of Amazon S3, or of the server that jobs use |
/// | `cos://bucket/key`, `minio://bucket/key`, `ceph://bucket/key` | an object of the server of that section |
/// | `gs://bucket/key` | an object of Google Cloud Storage |
/// | `az://container/key`, `abfs://container/key` | an object of Azure Blob Storage |
/// | `redis://HOST:PORT/PREFIX/KEY` | an object of a Redis server, database 0 |
/// | `http://host/path`, `https://host/path` | what a web server gives |
///
/// Servers and credentials come from the configuration of this process ([`configure`]) and from
/// where the provider's own tools find them. Asks nothing: whether anything is there shows later.
///
/// # Errors
/// [`StorageErrorKind::Unsupported`](lithops_core::ports::StorageErrorKind::Unsupported) for a
/// scheme that this build does not know, and for settings that can't be used.
pub fn locate(uri: &str) -> Result<(StorageLocation, String), StorageError> {
    let (scheme, _path) = uri.split_once("://").unwrap_or(("file", uri));
    match scheme {
        #[cfg(feature = "file")]
        "file" => crate::files::locate(_path),
        #[cfg(feature = "s3")]
        "s3" | "cos" | "ibm_cos" | "minio" | "ceph" => crate::s3::locate(scheme, _path),
        #[cfg(feature = "gcs")]
        "gs" | "gcs" => crate::gcs::locate(_path),
        #[cfg(feature = "azure")]
        "az" | "azure" | "abfs" | "abfss" => crate::azure::locate(_path),
        #[cfg(feature = "http")]
        "http" | "https" => crate::http::locate(uri),
        #[cfg(feature = "redis")]
        crate::redis::SCHEME => Ok(crate::redis::locate(_path)),
        _ => Err(unknown_scheme(uri, scheme)),
    }
}
