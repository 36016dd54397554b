//! Reads of a made genome, always the same: with a repeat that is far more frequent than chance, and
//! with some bases that the sequencer could not tell.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Context;

/// Bases of a read.
const LENGTH: usize = 100;
/// Bases of the genome, and of the repeat in it that comes every so many bases.
const GENOME: usize = 50_000;
const REPEAT: &str = "GATTACAGATTACCAGGATTACAGATT";
const EVERY: usize = 1000;

/// Makes `count` reads, and gives the name of their file.
pub(crate) fn make(count: usize) -> anyhow::Result<String> {
    let mut random = Random(42);
    let mut genome: Vec<u8> = (0..GENOME).map(|_| b"ACGT"[random.below(4)]).collect();
    for start in (0..GENOME - REPEAT.len()).step_by(EVERY) {
        genome[start..start + REPEAT.len()].copy_from_slice(REPEAT.as_bytes());
    }
    let mut text = String::new();
    for number in 0..count {
        let start = random.below(GENOME - LENGTH);
        let mut bases = genome[start..start + LENGTH].to_vec();
        if random.below(20) == 0 {
            bases[random.below(LENGTH)] = b'N';
        }
        // Qualities may be any printable characters, `@` and `+` too.
        let qualities: String =
            (0..LENGTH).map(|_| char::from(b'!' + random.below(41) as u8)).collect();
        writeln!(text, "@read {number}\n{}\n+\n{qualities}", String::from_utf8_lossy(&bases))?;
    }
    let folder = PathBuf::from("target/genome");
    std::fs::create_dir_all(&folder).context("cannot make target/genome")?;
    let file = folder.join(format!("reads-{count}.fastq"));
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file.to_string_lossy().into_owned())
}

/// Numbers that only look random (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
