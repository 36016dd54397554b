//! Record formats whose boundaries depend on all that comes before: small automata over bytes.
//!
//! Whether a line break ends a row of CSV depends on the quotes before it, back to the object's
//! beginning. What a range of bytes does to the state can be computed without knowing the state it
//! begins in, for all of them at once; the states at the parts' borders then follow by composition.

use crate::wire::Records;

/// A format's automaton. State [`START`](Self::START) is the one at an object's beginning.
#[derive(Clone, Debug)]
pub struct Automaton {
    /// The next state by state and byte.
    table: Vec<[u8; 256]>,
}

/// What a range of bytes does to each state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition(Vec<u8>);

impl Automaton {
    /// The longest delimiter, in bytes.
    pub const LONGEST: usize = 250;

    /// A record begins here: so it is at the object's beginning.
    pub const START: u32 = 0;

    /// The automaton of a format; none where a few bytes before a place tell enough.
    pub fn of(records: &Records) -> Option<Self> {
        match records {
            Records::Csv { separator, quote } => Some(Self::csv(*separator, *quote)),
            // A longer one would have more states than there are numbers for.
            Records::Delimited(delimiter)
                if delimiter.len() <= Self::LONGEST && overlaps_itself(delimiter) =>
            {
                Some(Self::delimited(delimiter))
            }
            _ => None,
        }
    }

    /// Quotes count at the beginning of a field only, as `csv` and spreadsheets read them.
    fn csv(separator: u8, quote: u8) -> Self {
        /// At the beginning of a row, of another field; in a plain field, in a quoted one; after a
        /// quote in a quoted field, which may end it.
        const ROW: u8 = 0;
        const FIELD: u8 = 1;
        const PLAIN: u8 = 2;
        const QUOTED: u8 = 3;
        const CLOSING: u8 = 4;
        let mut table = vec![[PLAIN; 256]; 5];
        for state in [ROW, FIELD, PLAIN, CLOSING] {
            let next = &mut table[usize::from(state)];
            next[usize::from(separator)] = FIELD;
            next[usize::from(b'\n')] = ROW;
            if state != PLAIN {
                next[usize::from(quote)] = QUOTED;
            }
        }
        table[usize::from(QUOTED)] = [QUOTED; 256];
        table[usize::from(QUOTED)][usize::from(quote)] = CLOSING;
        Self { table }
    }

    /// State `n` has seen the first `n` bytes of the delimiter; a whole one leads to the start.
    fn delimited(delimiter: &[u8]) -> Self {
        let states = delimiter.len();
        let mut table = vec![[0_u8; 256]; states + 1];
        for (state, next) in table.iter_mut().enumerate() {
            // State 0 is the start; the last one is what it leads to when no delimiter begins.
            let seen = if state == states { 0 } else { state };
            for byte in 0..=255_u8 {
                let text = [&delimiter[..seen], &[byte]].concat();
                let longest = (0..=text.len()).rev().find(|n| text.ends_with(&delimiter[..*n]));
                next[usize::from(byte)] = match longest.unwrap_or(0) {
                    0 => states as u8,
                    whole if whole == states => 0,
                    part => part as u8,
                };
            }
        }
        Self { table }
    }

    /// Whether it has such a state.
    pub fn has(&self, state: u32) -> bool {
        (state as usize) < self.table.len()
    }

    /// Whether a record begins after bytes that led to `state`.
    pub fn begins_record(state: u32) -> bool {
        state == Self::START
    }

    /// The state after `bytes`.
    pub fn run(&self, state: u32, bytes: &[u8]) -> u32 {
        let mut state = state as u8;
        for byte in bytes {
            state = self.table[usize::from(state)][usize::from(*byte)];
        }
        u32::from(state)
    }

