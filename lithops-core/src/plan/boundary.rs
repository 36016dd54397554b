//! Where the first record begins at or after a place.

use crate::wire::Records;

use super::Automaton;

/// Looks for the first record that begins at or after a place, in bytes fed piece by piece.
///
/// The answer depends on the object and the place alone, so that one part's end is the next one's
/// beginning.
#[derive(Debug)]
pub struct Boundary {
    rule: Rule,
    at: u64,
    from: u64,
    /// Where the next bytes fed stand.
    position: u64,
}

#[derive(Debug)]
enum Rule {
    /// The place itself.
    Found(u64),
    /// After a delimiter, of which `seen` was fed last.
    After { delimiter: Vec<u8>, seen: Vec<u8> },
    /// Where an automaton says so.
    Automaton { automaton: Automaton, state: u32 },
    /// At a line that begins with this byte.
    Line { first: u8, at_line: bool },
    /// At a line that begins with `@`, two lines before one that begins with `+`: a line of
    /// qualities may begin with `@`, but is never followed so.
    Fastq { at_line: bool, lines: Vec<(u64, bool)> },
}

impl Boundary {
    /// Prepares the search from `at`; `state` is the automaton's there, for formats that have one.
    pub fn new(records: &Records, at: u64, state: u32) -> Self {
        let from = at.saturating_sub(look_behind(records));
        let rule = match (records, Automaton::of(records)) {
            _ if at == 0 => Rule::Found(0),
            (_, Some(_)) if Automaton::begins_record(state) => Rule::Found(at),
            (_, Some(automaton)) => Rule::Automaton { automaton, state },
            (Records::Fixed(size), _) => Rule::Found(at.div_ceil(*size).saturating_mul(*size)),
            (Records::Lines, _) => Rule::After { delimiter: vec![b'\n'], seen: Vec::new() },
            (Records::Delimited(delimiter), _) if !delimiter.is_empty() => {
                Rule::After { delimiter: delimiter.clone(), seen: Vec::new() }
            }
            (Records::Fasta, _) => Rule::Line { first: b'>', at_line: false },
            (Records::Fastq, _) => Rule::Fastq { at_line: false, lines: Vec::new() },
            _ => Rule::Found(at),
        };
        Self { rule, at, from, position: from }
    }

    /// Where the bytes to be fed begin; nothing need be fed if the answer is known already.
    pub fn from(&self) -> u64 {
        self.from
    }

    /// The answer, if it is known.
    pub fn found(&self) -> Option<u64> {
        match self.rule {
            Rule::Found(at) => Some(at),
            _ => None,
        }
    }

    /// Up to where it is certain that no record begins.
    pub fn certain(&self) -> u64 {
        match &self.rule {
            Rule::Found(at) => *at,
            Rule::Fastq { lines, .. } => {
                lines.iter().find(|(_, is_header)| *is_header).map_or(self.position, |(at, _)| *at)
            }
            // What follows the last byte fed may be a record already.
            _ => self.position.max(self.at),
        }
    }

    /// Takes the next bytes, and tells the answer as soon as they show it.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<u64> {
        let (at, position) = (self.at, self.position);
        let found = match &mut self.rule {
            Rule::Found(at) => Some(*at),
            Rule::After { delimiter, seen } => after(delimiter, seen, bytes, position, at),
            Rule::Automaton { automaton, state } => match automaton.find(*state, bytes) {
                Ok(count) => Some(position + count as u64),
                Err(next) => {
                    *state = next;
                    None
                }
            },
            Rule::Line { first, at_line } => line(*first, at_line, bytes, position, at),
            Rule::Fastq { at_line, lines } => fastq(at_line, lines, bytes, position, at),
        };
        self.position += bytes.len() as u64;
        if let Some(found) = found {
            self.rule = Rule::Found(found);
        }
        found
    }
}

/// How many bytes before a place tell whether a record begins there.
fn look_behind(records: &Records) -> u64 {
    match records {
        Records::Lines | Records::Fasta | Records::Fastq => 1,
        Records::Delimited(delimiter) if Automaton::of(records).is_none() => delimiter.len() as u64,
        _ => 0,
    }
}

