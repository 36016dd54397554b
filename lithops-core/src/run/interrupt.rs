//! Stops everything, for a process that is about to end.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::engine::Inner;

static LIVE: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

/// Remembers an executor for [`stop_all`].
pub(super) fn remember(inner: Weak<Inner>) {
    let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
    live.retain(|inner| inner.strong_count() > 0);
    live.push(inner);
}

/// Stops the workers of every executor of this process, removes what their jobs made, and waits for
/// clean-ups under way, at most for `bound`.
///
/// For the end of the program, by a signal or of its own accord.
pub fn stop_all(bound: Duration) {
    let live = std::mem::take(&mut *LIVE.lock().unwrap_or_else(PoisonError::into_inner));
    if live.is_empty() {
        return;
    }
    // On a thread of its own: the program may end from inside a runtime.
    let stopper = std::thread::spawn(move || {
        super::block_on(async {
            let stop = |inner: Arc<Inner>| async move { inner.stop().await };
            let live = live.iter().filter_map(Weak::upgrade).map(stop);
            let all = async {
                futures::future::join_all(live).await;
                super::pending::finish().await;
            };
            if tokio::time::timeout(bound, all).await.is_err() {
                tracing::warn!(?bound, "not everything could be removed in time");
            }
        });
    });
    // It ends by itself, and a panic in it is no reason to keep the program from ending.
    stopper.join().ok();
}
