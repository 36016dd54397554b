//! One agent that is there or on its way, and how many workers it has.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lithops_agents::Agent;
use lithops_core::ports::{ComputeError, ComputeErrorKind};
use tokio::sync::watch;

use crate::backend::START;
use crate::refused::error;

/// A place for workers.
#[derive(Debug)]
pub(super) struct Place {
    /// How much memory each of its workers may take, if their jobs say so.
    pub(super) memory: Option<u64>,
    taken: Mutex<usize>,
    state: watch::Sender<State>,
}

/// How far an agent is.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Nobody has been asked for it.
    Wanted,
    /// It is to be a task of an array job.
    Submitted { array: u64, task: u32 },
    /// It is there.
    Here(Arc<Agent>),
    /// There will be none.
    Failed(Failed),
}

/// Why there is no agent.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) kind: ComputeErrorKind,
    pub(super) message: String,
    /// Whether another may be had.
    pub(super) passes: bool,
}

impl Failed {
    /// The same as an error of the backend.
    pub(super) fn error(&self) -> ComputeError {
        error(self.kind, START, self.message.clone())
    }
}

impl Place {
    pub(super) fn new(memory: Option<u64>) -> Self {
        Self { memory, taken: Mutex::default(), state: watch::Sender::new(State::Wanted) }
    }

    fn count(&self) -> MutexGuard<'_, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many workers it has, those on their way included.
    pub(super) fn taken(&self) -> usize {
        *self.count()
    }

    pub(super) fn take(&self) {
        *self.count() += 1;
    }

    pub(super) fn give_back(&self) {
        *self.count() -= 1;
    }

    /// Goes on to a state, unless it has failed or was given up before; says whether it did.
    pub(super) fn advance(&self, to: State) -> bool {
        self.state.send_if_modified(|state| {
            let open = matches!(state, State::Wanted | State::Submitted { .. });
            if open {
                *state = to;
            }
            open
        })
    }

    pub(super) fn fail(&self, failed: Failed) {
        self.advance(State::Failed(failed));
    }

    /// Gives it up: nobody wants it. Gives how far it was; from then on nothing goes on with it.
    pub(super) fn forget(&self) -> State {
        let (kind, message) = (ComputeErrorKind::Start, "it is not wanted any more".to_owned());
        self.state.send_replace(State::Failed(Failed { kind, message, passes: true }))
    }

    /// Whether no worker can be started there any more.
    pub(super) fn is_over(&self) -> bool {
        match &*self.state.borrow() {
            State::Here(agent) => agent.gone().is_some(),
            State::Failed(_) => true,
            State::Wanted | State::Submitted { .. } => false,
        }
    }

    /// Whether it is still waited for.
    pub(super) fn is_awaited(&self) -> bool {
        matches!(&*self.state.borrow(), State::Submitted { .. })
    }

    /// Waits until it has failed, or was given up.
    pub(super) async fn failed(&self) {
        let mut state = self.state.subscribe();
        // The sender is in this value.
        state.wait_for(|state| matches!(state, State::Failed(_))).await.ok();
    }

    /// Waits for the agent, for as long as Slurm takes to find room for it.
    pub(super) async fn agent(&self) -> Result<Arc<Agent>, Failed> {
        let mut state = self.state.subscribe();
        let decided = |state: &State| matches!(state, State::Here(_) | State::Failed(_));
        match state.wait_for(decided).await.as_deref() {
            Ok(State::Here(agent)) => Ok(Arc::clone(agent)),
            Ok(State::Failed(failed)) => Err(failed.clone()),
            Ok(State::Wanted | State::Submitted { .. }) | Err(_) => Err(Failed {
                kind: ComputeErrorKind::Start,
                message: "nobody waits for it any more".to_owned(),
                passes: false,
            }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_is_told_why_there_is_no_agent_and_the_first_word_holds() {
        let place = Place::new(None);
        assert!(place.advance(State::Submitted { array: 1, task: 0 }));
        assert!(place.is_awaited());
        let failed = |message: &str, passes| Failed {
            kind: ComputeErrorKind::Quota,
            message: message.to_owned(),
            passes,
        };
        place.fail(failed("no room", true));
        place.fail(failed("later", false));
        let refused = place.agent().await.unwrap_err();
        assert_eq!((refused.error().kind, refused.passes), (ComputeErrorKind::Quota, true));
        assert_eq!(refused.error().message, "no room");
        assert!(place.is_over());
        assert!(!place.advance(State::Submitted { array: 2, task: 0 }));
    }

    #[test]
    fn room_is_counted() {
        let place = Place::new(None);
        place.take();
        place.take();
        place.give_back();
        assert_eq!(place.taken(), 1);
    }
}