fn after(
    delimiter: &[u8],
    seen: &mut Vec<u8>,
    bytes: &[u8],
    position: u64,
    at: u64,
) -> Option<u64> {
    // A delimiter may lie across two pieces: look at the seam first.
    let seam = bytes.len().min(delimiter.len() - 1);
    let kept = seen.len();
    seen.extend_from_slice(&bytes[..seam]);
    let before = position - kept as u64;
    let ends = |found: usize, from: u64| from + (found + delimiter.len()) as u64;
    let found = memchr::memmem::find_iter(seen, delimiter).map(|found| ends(found, before));
    let found = found.into_iter().find(|end| *end >= at).or_else(|| {
        let inside = memchr::memmem::find_iter(bytes, delimiter);
        inside.map(|found| ends(found, position)).find(|end| *end >= at)
    });
    if found.is_none() {
        let keep = delimiter.len() - 1;
        if bytes.len() >= keep {
            seen.clear();
            seen.extend_from_slice(&bytes[bytes.len() - keep..]);
        } else {
            seen.drain(..seen.len().saturating_sub(keep));
        }
    }
    found
}

/// The offsets in `bytes` of the lines that begin there, with their first bytes.
fn lines<'a>(at_line: &mut bool, bytes: &'a [u8]) -> impl Iterator<Item = (usize, u8)> + 'a {
    let first = *at_line && !bytes.is_empty();
    if let Some(last) = bytes.last() {
        *at_line = *last == b'\n';
    }
    let breaks = memchr::memchr_iter(b'\n', bytes).map(|newline| newline + 1);
    let starts = first.then_some(0).into_iter().chain(breaks);
    starts.filter_map(|start| Some((start, *bytes.get(start)?)))
}

fn line(first: u8, at_line: &mut bool, bytes: &[u8], position: u64, at: u64) -> Option<u64> {
    let mut starts = lines(at_line, bytes);
    let found = starts.find(|(start, byte)| *byte == first && position + *start as u64 >= at);
    found.map(|(start, _)| position + start as u64)
}

fn fastq(
    at_line: &mut bool,
    seen: &mut Vec<(u64, bool)>,
    bytes: &[u8],
    position: u64,
    at: u64,
) -> Option<u64> {
    for (start, byte) in lines(at_line, bytes) {
        let start = position + start as u64;
        if start < at {
            continue;
        }
        if let [(header, true), _] = seen.as_slice()
            && byte == b'+'
        {
            return Some(*header);
        }
        if seen.len() == 2 {
            seen.remove(0);
        }
        seen.push((start, byte == b'@'));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(records: &Records, text: &[u8], at: u64, piece: usize) -> Option<u64> {
        let mut boundary = Boundary::new(records, at, 1);
        let from = boundary.from() as usize;
        boundary
            .found()
            .or_else(|| text[from..].chunks(piece).find_map(|bytes| boundary.feed(bytes)))
    }

    #[test]
    fn a_delimiter_across_pieces_is_found() {
        let records = Records::Delimited(b"||-".to_vec());
        for piece in 1..8 {
            assert_eq!(find(&records, b"ab||-cd||-e", 1, piece), Some(5));
            assert_eq!(find(&records, b"ab||-cd||-e", 5, piece), Some(5));
            assert_eq!(find(&records, b"ab||-cd||-e", 6, piece), Some(10));
            assert_eq!(find(&records, b"ab|||-", 3, piece), Some(6));
            assert_eq!(find(&records, b"ab||", 3, piece), None);
        }
    }

    #[test]
    fn qualities_that_look_like_a_header_begin_no_record() {
        let text = b"@a\nAC\n+\n@I\n@b\nGT\n+\n@+\n@c\n\n+\n\n";
        let second = 11;
        let third = 22;
        for piece in 1..10 {
            assert_eq!(find(&Records::Fastq, text, 1, piece), Some(second));
            assert_eq!(find(&Records::Fastq, text, 8, piece), Some(second));
            assert_eq!(find(&Records::Fastq, text, 12, piece), Some(third));
            assert_eq!(find(&Records::Fastq, text, 19, piece), Some(third));
            assert_eq!(find(&Records::Fastq, text, 23, piece), None);
        }
    }
}
