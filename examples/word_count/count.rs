//! Counting words, part by part, as `wc -w` would count the whole.

use lithops::prelude::*;
use serde::{Deserialize, Serialize};

/// The words of a run of files, or of a part of one.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stretch {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// The sum over the files, each counted by itself.
    pub(crate) words_by_file: u64,
    /// The words of all the files as one text.
    pub(crate) words: u64,
    /// What the text begins and ends with; `None` if it has nothing that counts.
    pub(crate) edges: Option<Edges>,
}

/// Whether a text begins and ends inside a word.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Edges {
    pub(crate) starts_in_word: bool,
    pub(crate) ends_in_word: bool,
}

/// Counts the words of one part by pieces, since a piece is joined to the next one as a part is.
pub(crate) fn count(part: ObjectPart) -> Result<Stretch, DataError> {
    let mut whole = Stretch::default();
    let mut reader = part.reader()?;
    while let Some(piece) = reader.next_piece()? {
        whole = join(whole, count_text(&piece));
    }
    whole.files = u64::from(part.index == 0);
    // A part ends where a line does, so no word reaches into the next part of its file.
    whole.words_by_file = whole.words;
    Ok(whole)
}

/// How many bytes are looked at together: few enough for a count in one byte, as at most every other
/// one begins a word.
const BLOCK: usize = 448;

/// Counts the words of one text.
pub(crate) fn count_text(text: &[u8]) -> Stretch {
    let mut stretch = Stretch { bytes: text.len() as u64, ..Stretch::default() };
    for block in text.chunks(BLOCK) {
        let passed_over =
            block.iter().fold(false, |any, byte| any | !(forms(*byte) || separates(*byte)));
        let part = if passed_over { count_bytes(block) } else { count_plain(block) };
        stretch = join(stretch, part);
    }
    stretch
}

/// Printable ASCII forms words.
fn forms(byte: u8) -> bool {
    byte.wrapping_sub(b'!') <= b'~' - b'!'
}

/// White space separates them.
fn separates(byte: u8) -> bool {
    byte == b' ' || byte.wrapping_sub(b'\t') <= b'\r' - b'\t'
}

/// Counts the places where a word begins, in a block in which every byte counts. Written so that the
/// compiler can look at many bytes at once.
fn count_plain(block: &[u8]) -> Stretch {
    let (Some(first), Some(last)) = (block.first(), block.last()) else {
        return Stretch::default();
    };
    let begins = |before: u8, byte: u8| u8::from(forms(byte) & !forms(before));
    let inside: u8 =
        block.iter().zip(&block[1..]).map(|(before, byte)| begins(*before, *byte)).sum();
    let edges = Some(Edges { starts_in_word: forms(*first), ends_in_word: forms(*last) });
    let words = u64::from(inside) + u64::from(forms(*first));
    Stretch { words, edges, ..Stretch::default() }
}

/// Counts byte by byte, where some are passed over.
fn count_bytes(block: &[u8]) -> Stretch {
    let mut words = 0;
    let mut edges: Option<Edges> = None;
    for byte in block.iter().filter(|byte| forms(**byte) || separates(**byte)) {
        let in_word = forms(*byte);
        match &mut edges {
            None => {
                words += u64::from(in_word);
                edges = Some(Edges { starts_in_word: in_word, ends_in_word: in_word });
            }
            Some(edges) => {
                words += u64::from(in_word && !edges.ends_in_word);
                edges.ends_in_word = in_word;
            }
        }
    }
    Stretch { words, edges, ..Stretch::default() }
}

/// Two neighbouring stretches as one. Associative, with the empty stretch as its neutral element.
pub(crate) fn join(left: Stretch, right: Stretch) -> Stretch {
    let (glued, edges) = match (left.edges, right.edges) {
        (Some(l), Some(r)) => (
            l.ends_in_word && r.starts_in_word,
            Some(Edges { starts_in_word: l.starts_in_word, ends_in_word: r.ends_in_word }),
        ),
        (left, right) => (false, left.or(right)),
    };
    Stretch {
        files: left.files + right.files,
        bytes: left.bytes + right.bytes,
        words_by_file: left.words_by_file + right.words_by_file,
        words: left.words + right.words - u64::from(glued),
        edges,
    }
}
