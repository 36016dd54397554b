//! Whose something on a platform is, and whether its owner still lives.

use std::fs;

/// A client's process that has something on a platform: told apart from others of its number by when
/// it began, and from those of other machines and namespaces by where.
///
/// Its text stands with what it has, so that what a dead client left behind is found.
///
/// ```
/// use lithops_worker::Owner;
///
/// let owner = Owner::current()?;
/// assert!(!owner.is_leftover(&owner.to_text()));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The boot of the machine, and the namespace that process numbers belong to.
    place: String,
    process: u32,
    /// In ticks since the boot.
    began: u64,
}

impl Owner {
    /// This process.
    ///
    /// # Errors
    /// If `/proc` can't be read.
    pub fn current() -> std::io::Result<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
        let namespace = fs::read_link("/proc/self/ns/pid")?;
        let process = std::process::id();
        let missing = || std::io::Error::from(std::io::ErrorKind::InvalidData);
        let began = began(process).ok_or_else(missing)?;
        Ok(Self { place: format!("{}/{}", boot.trim(), namespace.display()), process, began })
    }

    /// Who it is, as text without line breaks.
    pub fn to_text(&self) -> String {
        format!("{} {} {}", self.place, self.process, self.began)
    }

    /// Whether what has this text was left behind by a dead process. One of another machine or
    /// namespace can't be judged from here, so it was not.
    pub fn is_leftover(&self, text: &str) -> bool {
        let mut parts = text.split(' ');
        let (Some(place), Some(process), Some(start)) = (parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let (Ok(process), Ok(start)) = (process.parse::<u32>(), start.parse::<u64>()) else {
            return false;
        };
        place == self.place && is_dead(process, start)
    }

    /// Whether what has this text is of a process that can be judged from here.
    pub fn is_neighbour(&self, text: &str) -> bool {
        text.split(' ').next().is_some_and(|place| place == self.place)
    }
}

/// Whether the process that began then is dead. One that can't be looked at is not known to be.
fn is_dead(process: u32, start: u64) -> bool {
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
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_dead_process_of_this_place_has_left_is_a_leftover() {
        let owner = Owner::current().unwrap();
        assert!(!owner.is_leftover(&owner.to_text()));
        let dead = format!("{} {} {}", owner.place, owner.process, owner.began + 1);
        assert!(owner.is_leftover(&dead));
        let elsewhere = format!("other/pid:[1] {} {}", owner.process, owner.began + 1);
        assert!(!owner.is_leftover(&elsewhere));
        assert!(owner.is_neighbour(&dead) && !owner.is_neighbour(&elsewhere));
        assert!(!owner.is_leftover("rubbish"));
    }

    #[test]
    fn a_process_that_was_reaped_is_dead() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let start = began(child.id()).unwrap();
        child.wait().unwrap();
        let owner = Owner::current().unwrap();
        assert!(owner.is_leftover(&format!("{} {} {start}", owner.place, child.id())));
    }
}
