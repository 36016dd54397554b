//! Which process an executor is of, as its jobs' names tell it: so that nobody takes the objects of a
//! live client for left behind.

use std::collections::HashSet;
use std::fs;
use std::hash::{BuildHasher, RandomState};

/// Digits of a mark, and of the chance behind it.
const DIGITS: usize = 6;

/// A name that no other executor of the same storage is likely to have: the mark of this process,
/// then chance, which tells executors of one process apart, and copies of one machine.
pub(super) fn name() -> String {
    if let Some(name) = super::world::executor() {
        return name;
    }
    let seed = (std::process::id(), std::time::SystemTime::now());
    let chance = RandomState::new().hash_one(seed);
    // Without /proc there is no mark: a job's age alone tells whether it was left behind.
    let own = place().and_then(|place| mark(&place, std::process::id()));
    let own = own.unwrap_or_else(|| shown(RandomState::new().hash_one(chance)));
    format!("{own}{}", shown(chance))
}

/// The mark of this machine, as far as processes see each other on it; `None` without /proc.
pub(super) fn machine() -> Option<String> {
    place().map(|place| shown(u64::from(crc32fast::hash(place.as_bytes()))))
}

/// The marks of all processes that can be seen from here.
pub(super) fn living() -> HashSet<String> {
    let Some((place, processes)) = place().zip(fs::read_dir("/proc").ok()) else {
        return HashSet::new();
    };
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.filter_map(|process| mark(&place, process)).collect()
}

/// Whether a job of this name is of a process with one of these marks.
pub(super) fn is_of(job: &str, marks: &HashSet<String>) -> bool {
    job.get(..DIGITS).is_some_and(|mark| marks.contains(mark))
}

/// The boot of the machine, and the namespace that process numbers belong to.
fn place() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), namespace.display()))
}

/// The mark of a process: others have had its number, so that its beginning belongs to it.
fn mark(place: &str, process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold spaces and parentheses itself.
    let began = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?;
    let told = format!("{place} {process} {began}");
    Some(shown(u64::from(crc32fast::hash(told.as_bytes()))))
}

fn shown(bits: u64) -> String {
    format!("{:0DIGITS$x}", bits & 0xff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jobs_of_this_process_are_of_the_living() {
        let (first, second) = (name(), name());
        assert_eq!((first.len(), second.len()), (2 * DIGITS, 2 * DIGITS));
        assert_eq!(first[..DIGITS], second[..DIGITS]);
        assert_ne!(first, second);
        assert!(is_of(&format!("{first}-000"), &living()));
        assert!(!is_of("é", &living()) && !is_of("", &living()));
    }

    #[test]
    fn the_jobs_of_a_process_that_has_ended_are_not() -> std::io::Result<()> {
        let mut process = std::process::Command::new("sleep").arg("1000").spawn()?;
        let mark = place().and_then(|place| mark(&place, process.id()));
        let mark = mark.unwrap_or_default();
        let job = format!("{mark}000000-000");
        assert!(is_of(&job, &living()));
        process.kill()?;
        process.wait()?;
        assert!(!is_of(&job, &living()));
        Ok(())
    }
}
