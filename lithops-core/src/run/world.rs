//! What stands for the world around the library on one thread: a runtime, a clock, and chance.

use std::cell::RefCell;
use std::time::SystemTime;

use tokio::runtime::Handle;
use tokio::time::Instant;

/// A runtime, a clock of the wall and names in place of those of the process: what a simulation runs
/// engines in.
///
/// The clock goes as the runtime's does, which may be paused. Names of executors, which are chance
/// elsewhere, are counted.
#[derive(Debug)]
pub struct World {
    runtime: Handle,
    /// What the wall's clock showed at an instant of the runtime's.
    clock: (SystemTime, Instant),
    /// Before the executor's own number in its name.
    place: u32,
    executors: u32,
}

/// Keeps a [`World`] on its thread until it is dropped.
#[derive(Debug)]
#[must_use = "the world ends when this is dropped"]
pub struct InWorld(());

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

impl World {
    /// A world on `runtime`, in which it is `now`; executors are named after `place`.
    ///
    /// # Panics
    /// If `runtime` has no clock.
    pub fn new(runtime: Handle, now: SystemTime, place: u32) -> Self {
        let begun = {
            let _entered = runtime.enter();
            Instant::now()
        };
        Self { runtime, clock: (now, begun), place, executors: 0 }
    }

    /// Makes this the world of the current thread, on which all engines, their backends and their
    /// storages must then live: what they do behind the caller's back is done on its runtime. Other
    /// threads see nothing of it.
    pub fn enter(self) -> InWorld {
        WORLD.set(Some(self));
        InWorld(())
    }
}

impl Drop for InWorld {
    fn drop(&mut self) {
        WORLD.set(None);
    }
}

/// Looks into the world of this thread; `None` in the real one.
fn look<T>(look: impl FnOnce(&mut World) -> T) -> Option<T> {
    // A thread that ends has left every world.
    let seen = WORLD.try_with(|world| world.borrow_mut().as_mut().map(look));
    seen.ok().flatten()
}

/// The runtime of this thread's world.
pub(super) fn runtime() -> Option<Handle> {
    look(|world| world.runtime.clone())
}

/// The name of a new executor of this thread's world.
pub(super) fn executor() -> Option<String> {
    look(|world| {
        world.executors += 1;
        format!("{:06x}{:06x}", world.place & 0xff_ffff, world.executors)
    })
}

/// What the clock of the wall shows.
pub fn now() -> SystemTime {
    look(|world| world.clock.0 + world.clock.1.elapsed()).unwrap_or_else(SystemTime::now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_world_has_a_clock_and_names_of_its_own_on_one_thread() -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let begun = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let within = World::new(runtime.handle().clone(), begun, 0xab).enter();
        let name = || crate::run::mark::name();
        assert_eq!([name(), name()], ["0000ab000001", "0000ab000002"]);
        assert!(now().duration_since(begun).is_ok_and(|since| since < Duration::from_secs(60)));
        assert_eq!(super::runtime().map(|handle| handle.id()), Some(runtime.handle().id()));
        let elsewhere = std::thread::spawn(|| super::runtime().is_none()).join();
        assert!(elsewhere.is_ok_and(|real| real));
        drop(within);
        assert!(super::runtime().is_none() && name() != "0000ab000003");
        Ok(())
    }
}
