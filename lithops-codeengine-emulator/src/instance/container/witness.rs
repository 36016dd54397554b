//! The kernel's word on who was killed for want of memory.

use std::fs;

use super::super::End;

/// What containers have that were killed: 128 and the number of the signal.
const KILLED: i32 = 137;

/// Knows how many processes the kernel had killed for want of memory when a container started.
///
/// An engine hears of a want of memory and of the end by different ways, and the first is lost if the
/// container's control group is gone by then. So a container that was killed by nobody known, while
/// the kernel killed some process of the machine, is taken for that.
#[derive(Debug)]
pub(super) struct Witness {
    before: Option<u64>,
}

impl Witness {
    /// Sees nothing if the containers are on another machine.
    pub(super) fn new(same_machine: bool) -> Self {
        Self { before: same_machine.then(kills).flatten() }
    }

    /// An end that nobody asked for, as it was.
    pub(super) fn judge(&self, end: End) -> End {
        let more = self.before.is_some_and(|before| kills().is_some_and(|now| now > before));
        if end == End::Exited(KILLED) && more { End::OutOfMemory } else { end }
    }
}

/// How many processes of this machine were killed for want of memory since its start. `None` where
/// the kernel does not count them.
fn kills() -> Option<u64> {
    // A machine without this file has no such kernel.
    let counters = fs::read_to_string("/proc/vmstat").ok()?;
    counters.lines().find_map(|line| line.strip_prefix("oom_kill "))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_kill_can_be_for_want_of_memory_and_only_if_there_was_one() {
        let now = kills();
        assert!(now.is_some());
        let after_one = Witness { before: now.and_then(|now| now.checked_sub(1)) };
        if after_one.before.is_some() {
            assert_eq!(after_one.judge(End::Exited(KILLED)), End::OutOfMemory);
            assert_eq!(after_one.judge(End::Exited(1)), End::Exited(1));
        }
        for blind in [Witness::new(false), Witness { before: Some(u64::MAX) }] {
            assert_eq!(blind.judge(End::Exited(KILLED)), End::Exited(KILLED));
        }
    }
}