    /// Runs until a record begins: the count of bytes up to there, or the state after all of them.
    pub fn find(&self, state: u32, bytes: &[u8]) -> Result<usize, u32> {
        let mut state = state as u8;
        for (count, byte) in (1..).zip(bytes) {
            state = self.table[usize::from(state)][usize::from(*byte)];
            if u32::from(state) == Self::START {
                return Ok(count);
            }
        }
        Err(u32::from(state))
    }

    /// What no bytes do: nothing.
    pub fn identity(&self) -> Transition {
        Transition((0..self.table.len()).map(|state| state as u8).collect())
    }

    /// What the bytes of `before` and then `bytes` do.
    pub fn extend(&self, before: &mut Transition, bytes: &[u8]) {
        // Most states soon lead to the same one: each that is left is followed once.
        let mut left: Vec<u8> = before.0.clone();
        left.sort_unstable();
        left.dedup();
        let mut end = [0_u8; 256];
        for state in left {
            end[usize::from(state)] = self.run(u32::from(state), bytes) as u8;
        }
        for state in &mut before.0 {
            *state = end[usize::from(*state)];
        }
    }
}

impl Transition {
    /// The state that `state` leads to; the state itself if the automaton has no such state.
    pub fn apply(&self, state: u32) -> u32 {
        self.0.get(state as usize).map_or(state, |next| u32::from(*next))
    }

    /// As plain bytes, to be sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// From what [`as_bytes`](Self::as_bytes) gave.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// Whether an end of the delimiter is a beginning of it too: then where one ends depends on where
/// the scan began.
pub(super) fn overlaps_itself(delimiter: &[u8]) -> bool {
    (1..delimiter.len()).any(|n| delimiter[..n] == delimiter[delimiter.len() - n..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn automata() -> Vec<Automaton> {
        let csv = Records::Csv { separator: b',', quote: b'"' };
        let delimiters = [&b"aa"[..], b"aba", b"abab"].map(|d| Records::Delimited(d.to_vec()));
        [csv].iter().chain(&delimiters).filter_map(Automaton::of).collect()
    }

    proptest! {
        #[test]
        fn a_transition_does_what_a_run_does(
            bytes in proptest::collection::vec(proptest::sample::select(&b"ab,\"\n"[..]), 0..200),
            split in 0_usize..200,
        ) {
            for automaton in automata() {
                let split = split.min(bytes.len());
                let mut transition = automaton.identity();
                automaton.extend(&mut transition, &bytes[..split]);
                automaton.extend(&mut transition, &bytes[split..]);
                for state in 0..automaton.table.len() as u32 {
                    prop_assert_eq!(transition.apply(state), automaton.run(state, &bytes));
                }
            }
        }

        #[test]
        fn delimiters_are_found_as_a_scan_from_the_beginning_finds_them(
            text in "[ab]{0,60}",
            delimiter in proptest::sample::select(vec!["aa", "aba", "abab", "aabaa"]),
        ) {
            let records = Records::Delimited(delimiter.as_bytes().to_vec());
            let automaton = Automaton::of(&records).expect("it overlaps itself");
            let expected: Vec<usize> =
                text.match_indices(delimiter).map(|(at, _)| at + delimiter.len()).collect();
            let starts = (1..=text.len()).filter(|end| {
                Automaton::begins_record(automaton.run(Automaton::START, &text.as_bytes()[..*end]))
            });
            prop_assert_eq!(starts.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_line_break_in_quotes_ends_no_row() {
        let csv = Records::Csv { separator: b',', quote: b'"' };
        let automaton = Automaton::of(&csv).expect("CSV has one");
        let text = b"a,\"b\n\"\"c\",d\"x\ne";
        assert_eq!(automaton.find(Automaton::START, text), Ok(text.len() - 1));
    }

    #[test]
    fn only_delimiters_that_overlap_themselves_need_one() {
        for (delimiter, needs) in [("\n", false), ("\r\n", false), ("aa", true), ("abcab", true)] {
            let records = Records::Delimited(delimiter.into());
            assert_eq!(Automaton::of(&records).is_some(), needs, "{delimiter:?}");
        }
    }
}
