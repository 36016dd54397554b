//! How a job is reached, and how it is let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::clean::remove_from;
use super::storage::{self, Order};
use crate::ports::{StorageBackend, StorageError};
use crate::wire::{JobId, keys};

/// How a job is reached.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) ticket: u32,
    pub(super) driver: Option<Drive>,
    pub(super) leaves_objects: bool,
    pub(super) since: Instant,
}

/// How the driver of a job through storage is reached.
#[derive(Debug)]
pub(super) struct Drive {
    pub(super) orders: mpsc::UnboundedSender<Order>,
    /// How many waves of the job it knows of.
    pub(super) waves: Arc<AtomicU32>,
}

impl Drive {
    pub(super) fn send(&self, order: Order) {
        // It may have ended: then the job needs no order.
        self.orders.send(order).ok();
    }
}

/// Stops a job's driver and removes what the job made.
pub(super) async fn clean_up(storage: &Arc<dyn StorageBackend>, job: &JobId, route: Route) {
    let mut known = None;
    if let Some(driver) = route.driver {
        // An outcome written after the deletion would stay: first the workers have to have ended,
        // which the driver sees to.
        driver.send(Order::Cancel);
        driver.orders.closed().await;
        known = Some(driver.waves.load(Ordering::Relaxed));
    }
    if route.leaves_objects
        && let Err(error) = remove(storage.as_ref(), job, known).await
    {
        tracing::warn!(%job, %error, "what the job made could not be removed; its prefix can be deleted by hand");
    }
}

/// Removes a job's objects, unless a client has taken the job up from one that knows of `known` waves.
async fn remove(
    storage: &dyn StorageBackend,
    job: &JobId,
    known: Option<u32>,
) -> Result<(), StorageError> {
    let prefix = keys::job(job);
    let page = storage.list(&prefix, None).await?;
    if let Some(known) = known {
        let is_foreign = |key: &str| keys::parse_wave(key).is_some_and(|wave| wave >= known);
        let taken_up = if page.more {
            storage::has_waves_from(storage, job, known).await?
        } else {
            page.objects.iter().any(|object| is_foreign(&object.key))
        };
        if taken_up {
            tracing::info!(%job, "its objects are left to the client that has taken it up");
            return Ok(());
        }
    }
    remove_from(storage, &prefix, page).await.map(drop)
}
