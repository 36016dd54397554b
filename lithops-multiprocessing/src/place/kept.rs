//! Objects whose handles are on their way to workers.

use std::cell::RefCell;
use std::sync::Arc;

use super::handle::Owner;

/// Keeps objects alive that went along as arguments, although the caller may keep no handle.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    _owners: Vec<Arc<Owner>>,
}

thread_local! {
    static SENT: RefCell<Option<Vec<Arc<Owner>>>> = const { RefCell::new(None) };
}

/// Does something that encodes arguments on this thread, and keeps the objects whose handles are
/// among them.
pub(crate) fn keep<R>(encode: impl FnOnce() -> R) -> (R, Kept) {
    let before = SENT.replace(Some(Vec::new()));
    let result = encode();
    let owners = SENT.replace(before).unwrap_or_default();
    (result, Kept { _owners: owners })
}

/// Notes that a handle is encoded.
pub(super) fn note(owner: Option<&Arc<Owner>>) {
    let Some(owner) = owner else { return };
    SENT.with_borrow_mut(|sent| sent.iter_mut().for_each(|sent| sent.push(Arc::clone(owner))));
}
