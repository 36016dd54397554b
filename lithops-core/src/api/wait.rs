//! Waiting for enough calls.

use std::future::Future;
use std::task::Poll;
use std::time::Duration;

use super::future::{CallFuture, CallState};

/// How many calls must have their outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Until {
    /// One of them.
    Any,
    /// All of them.
    All,
    /// This many, or all if there are fewer.
    Count(usize),
    /// This part of them, from 0 to 1, rounded up.
    Fraction(f64),
}

/// Which calls had their outcome when waiting ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitReport {
    /// Places of calls that have their outcome, in the order in which they got it.
    pub done: Vec<usize>,
    /// Places of calls that don't, ascending.
    pub pending: Vec<usize>,
}

impl Until {
    /// How many of `calls` calls that is.
    pub(super) fn count(self, calls: usize) -> usize {
        match self {
            Self::Any => 1.min(calls),
            Self::All => calls,
            Self::Count(count) => count.min(calls),
            Self::Fraction(part) => {
                ((part.clamp(0.0, 1.0) * calls as f64).ceil() as usize).min(calls)
            }
        }
    }
}

/// Waits until enough of `futures`, of one job or several, have their outcome, or `limit` is over.
///
/// The report's places are those in the slice; `done` is ascending here.
pub async fn wait<T>(
    futures: &[CallFuture<T>],
    until: Until,
    limit: Option<Duration>,
) -> WaitReport {
    let wanted = until.count(futures.len());
    let mut pending: Vec<usize> = (0..futures.len()).collect();
    let enough = std::future::poll_fn(|context| {
        // First ask to be woken, then look: what comes in between is not missed.
        let mut asked = Vec::new();
        for place in &pending {
            let job = futures[*place].job();
            if !asked.contains(&std::sync::Arc::as_ptr(job)) {
                asked.push(std::sync::Arc::as_ptr(job));
                job.poll_watch(context, |_| None::<()>);
            }
        }
        pending.retain(|place| futures[*place].state() == CallState::Pending);
        if futures.len() - pending.len() >= wanted { Poll::Ready(()) } else { Poll::Pending }
    });
    within(limit, enough).await;
    let is_pending = |place: &usize| futures[*place].state() == CallState::Pending;
    let (pending, done) = (0..futures.len()).partition(is_pending);
    WaitReport { done, pending }
}

/// Waits for `condition`, at most for `limit`.
///
/// The clock is the library's own runtime's, so that the caller needs none.
pub(super) async fn within(limit: Option<Duration>, condition: impl Future<Output = ()>) {
    let Some(limit) = limit else { return condition.await };
    let (over, mut wait) = tokio::sync::oneshot::channel::<()>();
    let timer = crate::run::runtime().spawn(async move {
        tokio::time::sleep(limit).await;
        drop(over);
    });
    let condition = std::pin::pin!(condition);
    futures::future::select(condition, &mut wait).await;
    timer.abort();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enough_is_counted_up_and_never_more_than_there_are() {
        assert_eq!(Until::Any.count(0), 0);
        assert_eq!(Until::Any.count(9), 1);
        assert_eq!(Until::Count(5).count(3), 3);
        assert_eq!(Until::Fraction(0.5).count(3), 2);
        assert_eq!(Until::Fraction(2.0).count(3), 3);
        assert_eq!(Until::All.count(3), 3);
    }
}
