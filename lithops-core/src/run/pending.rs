//! Clean-ups under way, which an executor's shutdown and the program's end wait for.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Counts an executor's clean-ups under way.
#[derive(Debug)]
pub(super) struct Pending(Arc<watch::Sender<u32>>);

/// One clean-up under way.
#[derive(Debug)]
pub(super) struct CleanUp(Arc<watch::Sender<u32>>);

/// The counts of all executors that this process has had and that may still clean up.
static ALL: Mutex<Vec<watch::Receiver<u32>>> = Mutex::new(Vec::new());

impl Pending {
    pub(super) fn new() -> Self {
        let (count, watched) = watch::channel(0);
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever still cleans up holds the sender: the others are done.
        all.retain(|count| count.has_changed().is_ok());
        all.push(watched);
        Self(Arc::new(count))
    }

    pub(super) fn begin(&self) -> CleanUp {
        self.0.send_modify(|count| *count += 1);
        CleanUp(Arc::clone(&self.0))
    }

    /// Waits until none is under way.
    pub(super) async fn wait(&self) {
        done(self.0.subscribe()).await;
    }
}

impl Drop for CleanUp {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

async fn done(mut count: watch::Receiver<u32>) {
    // An error means that the executor is gone, and all its clean-ups with it.
    count.wait_for(|count| *count == 0).await.ok();
}

/// Waits for all clean-ups of this process.
pub(super) async fn finish() {
    let counts = std::mem::take(&mut *ALL.lock().unwrap_or_else(PoisonError::into_inner));
    futures::future::join_all(counts.into_iter().map(done)).await;
}
