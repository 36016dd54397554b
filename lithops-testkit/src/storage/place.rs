//! Opening one place twice.

use futures::{StreamExt, stream};
use lithops_core::ports::{PutMode, StorageError, StorageErrorKind, StorageLocation};

use super::{Storage, put, refusal};

/// What one handle stores, the other finds, and both name the place alike.
pub async fn the_location_opens_the_same_place(
    storage: Storage,
    open: impl Fn(&StorageLocation) -> Result<Storage, StorageError>,
) {
    let again = open(&storage.location()).unwrap();
    put(&storage, "a", "1").await;
    assert_eq!(again.get("a").await.unwrap(), "1");
    put(&again, "b/c", "2").await;
    assert_eq!(storage.get("b/c").await.unwrap(), "2");
    assert_eq!(again.location(), storage.location());
}

/// Not that of a missing object, which would be taken for an empty place.
pub async fn a_missing_place_has_its_own_error(missing: Storage) {
    assert_eq!(refusal(missing.list("", None).await), StorageErrorKind::NoPlace);
    assert_eq!(refusal(missing.get("a").await), StorageErrorKind::NoPlace);
    assert_eq!(refusal(missing.get_range("a", 0..1).await), StorageErrorKind::NoPlace);
    assert_eq!(refusal(missing.get_stream("a", None).await.map(drop)), StorageErrorKind::NoPlace);
}

/// No place is made on the way: whoever has mistyped its name learns it.
pub async fn a_missing_place_takes_no_object(missing: Storage) {
    let put = missing.put("a", "1".into(), PutMode::Overwrite).await;
    assert_eq!(refusal(put), StorageErrorKind::NoPlace);
    let body = stream::iter([Ok("1".into())]).boxed();
    assert_eq!(refusal(missing.put_stream("a", body).await), StorageErrorKind::NoPlace);
}
