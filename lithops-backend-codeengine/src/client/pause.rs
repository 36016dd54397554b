//! How long to wait before a request is sent again.

use std::time::Duration;

use rand::Rng as _;
use tokio::time::Instant;

use crate::error::ApiError;

/// The longest pause before the second try.
const FIRST: Duration = Duration::from_millis(250);
/// The longest pause of all.
const LONGEST: Duration = Duration::from_secs(10);

/// The pauses between the tries of one request.
#[derive(Debug)]
pub(crate) struct Pauses {
    end: Instant,
    most: Duration,
}

impl Pauses {
    /// Pauses that are over at `end`.
    pub(crate) fn until(end: Instant) -> Self {
        Self { end, most: FIRST }
    }

    /// When they are over.
    pub(crate) fn end(&self) -> Instant {
        self.end
    }

    /// Waits after a try that failed; gives the error back if another is in vain or would come too
    /// late.
    ///
    /// Any pause up to the longest is as likely as another, so that clients that failed together
    /// don't come back together.
    pub(crate) async fn after(&mut self, error: ApiError) -> Result<(), ApiError> {
        if !error.is_retryable() {
            return Err(error);
        }
        let said = error.retry_after();
        let pause = said.unwrap_or_default().saturating_add(self.next());
        // A server may say a time that no clock has.
        if Instant::now().checked_add(pause).is_none_or(|then| then >= self.end) {
            return Err(error);
        }
        tracing::debug!(%error, ?pause, "a request is sent again");
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Waits for something that takes its time; gives whether there was time left.
    pub(crate) async fn patiently(&mut self) -> bool {
        let pause = self.next();
        let left = Instant::now() + pause < self.end;
        if left {
            tokio::time::sleep(pause).await;
        }
        left
    }

    fn next(&mut self) -> Duration {
        let most = self.most;
        self.most = (most * 2).min(LONGEST);
        most.mul_f64(rand::rng().random_range(0.0..=1.0))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::error::Refusal;

    fn refused(status: u16, retry_after: Option<u64>) -> ApiError {
        let retry_after = retry_after.map(Duration::from_secs);
        let (code, message, trace) = (String::new(), String::new(), None);
        ApiError::Refused(Refusal { operation: "ask", status, code, message, trace, retry_after })
    }

    fn bounded(seconds: u64) -> Pauses {
        Pauses::until(Instant::now() + Duration::from_secs(seconds))
    }

    #[tokio::test(start_paused = true)]
    async fn tries_end_when_their_time_is_over() {
        let mut pauses = bounded(60);
        let begun = Instant::now();
        let mut tries = 0;
        while pauses.after(refused(503, None)).await.is_ok() {
            tries += 1;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
        assert!(tries >= 8, "{tries}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_when_is_not_asked_before() {
        let begun = Instant::now();
        bounded(60).after(refused(429, Some(20))).await.unwrap();
        assert!(begun.elapsed() >= Duration::from_secs(20));
        // What it says is too late for this request.
        assert_eq!(
            bounded(10).after(refused(429, Some(20))).await.unwrap_err().status(),
            Some(429)
        );
        for never in [9_999_999_999_999_999_999, u64::MAX] {
            assert!(bounded(10).after(refused(429, Some(never))).await.is_err());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_for_good_is_not_waited_for() {
        let begun = Instant::now();
        assert_eq!(bounded(60).after(refused(403, None)).await.unwrap_err().status(), Some(403));
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[test]
    fn a_pause_is_never_longer_than_the_longest() {
        let mut pauses = Pauses { end: Instant::now(), most: FIRST };
        for _ in 0..100 {
            let most = pauses.most;
            assert!(pauses.next() <= most);
        }
        assert_eq!(pauses.most, LONGEST);
    }
}
