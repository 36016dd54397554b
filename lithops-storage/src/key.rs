//! Which keys a storage takes.

use lithops_core::ports::{StorageError, StorageErrorKind};
use object_store::path::Path;

/// Turns `key` into the path of exactly that name.
///
/// # Errors
/// [`StorageErrorKind::InvalidKey`] if the key is empty, has an empty, `.` or `..` segment, or holds
/// a control character.
pub(crate) fn parse_key(
    store: &'static str,
    operation: &'static str,
    key: &str,
) -> Result<Path, StorageError> {
    let invalid = |source| StorageError {
        kind: StorageErrorKind::InvalidKey,
        store,
        operation,
        key: key.to_owned(),
        source: Some(source),
    };
    let path = Path::parse(key).map_err(|error| invalid(error.into()))?;
    // `Path::parse` strips slashes at the ends: two keys would then name one object.
    if path.as_ref() != key || key.is_empty() {
        return Err(invalid("a key is not empty and has no slash at its ends".into()));
    }
    Ok(path)
}
