//! What instances print.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many bytes are kept of an index.
const KEPT: usize = 256 * 1024;

/// What the instances of one index have printed; of much, the end. Clones are one log.
#[derive(Clone, Debug, Default)]
pub struct Log {
    kept: Arc<Mutex<VecDeque<u8>>>,
}

impl Log {
    /// Adds what was printed.
    pub fn append(&self, bytes: &[u8]) {
        let mut kept = self.lock();
        let bytes = &bytes[bytes.len().saturating_sub(KEPT)..];
        let long = (kept.len() + bytes.len()).saturating_sub(KEPT);
        kept.drain(..long);
        kept.extend(bytes);
    }

    /// Adds a line of the emulator's own.
    pub fn note(&self, line: &str) {
        self.append(format!("[emulator] {line}\n").as_bytes());
    }

    /// What is kept, with a mark for each byte that is no text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.lock().make_contiguous()).into_owned()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<u8>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_much_output_the_end_is_kept() {
        let log = Log::default();
        log.append(b"first");
        log.append(&vec![b'x'; KEPT]);
        log.append(b"last");
        let text = log.text();
        assert_eq!(text.len(), KEPT);
        assert!(text.starts_with('x') && text.ends_with("xlast"));
    }
}
