//! What a worker is doing, where its parent can read it even after it was killed.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};

use lithops_core::ports::Running;
use memmap2::MmapRaw;

/// Bytes at the start of the file that holds a status.
pub const PAGE_SIZE: u64 = 4096;

const WORDS: usize = 8;
const RUNNING: usize = 0;
const CALL: usize = 1;
const ATTEMPT: usize = 2;
const STARTED_MS: usize = 3;
const STDERR_START: usize = 4;
const PEAK: usize = 5;

/// What a worker is doing: which call it runs, since when, with how much memory.
///
/// In a worker process the words lie in a file that it shares with its parent, so that the parent
/// knows which call killed it; a thread of the client has them on the heap.
#[derive(Debug)]
pub struct Status(Words);

#[derive(Debug)]
enum Words {
    Heap(Box<[AtomicU64; WORDS]>),
    Mapped(MmapRaw),
}

impl Status {
    /// A status that only this process sees.
    pub fn on_heap() -> Self {
        Self(Words::Heap(Box::default()))
    }

    /// The status in the first [`PAGE_SIZE`] bytes of `file`.
    ///
    /// # Errors
    /// If the file is too short or can't be mapped.
    pub fn in_file(file: &File) -> std::io::Result<Self> {
        let len = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
        if file.metadata()?.len() < PAGE_SIZE {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Self(Words::Mapped(memmap2::MmapOptions::new().len(len).map_raw(file)?)))
    }

    #[expect(unsafe_code, reason = "memory shared with another process can only be had by pointer")]
    fn word(&self, index: usize) -> &AtomicU64 {
        match &self.0 {
            Words::Heap(words) => &words[index],
            Words::Mapped(map) => {
                assert!(index < WORDS);
                // SAFETY: the mapping is a page long, begins at a page's start and lives as long as
                // `self`; every access to it, by either process, is atomic.
                unsafe { AtomicU64::from_ptr(map.as_mut_ptr().cast::<u64>().add(index)) }
            }
        }
    }

    /// Notes that a call begins.
    pub fn begin(&self, running: Running, now_ms: u64, stderr_start: u64) {
        self.word(CALL)
            .store(u64::from(running.ticket) << 32 | u64::from(running.index), Ordering::Relaxed);
        self.word(ATTEMPT).store(u64::from(running.attempt), Ordering::Relaxed);
        self.word(STARTED_MS).store(now_ms, Ordering::Relaxed);
        self.word(STDERR_START).store(stderr_start, Ordering::Relaxed);
        self.word(RUNNING).store(1, Ordering::Release);
    }

    /// Notes that it ended.
    pub fn end(&self) {
        self.word(RUNNING).store(0, Ordering::Release);
    }

    /// The call that runs, and when it began.
    pub fn running(&self) -> Option<(Running, u64)> {
        if self.word(RUNNING).load(Ordering::Acquire) == 0 {
            return None;
        }
        let call = self.word(CALL).load(Ordering::Relaxed);
        let attempt = self.word(ATTEMPT).load(Ordering::Relaxed) as u32;
        let running = Running { ticket: (call >> 32) as u32, index: call as u32, attempt };
        Some((running, self.word(STARTED_MS).load(Ordering::Relaxed)))
    }

    /// Where the call's part of standard error begins.
    pub fn stderr_start(&self) -> u64 {
        self.word(STDERR_START).load(Ordering::Relaxed)
    }

    /// Notes how much memory was seen in use.
    pub fn saw_memory(&self, bytes: u64) {
        self.word(PEAK).fetch_max(bytes, Ordering::Relaxed);
    }

    /// The most memory that was seen in use, in bytes.
    pub fn peak(&self) -> u64 {
        self.word(PEAK).load(Ordering::Relaxed)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_notes_the_other_reads() {
        let fd = rustix::fs::memfd_create("status", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        let file = File::from(fd);
        assert!(Status::in_file(&file).is_err());
        file.set_len(PAGE_SIZE).unwrap();
        let (ours, theirs) = (Status::in_file(&file).unwrap(), Status::in_file(&file).unwrap());
        let running = Running { ticket: 3, index: u32::MAX, attempt: 2 };
        ours.begin(running, 77, 5);
        ours.saw_memory(10);
        ours.saw_memory(4);
        assert_eq!(theirs.running(), Some((running, 77)));
        assert_eq!((theirs.stderr_start(), theirs.peak()), (5, 10));
        ours.end();
        assert_eq!(theirs.running(), None);
    }
}
