//! What has happened in a simulation, one line each.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};
use std::time::Duration;

/// As many lines are kept; of those before them only the digest tells.
const KEPT: usize = 4096;

/// What has happened in a simulation, one line each.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    lines: VecDeque<String>,
    noted: usize,
    digest: Digest,
}

#[derive(Clone, Default)]
struct Digest(DefaultHasher);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0.finish())
    }
}

impl EventLog {
    pub(crate) fn note(&mut self, at: Duration, what: fmt::Arguments<'_>) {
        let mut line = String::with_capacity(64);
        // Writing to a string can't fail.
        write!(line, "{:>10.3} s  {what}", at.as_secs_f64()).ok();
        self.digest.0.write(line.as_bytes());
        self.noted += 1;
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// A number that is another for another log, lines that were not kept included. The same seed
    /// gives the same one in the same build.
    pub fn digest(&self) -> u64 {
        self.digest.0.finish()
    }

    /// How many events there were.
    pub fn len(&self) -> usize {
        self.noted
    }

    /// Whether nothing has happened.
    pub fn is_empty(&self) -> bool {
        self.noted == 0
    }

    /// The last events, `lines` at most; no more than 4096 are kept.
    pub fn tail(&self, lines: usize) -> String {
        let first = self.lines.len().saturating_sub(lines);
        self.lines.iter().skip(first).fold(String::new(), |text, line| text + line + "\n")
    }
}
