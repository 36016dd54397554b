//! What a call writes to the process's standard streams.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use lithops_core::wire::Logs;
use rustix::fs::SeekFrom;

/// The most bytes of one stream that are kept with a call.
const KEPT: u64 = 64 * 1024;

/// A stream that is longer than this is emptied once its text is taken: it lies in memory.
const LONG: u64 = 4 << 20;

/// Cuts the process's standard streams into calls.
///
/// Both are files without a name that the parent holds too, so that nothing is lost when the process
/// is killed, and what C code writes is there as well. As one call runs at a time, what was added
/// while it ran is its own.
#[derive(Debug)]
pub(crate) struct OutputCapture {
    stdout: Stream,
    stderr: Stream,
}

#[derive(Debug)]
struct Stream {
    file: File,
    seen: u64,
    /// Where the text begins: standard output has the worker's status before it.
    first: u64,
}

impl OutputCapture {
    /// Follows the process's standard streams from here on.
    ///
    /// # Errors
    /// If they are no files.
    pub(crate) fn of_process() -> std::io::Result<Self> {
        Ok(Self {
            stdout: Stream::follow(std::io::stdout().as_fd().try_clone_to_owned()?.into())?,
            stderr: Stream::follow(std::io::stderr().as_fd().try_clone_to_owned()?.into())?,
        })
    }

    /// Where the next byte of standard error will stand.
    pub(crate) fn stderr_end(&self) -> u64 {
        self.stderr.seen
    }

    /// What was written since the last time; `None` if nothing.
    pub(crate) fn take(&mut self) -> Option<Box<Logs>> {
        // What can't be flushed can't be kept either.
        std::io::stdout().flush().ok();
        let (stdout, out_omitted) = self.stdout.take();
        let (stderr, err_omitted) = self.stderr.take();
        if stdout.is_empty() && stderr.is_empty() {
            return None;
        }
        Some(Box::new(Logs { stdout, stderr, omitted: out_omitted + err_omitted }))
    }
}

impl Stream {
    fn follow(file: File) -> std::io::Result<Self> {
        let seen = file.metadata()?.len();
        Ok(Self { file, seen, first: seen })
    }

    fn take(&mut self) -> (String, u64) {
        // A third of the time of `fstat`; where the cursor stands is of no account, because writes
        // append.
        let end = rustix::fs::seek(&self.file, SeekFrom::End(0)).unwrap_or(self.seen);
        if end <= self.seen {
            return (String::new(), 0);
        }
        let text = tail(&self.file, self.seen, end, KEPT);
        let omitted = (end - self.seen).saturating_sub(KEPT);
        self.seen = if end > LONG && rustix::fs::ftruncate(&self.file, self.first).is_ok() {
            self.first
        } else {
            end
        };
        (text, omitted)
    }
}

/// The end of what stands from `start` to `end` in a worker's stream: at most `most` bytes, as text.
pub fn tail(stream: &File, start: u64, end: u64, most: u64) -> String {
    let start = start.min(end).max(end.saturating_sub(most));
    let mut bytes = vec![0; (end - start) as usize];
    let read = stream.read_at(&mut bytes, start).unwrap_or(0);
    bytes.truncate(read);
    String::from_utf8_lossy(&bytes).into_owned()
}
