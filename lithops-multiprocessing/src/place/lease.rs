//! Telling the server that whoever holds something is still there.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Result;

/// Renews until it is dropped. A process that dies renews no more, which is the point.
#[derive(Debug)]
pub(crate) struct Lease {
    /// `None` where nothing has to be renewed.
    id: Option<u64>,
}

struct Renewal {
    each: Duration,
    due: Instant,
    /// Gives whether it is still held.
    renew: Arc<dyn Fn() -> Result<bool> + Send + Sync>,
}

#[derive(Default)]
struct Renewals {
    by_id: HashMap<u64, Renewal>,
    next: u64,
    is_running: bool,
}

static RENEWALS: LazyLock<(Mutex<Renewals>, Condvar)> = LazyLock::new(Default::default);

fn renewals() -> MutexGuard<'static, Renewals> {
    RENEWALS.0.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lease {
    /// Renews by `renew` each third of the lease, on a thread that all leases of the process share.
    pub(crate) fn start(
        lease_ms: Option<u64>,
        renew: impl Fn() -> Result<bool> + Send + Sync + 'static,
    ) -> Self {
        let Some(lease_ms) = lease_ms else { return Self { id: None } };
        let each = Duration::from_millis(lease_ms / 3);
        let due = Instant::now() + each;
        let mut renewals = renewals();
        let id = renewals.next;
        renewals.next += 1;
        let renew = Arc::new(renew);
        renewals.by_id.insert(id, Renewal { each, due, renew });
        if !renewals.is_running {
            let thread = std::thread::Builder::new().name("lithops-leases".to_owned());
            match thread.spawn(serve) {
                Ok(_) => renewals.is_running = true,
                // What is held is lost after its lease then, which its release tells.
                Err(error) => tracing::warn!(%error, "leases are not renewed: no thread"),
            }
        }
        RENEWALS.1.notify_one();
        Self { id: Some(id) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            renewals().by_id.remove(&id);
        }
    }
}

fn serve() {
    let mut held = renewals();
    loop {
        let now = Instant::now();
        let next = held.by_id.iter().min_by_key(|(_, renewal)| renewal.due);
        let next = next.map(|(id, renewal)| (*id, renewal.due, Arc::clone(&renewal.renew)));
        let Some((id, due, renew)) = next else {
            // The thread ends with the process: it costs nothing while nobody holds anything.
            held = RENEWALS.1.wait(held).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        if due > now {
            let waited = RENEWALS.1.wait_timeout(held, due - now);
            held = waited.unwrap_or_else(PoisonError::into_inner).0;
            continue;
        }
        drop(held);
        let renewed = renew();
        held = renewals();
        match renewed {
            // What is lost stays lost, as its release will tell, unless it is a condition's lock,
            // which its holder gives up while it waits.
            Ok(_) => {
                if let Some(renewal) = held.by_id.get_mut(&id) {
                    renewal.due = Instant::now() + renewal.each;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a lease could not be renewed");
                if let Some(renewal) = held.by_id.get_mut(&id) {
                    renewal.due = Instant::now() + renewal.each.min(Duration::from_secs(1));
                }
            }
        }
    }
}
