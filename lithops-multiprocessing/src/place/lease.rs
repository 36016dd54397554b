//! Telling the server that whoever holds something is still there.

use std::collections::{BTreeSet, HashMap};
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
    /// Those that no thread renews at this moment, the next one first.
    queue: BTreeSet<(Instant, u64)>,
    next: u64,
    threads: usize,
    /// Threads that wait for the next one to be due.
    idle: usize,
}

/// The most threads that renew: there is a second one only while one is at it, because a connection
/// that does not answer must not cost the others their leases.
const THREADS: usize = 16;

static RENEWALS: LazyLock<(Mutex<Renewals>, Condvar)> = LazyLock::new(Default::default);

fn renewals() -> MutexGuard<'static, Renewals> {
    RENEWALS.0.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lease {
    /// Renews by `renew` each third of the lease, on threads that all leases of the process share.
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
        renewals.queue.insert((due, id));
        renewals.serve_more();
        RENEWALS.1.notify_one();
        Self { id: Some(id) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let mut renewals = renewals();
        if let Some(renewal) = renewals.by_id.remove(&id) {
            renewals.queue.remove(&(renewal.due, id));
        }
    }
}

impl Renewals {
    /// Sees to it that a thread waits for the next one to be due.
    fn serve_more(&mut self) {
        if self.idle > 0 || self.threads >= THREADS {
            return;
        }
        let thread = std::thread::Builder::new().name("lithops-leases".to_owned());
        match thread.spawn(serve) {
            Ok(_) => self.threads += 1,
            // What is held is lost after its lease then, which its release tells.
            Err(error) => tracing::warn!(%error, "leases are renewed late: no thread"),
        }
    }

    fn again(&mut self, id: u64, after: impl FnOnce(Duration) -> Duration) {
        if let Some(renewal) = self.by_id.get_mut(&id) {
            renewal.due = Instant::now() + after(renewal.each);
            self.queue.insert((renewal.due, id));
        }
    }
}

/// Renews what is due. The thread ends with the process: it costs nothing while nobody holds anything.
fn serve() {
    let mut held = renewals();
    loop {
        let now = Instant::now();
        let Some((due, id)) = held.queue.first().copied() else {
            held.idle += 1;
            held = RENEWALS.1.wait(held).unwrap_or_else(PoisonError::into_inner);
            held.idle -= 1;
            continue;
        };
        if due > now {
            held.idle += 1;
            let waited = RENEWALS.1.wait_timeout(held, due - now);
            held = waited.unwrap_or_else(PoisonError::into_inner).0;
            held.idle -= 1;
            continue;
        }
        held.queue.pop_first();
        let Some(renew) = held.by_id.get(&id).map(|renewal| Arc::clone(&renewal.renew)) else {
            continue;
        };
        if !held.queue.is_empty() {
            held.serve_more();
            // It may wait for one that is due later than what this one has put there.
            RENEWALS.1.notify_one();
        }
        drop(held);
        let renewed = renew();
        held = renewals();
        match renewed {
            // What is lost stays lost, as its release will tell, unless it is a condition's lock,
            // which its holder gives up while it waits.
            Ok(_) => held.again(id, |each| each),
            Err(error) => {
                tracing::warn!(%error, "a lease could not be renewed");
                held.again(id, |each| (each / 4).min(Duration::from_secs(1)));
            }
        }
    }
}
