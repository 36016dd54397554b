//! Instances that start as late as those of a cloud.

mod delays;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use rand::rngs::StdRng;

use super::{Instance, InstanceSpec, Platform, StartFailure};
use crate::Clock;

pub use delays::{BadDelays, StartDelays};

/// Starts instances somewhere else, after a delay drawn for each.
///
/// The draws are those of the seed, in the order in which instances ask for them.
#[derive(Debug)]
pub struct Replay {
    inner: Arc<dyn Platform>,
    delays: StartDelays,
    /// How long an image takes that no instance has had yet.
    pull: Duration,
    clock: Clock,
    chance: Mutex<StdRng>,
    /// When each image is there.
    images: Mutex<HashMap<String, SystemTime>>,
}

impl Replay {
    /// Delays what `inner` starts, by `clock`. The first instances of an image wait for `pull` in
    /// addition: from when the first of them asked, the image is being pulled.
    pub fn new(
        inner: Arc<dyn Platform>,
        delays: StartDelays,
        pull: Duration,
        clock: Clock,
        seed: u64,
    ) -> Self {
        let chance = Mutex::new(delays::chance(seed));
        Self { inner, delays, pull, clock, chance, images: Mutex::default() }
    }

    fn ready(&self, image: &str) -> SystemTime {
        let now = self.clock.now();
        let delay = {
            let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
            self.delays.draw(&mut *chance)
        };
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let pulled = *images.entry(image.to_owned()).or_insert(now + self.pull);
        now.max(pulled) + delay
    }
}

#[async_trait]
impl Platform for Replay {
    async fn start(&self, spec: InstanceSpec) -> Result<Box<dyn Instance>, StartFailure> {
        self.clock.reach(self.ready(&spec.image)).await;
        self.inner.start(spec).await
    }

    async fn shutdown(&self) {
        self.inner.shutdown().await;
    }
}
