//! The time of an emulator, which can be put forward.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

/// The machine's time, plus what it was put forward by. Clones are one clock.
///
/// What takes days in the cloud is over at once for those who wait by this clock:
///
/// ```
/// use std::time::Duration;
///
/// use lithops_codeengine_emulator::Clock;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let clock = Clock::default();
/// let week = clock.now() + Duration::from_secs(7 * 24 * 3600);
/// let waiting = tokio::spawn({
///     let clock = clock.clone();
///     async move { clock.reach(week).await }
/// });
/// clock.advance(Duration::from_secs(7 * 24 * 3600));
/// waiting.await.unwrap();
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Clock {
    /// How far the clock was put forward.
    ahead: Arc<watch::Sender<Duration>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { ahead: Arc::new(watch::Sender::new(Duration::ZERO)) }
    }
}

impl Clock {
    /// The time.
    pub fn now(&self) -> SystemTime {
        SystemTime::now() + *self.ahead.borrow()
    }

    /// Puts the clock forward, and wakes those whose time has come.
    pub fn advance(&self, by: Duration) {
        self.ahead.send_modify(|ahead| *ahead += by);
    }

    /// Waits until it is `time`. Must be called within a tokio runtime.
    pub async fn reach(&self, time: SystemTime) {
        let mut ahead = self.ahead.subscribe();
        loop {
            let now = SystemTime::now() + *ahead.borrow_and_update();
            let Ok(left) = time.duration_since(now) else { return };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                // Can't fail: `self` holds the sender.
                _ = ahead.changed() => {}
            }
        }
    }

    /// Waits for a while by this clock. Must be called within a tokio runtime.
    pub async fn sleep(&self, duration: Duration) {
        self.reach(self.now() + duration).await;
    }
}

/// A time as Code Engine writes it: RFC 3339 in UTC, whole seconds.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_663_868_400_900);
/// assert_eq!(lithops_codeengine_emulator::timestamp(time), "2022-09-22T17:40:00Z");
/// ```
pub fn timestamp(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
