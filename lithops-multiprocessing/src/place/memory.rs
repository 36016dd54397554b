//! Objects in the memory of this process.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use lithops_core::api::try_context;

use super::turn::{Step, Turn, Wake};
use crate::{MultiprocessingError, Result};

/// How long somebody waits before looking whether the object, and the call, are still there.
const ROUND: Duration = Duration::from_millis(200);

/// An object: its state, and who waits for a change.
#[derive(Debug)]
pub(crate) struct Cell<S> {
    state: Mutex<S>,
    changed: Condvar,
}

/// An object of any kind.
pub(crate) type Object = Arc<dyn Any + Send + Sync>;

/// All objects of this process that have an owner, by id.
static OBJECTS: LazyLock<Mutex<HashMap<String, Weak<dyn Any + Send + Sync>>>> =
    LazyLock::new(Mutex::default);

/// What tells this process from all others.
pub(crate) fn process() -> u64 {
    static PROCESS: LazyLock<u64> = LazyLock::new(rand::random);
    *PROCESS
}

static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

fn objects() -> MutexGuard<'static, HashMap<String, Weak<dyn Any + Send + Sync>>> {
    OBJECTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes an object; it lives as long as what this gives, and is found by its id meanwhile.
pub(crate) fn make<S: Send + 'static>(id: &str, state: S) -> Object {
    let object: Object = Arc::new(Cell { state: Mutex::new(state), changed: Condvar::new() });
    objects().insert(id.to_owned(), Arc::downgrade(&object));
    object
}

/// Takes an object out of the table, so that nobody finds it any more.
pub(crate) fn forget(id: &str) {
    objects().remove(id);
}

fn find<S: Send + 'static>(id: &str, what: &'static str) -> Result<Arc<Cell<S>>> {
    let object = objects().get(id).and_then(Weak::upgrade);
    let cell = object.and_then(|object| object.downcast::<Cell<S>>().ok());
    cell.ok_or(MultiprocessingError::Gone { what })
}

/// Looks at the state, again after each change, until the operation is done; `None` if that is not
/// before `deadline`.
pub(crate) fn turn<S: Send + 'static, T>(
    id: &str,
    what: &'static str,
    deadline: Option<Instant>,
    mut act: impl FnMut(&mut S, &mut Turn) -> Result<Step<T>>,
) -> Result<Option<T>> {
    let cell = find::<S>(id, what)?;
    let mut state = cell.state.lock().unwrap_or_else(PoisonError::into_inner);
    let mut looked = Instant::now();
    loop {
        let now = Instant::now();
        let left = deadline.map(|deadline| deadline.saturating_duration_since(now));
        let is_last = left.is_some_and(|left| left.is_zero());
        let millis = now.saturating_duration_since(*STARTED).as_millis();
        let now = u64::try_from(millis).unwrap_or(u64::MAX);
        let mut turn = Turn { now, lease_ms: None, is_last, wake: Wake::Nobody };
        let step = act(&mut state, &mut turn);
        if turn.wake != Wake::Nobody {
            cell.changed.notify_all();
        }
        match step? {
            Step::Done(value) => return Ok(Some(value)),
            Step::Wait if is_last => return Ok(None),
            Step::Wait => {}
        }
        let round = left.map_or(ROUND, |left| left.min(ROUND));
        let woken = cell.changed.wait_timeout(state, round);
        state = woken.unwrap_or_else(PoisonError::into_inner).0;
        // By the clock: others' changes may wake this one more often than each round.
        if looked.elapsed() >= ROUND {
            looked = Instant::now();
            if !objects().contains_key(id) {
                return Err(MultiprocessingError::Gone { what });
            }
            stopped()?;
        }
    }
}

/// Fails in a call that was told to stop: nobody can end its thread from outside.
pub(crate) fn stopped() -> Result<()> {
    match try_context() {
        Some(call) if call.is_cancelled() => Err(MultiprocessingError::Stopped),
        _ => Ok(()),
    }
}
