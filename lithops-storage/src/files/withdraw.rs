//! Taking a write back when its caller stops waiting.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The caller's side: dropped, it takes the write back unless that was published already.
#[derive(Debug)]
pub(super) struct Wish(Arc<Mutex<bool>>);

/// The writer's side.
#[derive(Debug)]
pub(super) struct Wanted(Arc<Mutex<bool>>);

/// Ties a write that runs on another thread to the future that waits for it.
///
/// Without this a dropped `put` could still happen at any later time, over newer objects or into a
/// folder that was emptied since.
pub(super) fn withdrawable() -> (Wish, Wanted) {
    let wanted = Arc::new(Mutex::new(true));
    (Wish(Arc::clone(&wanted)), Wanted(wanted))
}

impl Drop for Wish {
    fn drop(&mut self) {
        // Waits for a publication under way, which is one or two system calls.
        *lock(&self.0) = false;
    }
}

impl Wanted {
    pub(super) fn check(&self) -> io::Result<()> {
        self.publish(|| Ok(()))
    }

    pub(super) fn publish(&self, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let wanted = lock(&self.0);
        if *wanted { work() } else { Err(ErrorKind::Interrupted.into()) }
    }
}

fn lock(wanted: &Mutex<bool>) -> MutexGuard<'_, bool> {
    wanted.lock().unwrap_or_else(PoisonError::into_inner)
}
