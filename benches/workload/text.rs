//! A large text, always the same.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Writes lines of words, always the same; gives how many bytes and words there are.
pub(crate) fn write_text(file: &Path, size: usize) -> (usize, u64) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    let (mut written, mut words, mut state) = (0, 0, 1_u64);
    let mut line = String::new();
    while written < size {
        line.clear();
        for _ in 0..10 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            write!(line, "w{} ", (state >> 33) % 10_000).unwrap();
        }
        line.pop();
        line.push('\n');
        file.write_all(line.as_bytes()).unwrap();
        written += line.len();
        words += 10;
    }
    file.flush().unwrap();
    (written, words)
}
