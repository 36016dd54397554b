//! How much of the disk a journal takes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{JournalError, folder};

/// Jobs that are kept, the one that begins included.
const JOBS: usize = 100;
/// Bytes that they take together, as far as they have ended.
const BYTES: u64 = 256 << 20;
/// Bytes of the calls of one job; later ones are counted only.
pub(super) const CALLS_OF_A_JOB: u64 = 128 << 20;
/// Bytes of the logs of one job; later ones are left out.
pub(super) const LOGS_OF_A_JOB: u64 = 64 << 20;

/// Removes the oldest jobs that have ended, or were lost, until one more has room.
pub(super) fn make_room(folder: &Path) -> Result<(), JournalError> {
    let mut jobs = written(folder)?;
    jobs.sort_by_key(|job| std::cmp::Reverse(job.changed));
    let (mut kept, mut bytes) = (1, 0);
    for job in jobs {
        kept += 1;
        bytes += job.bytes;
        if (kept > JOBS || bytes > BYTES) && !job.is_live {
            bytes -= job.bytes;
            kept -= 1;
            for file in job.files {
                // Another client of the user makes room too.
                std::fs::remove_file(file).ok();
            }
        }
    }
    Ok(())
}

struct Written {
    files: [PathBuf; 3],
    bytes: u64,
    changed: SystemTime,
    is_live: bool,
}

fn written(folder: &Path) -> Result<Vec<Written>, JournalError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(JournalError::io(folder))? {
        let entry = entry.map_err(JournalError::io(folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(job) = name.strip_suffix(folder::CALLS) else { continue };
        let files =
            [folder::CALLS, folder::LOGS, folder::CANCEL].map(|end| folder::path(folder, job, end));
        // One that is gone meanwhile takes no room.
        let (Ok(about), Ok(file)) = (entry.metadata(), File::open(entry.path())) else { continue };
        let logs = std::fs::metadata(&files[1]).map_or(0, |logs| logs.len());
        found.push(Written {
            files,
            bytes: about.len() + logs,
            changed: about.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            is_live: folder::is_locked(&file).unwrap_or(true),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;

    fn names(folder: &Path) -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// A job that was last written so many seconds after the epoch.
    fn job(folder: &Path, name: &str, seconds: u64, bytes: u64) -> File {
        let file = folder::create(&folder::path(folder, name, folder::CALLS)).unwrap();
        file.set_len(bytes).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        file
    }

    #[test]
    fn the_oldest_jobs_that_ended_go_first_and_those_that_run_stay() {
        let folder = tempfile::tempdir().unwrap();
        let running = job(folder.path(), "running", 1, 10);
        running.lock().unwrap();
        for number in 0..JOBS as u64 {
            job(folder.path(), &format!("job-{number:03}"), 10 + number, 10);
        }
        std::fs::write(folder.path().join("job-000.logs"), "{}").unwrap();
        make_room(folder.path()).unwrap();
        let names = names(folder.path());
        // With the one that begins there are a hundred, and the one that runs.
        assert_eq!(names.len(), JOBS);
        assert!(names.contains("running.jsonl") && names.contains("job-099.jsonl"));
        assert!(!names.contains("job-000.jsonl") && !names.contains("job-000.logs"));
        assert!(names.contains("job-001.jsonl"));
    }

    #[test]
    fn jobs_take_no_more_than_the_bytes_they_may() {
        let folder = tempfile::tempdir().unwrap();
        job(folder.path(), "old", 1, 10);
        job(folder.path(), "large", 2, BYTES - 5);
        job(folder.path(), "new", 3, 5);
        make_room(folder.path()).unwrap();
        assert_eq!(
            names(folder.path()),
            BTreeSet::from(["large", "new"].map(|n| format!("{n}.jsonl")))
        );
    }
}
