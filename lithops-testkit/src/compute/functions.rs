//! Functions that do each thing that a call can do.

use std::hint::black_box;
use std::time::Duration;

use lithops_core::api::context;
use lithops_core::shuffle::SortedPartition;
use serde::{Deserialize, Serialize};

/// Twice as much.
pub fn double(x: u32) -> u32 {
    x * 2
}

/// The sum.
pub fn sum(values: Vec<u32>) -> u32 {
    values.iter().sum()
}

/// Fails for odd numbers, with an error that has a cause.
///
/// # Errors
/// For odd numbers.
pub fn even_or_error(x: u32) -> Result<u32, Refused> {
    if x.is_multiple_of(2) { Ok(x) } else { Err(Refused(Odd)) }
}

/// The error of [`even_or_error`].
#[derive(Debug, thiserror::Error)]
#[error("refused")]
pub struct Refused(#[source] Odd);

/// The cause of [`Refused`].
#[derive(Debug, thiserror::Error)]
#[error("the number is odd")]
pub struct Odd;

impl lithops_core::function::TaskError for Refused {
    fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self)
    }
}

/// Returns `Err` as a value for odd numbers.
///
/// # Errors
/// For odd numbers.
pub fn even_or_value(x: u32) -> Result<u32, String> {
    if x.is_multiple_of(2) { Ok(x) } else { Err(format!("{x} is odd")) }
}

/// Panics at 3.
///
/// # Panics
/// At 3.
pub fn panic_at_three(x: u32) -> u32 {
    assert!(x != 3, "three is not to be");
    x
}

/// Fails until the third attempt.
///
/// # Errors
/// At the first two attempts.
pub fn third_time_lucky(_: u32) -> Result<u32, std::io::Error> {
    let attempt = context().attempt();
    if attempt < 3 { Err(std::io::Error::other("not yet")) } else { Ok(attempt) }
}

/// How many words of how many letters, in any text.
pub fn word_lengths(text: String) -> Vec<(usize, u32)> {
    text.split_whitespace().map(|word| (word.len(), 1)).collect()
}

/// Numbers in no order: pairs of each and where it came from.
pub fn scattered(call: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..400).map(move |place| ((call * 7919 + place * 104_729) % 1000, call))
}

/// As [`scattered`]; kills its process at the first attempt, half way, for 1.
pub fn scattered_or_die_once(call: u32) -> impl Iterator<Item = (u32, u32)> {
    scattered(call).enumerate().map(move |(place, pair)| {
        if (call, place) == (1, 200) && context().attempt() == 1 {
            die();
        }
        pair
    })
}

/// The pairs of a partition.
pub fn listed(partition: SortedPartition<u32, u32>) -> Vec<(u32, u32)> {
    partition.collect()
}

/// As [`listed`]; kills its process at the first attempt, for the second partition.
pub fn listed_or_die_once(partition: SortedPartition<u32, u32>) -> Vec<(u32, u32)> {
    if partition.index() == 1 && context().attempt() == 1 {
        die();
    }
    partition.collect()
}

/// Never returns for 1.
pub fn hang_at_one(x: u32) -> u32 {
    if x == 1 {
        hang(());
    }
    x
}

/// Never returns.
pub fn hang((): ()) {
    loop {
        std::thread::park();
    }
}

/// Needs more stack than there is, for 1.
pub fn overflow_at_one(x: u32) -> u64 {
    #[expect(unconditional_recursion, reason = "the point")]
    fn deeper(frame: [u64; 512]) -> u64 {
        black_box(deeper(black_box(frame))) + black_box(frame[7])
    }
    if x == 1 { deeper([0; 512]) } else { u64::from(x) }
}

/// Exits with code 3, for 1.
pub fn exit_at_one(x: u32) -> u32 {
    if x == 1 {
        std::process::exit(3);
    }
    x
}

/// Aborts, for 1.
pub fn abort_at_one(x: u32) -> u32 {
    if x == 1 {
        std::process::abort();
    }
    x
}

/// Kills its process, for 1.
pub fn die_at_one(x: u32) -> u32 {
    if x == 1 {
        die();
    }
    x
}

/// Kills its process at the first attempt, for 500.
pub fn die_once_at_500(x: u32) -> u32 {
    if x == 500 && context().attempt() == 1 {
        die();
    }
    x + 1
}

fn die() {
    let own = rustix::process::getpid();
    rustix::process::kill_process(own, rustix::process::Signal::KILL).ok();
    hang(());
}

/// Asks for this much memory at once, and touches it.
pub fn allocate(bytes: usize) -> usize {
    let mut memory = vec![0u8; black_box(bytes)];
    for place in (0..memory.len()).step_by(4096) {
        memory[place] = 1;
    }
    black_box(&memory).len()
}

/// Takes more and more memory, a little at a time.
pub fn allocate_slowly(bytes: usize) -> usize {
    let mut pieces = Vec::new();
    while pieces.len() * (1 << 20) < bytes {
        pieces.push(vec![black_box(1u8); 1 << 20]);
        std::thread::sleep(Duration::from_millis(1));
    }
    black_box(&pieces).len()
}

/// A value that can be sent and not be received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// The field that can't be read.
    pub field: u32,
}

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("not to be read"))
    }
}

/// Takes what can't be received.
pub fn take_unreadable(value: Unreadable) -> u32 {
    value.field
}

/// A value that can't be sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not to be written"))
    }
}

/// Gives what can't be sent, inside something else.
pub fn give_unwritable(_: u32) -> Option<Unwritable> {
    Some(Unwritable)
}

/// Writes to both streams.
pub fn speak(x: u32) -> u32 {
    say(&format!("out {x}"), &format!("err {x}"));
    x
}

/// Writes as many lines of 100 bytes.
pub fn speak_much(lines: u32) -> u32 {
    let line = "x".repeat(99);
    for _ in 0..lines {
        say(&line, "");
    }
    lines
}

#[expect(clippy::print_stdout, reason = "the point")]
fn say(out: &str, err: &str) {
    println!("{out}");
    if !err.is_empty() {
        eprintln!("{err}");
    }
}

/// As many zeros.
pub fn zeros(len: usize) -> Vec<u8> {
    vec![0; len]
}

/// How many bytes.
pub fn length(bytes: Vec<u8>) -> usize {
    bytes.len()
}

/// The sum of the lengths.
pub fn total_length(all: Vec<Vec<u8>>) -> usize {
    all.iter().map(Vec::len).sum()
}

/// Writes text like a function that is gone says.
pub fn joined(words: Vec<String>) -> String {
    words.join(" ")
}

/// The word itself.
pub fn same(word: String) -> String {
    word
}

/// Index, attempt, and whether there is a deadline and a storage.
pub fn where_am_i(_: u32) -> (usize, u32, bool, bool) {
    let context = context();
    let has_deadline = context.deadline().is_some();
    (context.index(), context.attempt(), has_deadline, context.storage().is_some())
}

/// Waits a little, the longer the smaller the number.
pub async fn slower_first(x: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(200 / (x + 1))).await;
    x
}

/// The item times the shared number.
pub fn scaled(by: &u64, x: u64) -> u64 {
    by * x
}
