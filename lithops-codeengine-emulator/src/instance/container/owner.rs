//! Whose a container is, and whether its owner still lives.

use std::fs;
use std::io;

/// A process that has containers: told apart from others of its number by when it began, and from
/// those of other machines and namespaces by where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// The boot of the machine, and the namespace that process numbers belong to.
    place: String,
    process: u32,
    /// In ticks since the boot.
    began: u64,
}

impl Owner {
    /// This process.
    pub(super) fn current() -> io::Result<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
        let namespace = fs::read_link("/proc/self/ns/pid")?;
        let namespace: String =
            namespace.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
        let process = std::process::id();
        let began = began(process).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        Ok(Self { place: format!("{}.{namespace}", boot.trim()), process, began })
    }

    /// The label of the containers of one of its emulators.
    pub(super) fn label(&self, emulator: u64) -> String {
        format!("{}.{}.{}.{emulator}", self.place, self.process, self.began)
    }

    /// Whether a container with this label was left behind by a dead process. One of another machine
    /// or namespace can't be judged from here, so it was not.
    pub(super) fn is_leftover(&self, label: &str) -> bool {
        let Some(rest) = label.strip_prefix(&self.place) else { return false };
        let mut numbers = rest.split('.').skip(1).map(str::parse);
        let (Some(Ok(process)), Some(Ok(start))) = (numbers.next(), numbers.next()) else {
            return false;
        };
        is_dead(process, start)
    }
}

/// Whether the process that began then is dead. One that can't be looked at is not known to be.
fn is_dead(process: u64, start: u64) -> bool {
    let Ok(process) = u32::try_from(process) else { return false };
    match began(process) {
        Some(began) => began != start,
        None => rustix::process::Pid::from_raw(process.cast_signed()).is_some_and(|process| {
            rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH)
        }),
    }
}

/// When a process began; `None` if there is none of this number, or it is hidden from this user.
fn began(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold spaces and parentheses itself.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_dead_process_of_this_place_has_left_is_a_leftover() {
        let owner = Owner::current().unwrap();
        assert!(!owner.is_leftover(&owner.label(3)));
        let dead = Owner { began: owner.began + 1, ..owner.clone() };
        assert!(owner.is_leftover(&dead.label(0)));
        let elsewhere = Owner { place: "other.1".to_owned(), ..dead };
        assert!(!owner.is_leftover(&elsewhere.label(0)));
        assert!(!owner.is_leftover("rubbish"));
    }
}
