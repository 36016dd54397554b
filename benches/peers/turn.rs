//! What a side is asked for, as a line of words, and what it says of it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The work of one turn.
///
/// As a line, its name and the values in the order in which they stand here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Turn {
    /// `map TASKS CHUNK`: `x + 1` of the numbers below.
    Map { tasks: u64, chunk: Option<u32> },
    /// `spin TASKS NANOSECONDS CHUNK`: each task takes so much time of its processor.
    Spin { tasks: u64, nanoseconds: u64, chunk: Option<u32> },
    /// `program TASKS PROGRAM ARGUMENTS`: each task runs it and waits for it.
    Program { tasks: u64, program: Vec<String> },
    /// `fresh TASKS`: `x + 1`, each in a process that has done nothing else.
    Fresh { tasks: u64 },
    /// `bytes TASKS SIZE`: each result has so many bytes, and all goes through storage.
    Bytes { tasks: u64, size: usize },
    /// `reduce TASKS SIZE`: the same, and a reducer adds up how many there are.
    Reduce { tasks: u64, size: usize },
    /// `crc URI`: the sum of the CRC-32 of each object below it.
    Crc { uri: String },
    /// `words PATH PART`: the words of a file, in parts of so many bytes.
    Words { path: PathBuf, part: u64 },
    /// `throw TASKS SAMPLES`: how many of so many random points a task fall into the circle.
    Throw { tasks: u64, samples: u64 },
    /// `faulty TASKS FOLDER KILLED SLOW`: naps, of which some go wrong; two lists with commas.
    Faulty { tasks: u64, folder: PathBuf, killed: Vec<u64>, slow: Vec<u64> },
}

impl Turn {
    /// Reads a line; panics at one that is none.
    pub(crate) fn parse(line: &str) -> Self {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        let words: Vec<&str> = words.collect();
        let number = |place: usize| words[place].parse::<u64>().unwrap();
        let chunk = |place: usize| words[place].parse().ok();
        let list = |place: usize| words[place].split(',').filter_map(|n| n.parse().ok()).collect();
        match name {
            "map" => Self::Map { tasks: number(0), chunk: chunk(1) },
            "spin" => Self::Spin { tasks: number(0), nanoseconds: number(1), chunk: chunk(2) },
            "program" => {
                let program = words[1..].iter().map(|word| (*word).to_owned()).collect();
                Self::Program { tasks: number(0), program }
            }
            "fresh" => Self::Fresh { tasks: number(0) },
            "bytes" => Self::Bytes { tasks: number(0), size: number(1) as usize },
            "reduce" => Self::Reduce { tasks: number(0), size: number(1) as usize },
            "crc" => Self::Crc { uri: words[0].to_owned() },
            "words" => Self::Words { path: words[0].into(), part: number(1) },
            "throw" => Self::Throw { tasks: number(0), samples: number(1) },
            "faulty" => Self::Faulty {
                tasks: number(0),
                folder: words[1].into(),
                killed: list(2),
                slow: list(3),
            },
            name => panic!("there is no turn {name}"),
        }
    }
}

/// A turn that was done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Done {
    /// From the inputs as values to the results as values.
    pub(crate) time: Duration,
    /// A number that all sides must agree on.
    pub(crate) check: u64,
}

impl Done {
    /// Times `work`, which gives the number to be checked.
    pub(crate) fn timed(work: impl FnOnce() -> u64) -> Option<Self> {
        let start = Instant::now();
        let check = std::hint::black_box(work());
        Some(Self { time: start.elapsed(), check })
    }
}
