//! The parts put together are the object, and no record is divided, for every format.

use std::ops::Range;

use bytes::Bytes;
use lithops_core::plan::{Automaton, Cut, Split, partition};
use lithops_core::wire::Records;
use proptest::prelude::*;

/// Where records begin, by a plain scan from the beginning.
fn starts(records: &Records, text: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    let lines: Vec<usize> =
        (0..text.len()).filter(|at| *at == 0 || text[at - 1] == b'\n').collect();
    match records {
        Records::Lines => starts.extend(&lines),
        Records::Fixed(size) => starts.extend((0..text.len()).step_by(*size as usize)),
        Records::Fasta => starts.extend(lines.iter().filter(|at| text[**at] == b'>')),
        Records::Fastq => starts.extend(lines.iter().step_by(4)),
        Records::Delimited(delimiter) => {
            let mut at = 0;
            while at + delimiter.len() <= text.len() {
                let is_one = text[at..].starts_with(delimiter);
                at += if is_one { delimiter.len() } else { 1 };
                starts.extend(is_one.then_some(at));
            }
        }
        Records::Csv { .. } => {
            let mut quoted = false;
            for (at, byte) in text.iter().enumerate() {
                // Rows of this test quote whole fields only, where toggling is enough.
                quoted ^= *byte == b'"';
                starts.extend((*byte == b'\n' && !quoted).then_some(at + 1));
            }
        }
        _ => starts.extend(0..text.len()),
    }
    starts.retain(|start| *start < text.len());
    starts.sort_unstable();
    starts.dedup();
    starts
}

fn cut(
    records: &Records,
    text: &[u8],
    range: &Range<u64>,
    states: (u32, u32),
    piece: usize,
) -> Vec<u8> {
    let mut cut = Cut::new(records, range, text.len() as u64, states.0, states.1);
    let mut part = Vec::new();
    let rest = Bytes::copy_from_slice(&text[cut.from() as usize..]);
    let mut at = 0;
    while !cut.is_done() && at < rest.len() {
        let next = (at + piece).min(rest.len());
        cut.feed(rest.slice(at..next), &mut part);
        at = next;
    }
    if !cut.is_done() {
        cut.finish(&mut part);
    }
    part.concat()
}

/// Cuts `text` into parts, and checks that they are the text and that no record is divided.
fn check(records: &Records, text: &[u8], split: Split, piece: usize) -> Result<(), TestCaseError> {
    let starts = starts(records, text);
    let automaton = Automaton::of(records);
    let state = |at: u64| match &automaton {
        Some(automaton) => automaton.run(Automaton::START, &text[..at as usize]),
        None => 0,
    };
    let mut whole = Vec::new();
    for range in partition(&[text.len() as u64], split).remove(0) {
        let states = (state(range.start), state(range.end));
        let part = cut(records, text, &range, states, piece);
        if !part.is_empty() {
            let first = whole.len();
            prop_assert!(starts.binary_search(&first).is_ok(), "{records:?} divided at {first}");
            prop_assert!(range.contains(&(first as u64)), "{records:?} {range:?}: {first}");
        }
        whole.extend(part);
    }
    prop_assert!(whole == text, "{records:?}: {whole:?} is not {text:?}");
    Ok(())
}

fn splits() -> impl Strategy<Value = Split> {
    prop_oneof![(1_u64..40).prop_map(Split::Size), (1_u32..12).prop_map(Split::Count)]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![4 => "[a-z ]{0,8}", 1 => "[a-z]{30,80}", 1 => "\r?", 1 => ">[a-z]{0,5}"];
    let lines = proptest::collection::vec(line, 0..12);
    (lines, any::<bool>(), any::<bool>()).prop_map(|(lines, windows, ended)| {
        let end = if windows { "\r\n" } else { "\n" };
        let mut text = lines.join(end);
        if ended && !text.is_empty() {
            text.push_str(end);
        }
        text.into_bytes()
    })
}

fn csv_row() -> impl Strategy<Value = String> {
    let field = prop_oneof!["[a-z]{0,6}", "\"([a-z,\n]|\"\"){0,20}\""];
    proptest::collection::vec(field, 1..4).prop_map(|fields| fields.join(","))
}

fn read() -> impl Strategy<Value = String> {
    let fields = ("[ -~]{0,8}", "[ACGTN]{0,30}", "[!-J@+]{30}", "[a-z@+]{0,5}");
    fields.prop_map(|(name, bases, qualities, again)| {
        format!("@{name}\n{bases}\n+{again}\n{}\n", &qualities[..bases.len()])
    })
}

proptest! {
    #[test]
    fn parts_of_lines_are_the_object(text in text(), split in splits(), piece in 1_usize..50) {
        check(&Records::Lines, &text, split, piece)?;
    }

    #[test]
    fn parts_of_exact_bytes_are_the_object(
        text in text(),
        split in splits(),
        piece in 1_usize..50,
    ) {
        check(&Records::Bytes, &text, split, piece)?;
    }

    #[test]
    fn parts_of_records_with_any_delimiter_are_the_object(
        text in "[ab\r\n]{0,200}",
        delimiter in prop::sample::select(vec!["\r\n", "a", "ab", "aab", "aa", "aba", "\n\n"]),
        split in splits(),
        piece in 1_usize..50,
    ) {
        let records = Records::Delimited(delimiter.as_bytes().to_vec());
        check(&records, text.as_bytes(), split, piece)?;
    }

    #[test]
    fn parts_of_quoted_csv_are_the_object(
        rows in proptest::collection::vec(csv_row(), 0..12),
        split in splits(),
        piece in 1_usize..50,
    ) {
        let records = Records::Csv { separator: b',', quote: b'"' };
        check(&records, rows.join("\n").as_bytes(), split, piece)?;
    }

    #[test]
    fn parts_of_records_of_fixed_size_are_the_object(
        size in 1_usize..20,
        count in 0_usize..30,
        split in splits(),
        piece in 1_usize..50,
    ) {
        let text: Vec<u8> = (0..size * count).map(|at| at as u8).collect();
        check(&Records::Fixed(size as u64), &text, split, piece)?;
    }

    #[test]
    fn parts_of_fasta_are_the_object(text in text(), split in splits(), piece in 1_usize..50) {
        let text = [b">first\n", text.as_slice()].concat();
        check(&Records::Fasta, &text, split, piece)?;
    }

    #[test]
    fn parts_of_fastq_are_the_object(
        reads in proptest::collection::vec(read(), 0..12),
        ended in any::<bool>(),
        split in splits(),
        piece in 1_usize..50,
    ) {
        let mut text = reads.concat();
        // The last line break may be missing, but not that of an empty line of qualities.
        if !ended && !text.ends_with("\n\n") {
            text.pop();
        }
        check(&Records::Fastq, text.as_bytes(), split, piece)?;
    }
}

#[test]
fn a_record_longer_than_many_parts_is_in_one_of_them() {
    let text = [b"a\n".as_slice(), &[b'x'; 1000], b"\nb\n"].concat();
    let parts = partition(&[text.len() as u64], Split::Size(10)).remove(0);
    let sizes = parts.iter().map(|range| cut(&Records::Lines, &text, range, (0, 0), 7).len());
    let sizes: Vec<usize> = sizes.filter(|size| *size > 0).collect();
    assert_eq!(sizes, [1003, 2]);
}
