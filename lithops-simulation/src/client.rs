//! A client's side of the ports: what it asks goes through here, until it is killed.

mod backend;
mod storage;

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

pub(crate) use backend::ClientBackend;
pub(crate) use storage::ClientStorage;

use crate::scene::Scene;

/// Whether a client lives. Of one that was killed nothing gets out any more, and nothing gets in: to
/// all others it is as if its process had ended.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    scene: Arc<Scene>,
    killed: Arc<AtomicBool>,
}

impl Client {
    pub(crate) fn new(scene: Arc<Scene>) -> Self {
        Self { scene, killed: Arc::default() }
    }

    pub(crate) fn scene(&self) -> &Arc<Scene> {
        &self.scene
    }

    pub(crate) fn kill(&self) {
        self.killed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.killed.load(Ordering::Relaxed)
    }

    /// Asks something of the simulated world; never ends once the client was killed, and what had been
    /// asked by then may have been done or not.
    async fn ask<F: Future>(&self, request: F) -> F::Output {
        let mut request = Some(Box::pin(request));
        poll_fn(|context| {
            if self.is_killed() {
                request = None;
            }
            match &mut request {
                Some(request) => self.scene.simulated(|| request.as_mut().poll(context)),
                None => Poll::Pending,
            }
        })
        .await
    }
}
