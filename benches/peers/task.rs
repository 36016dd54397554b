//! What single tasks do. The Python sides do the same, in `peer/task.py`.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use lithops::prelude::*;
use rustix::process::{Signal, getpid, kill_process};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// How long a task naps that nothing happens to.
const NAP: Duration = Duration::from_millis(100);
/// How long one naps before it kills its process.
const UNTIL_DEATH: Duration = Duration::from_millis(50);
/// How long a slow one naps.
const SLOW: Duration = Duration::from_secs(1);

pub(crate) fn add_one(x: u64) -> u64 {
    x + 1
}

/// Keeps its thread's processor for so many nanoseconds. Time in which others have the processor
/// does not count, or a scheduler that takes much of it would look good.
pub(crate) fn spin(nanoseconds: u64) -> u64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
    };
    let end = now() + Duration::from_nanos(nanoseconds);
    while now() < end {}
    1
}

/// Runs a program to its end; gives 1 if that went well.
pub(crate) fn run_program(words: Vec<String>) -> u64 {
    let mut program = Command::new(&words[0]);
    let status = program.args(&words[1..]).stdin(Stdio::null()).status();
    u64::from(status.is_ok_and(|status| status.success()))
}

pub(crate) fn make_bytes(size: usize) -> Vec<u8> {
    vec![b'x'; size]
}

/// The CRC-32 of an object.
pub(crate) fn crc(part: ObjectPart) -> Result<u32, DataError> {
    let mut reader = part.reader()?;
    let mut crc = flate2::Crc::new();
    while let Some(piece) = reader.next_piece()? {
        crc.update(&piece);
    }
    Ok(crc.sum())
}

/// One task's share of random points.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) seed: u64,
    pub(crate) samples: u64,
}

/// How many of the points fall into the circle. The generator is SplitMix64, because it gives the
/// same stream where numpy takes thousands of steps at once.
pub(crate) fn throw(share: Share) -> u64 {
    let mut counter = share.seed.wrapping_mul(0xd134_2543_de82_ef95);
    let mut inside = 0;
    for _ in 0..share.samples {
        counter = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (counter ^ (counter >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = z ^ (z >> 31);
        let (x, y) = (z >> 33, z & 0x7fff_ffff);
        inside += u64::from(x * x + y * y < 1 << 62);
    }
    inside
}

/// A task that naps, and what happens to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) index: u64,
    /// Where each execution of a task leaves a file.
    pub(crate) folder: PathBuf,
    /// Kills its process at the first execution.
    pub(crate) killed: bool,
    /// Takes ten times as long, always.
    pub(crate) slow: bool,
}

/// Naps; gives the square of its number.
pub(crate) fn faulty(fault: Fault) -> u64 {
    let executions = 0..100;
    let mark = |execution: &u32| {
        File::create_new(fault.folder.join(format!("{}-{execution}", fault.index))).is_ok()
    };
    let execution = executions.into_iter().find(mark).unwrap();
    if fault.killed && execution == 0 {
        std::thread::sleep(UNTIL_DEATH);
        kill_process(getpid(), Signal::KILL).unwrap();
    }
    std::thread::sleep(if fault.slow { SLOW } else { NAP });
    fault.index * fault.index
}
