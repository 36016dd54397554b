//! What a function tells the simulation that runs it.

use std::cell::Cell;
use std::time::Duration;

/// What a call has told of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// How long it takes, if it has said so.
    pub(crate) takes: Option<Duration>,
    pub(crate) dies: bool,
}

thread_local! {
    static MANNER: Cell<Manner> = const { Cell::new(Manner { takes: None, dies: false }) };
}

/// Says that the call that runs takes so long, added to what it has said before; in simulated time,
/// and for nobody else. A call that says nothing takes a time drawn from [`Faults::call`](crate::Faults::call).
///
/// Elsewhere than in a simulation it does nothing.
pub fn take(time: Duration) {
    let manner = MANNER.get();
    let takes = Some(manner.takes.unwrap_or_default() + time);
    MANNER.set(Manner { takes, ..manner });
}

/// Says that the call that runs brings its worker down when its time is over, as one that calls
/// `abort` would. What the function does after it is lost.
///
/// Elsewhere than in a simulation it does nothing.
pub fn die() {
    MANNER.set(Manner { dies: true, ..MANNER.get() });
}

/// What has been told on this thread since this was asked last.
pub(crate) fn told() -> Manner {
    MANNER.take()
}
