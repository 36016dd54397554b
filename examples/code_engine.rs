//! Counts primes on IBM Cloud Code Engine, and says what that costs: before, and after.
//!
//! ```console
//! $ cargo run --release --features code-engine --example code_engine -- --calls 100
//! ```
//!
//! Which Code Engine that is, the service or an emulator on this machine, `lithops.toml` says:
//! docs/code-engine.md shows both.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::ops::Range;
use std::time::Duration;

use anyhow::ensure;
use lithops::prelude::*;

mod options;
use options::Options;

const USAGE: &str = "\
usage: code_engine [--below N] [--calls N] [--seconds N]

  --below N        how far to count (default 20000000)
  --calls N        how many calls share the numbers (default 100)
  --seconds N      how long a call is likely to take, for the estimate (default 1)";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse(USAGE, &["--below", "--calls", "--seconds"])?;
    let below: u64 = options.value("--below", 20_000_000)?;
    let calls: u64 = options.value("--calls", 100)?;
    let seconds: f64 = options.value("--seconds", 1.0)?;
    ensure!(calls > 0, "--calls must be at least 1");
    ensure!(seconds >= 0.0 && seconds.is_finite(), "--seconds must be a length of time");

    let exec = options.connect().await?;
    let ranges = (0..calls).map(|call| below * call / calls..below * (call + 1) / calls);
    let job =
        exec.map(count_primes, ranges).expect_each(Duration::from_secs_f64(seconds)).submit()?;
    match job.summary().estimate {
        Some(estimate) => println!("job {}, estimated: {estimate}", job.id()),
        None => println!("job {}, which costs nothing here", job.id()),
    }

    let primes: u64 = job.results().await?.iter().sum();
    println!("{primes} primes below {below}");
    // The platform tells what was used when the last instance is gone.
    println!("{}", job.finished().await);
    exec.shutdown().await;
    Ok(())
}

/// Counts the primes of a range with a sieve of its own.
fn count_primes(range: Range<u64>) -> u64 {
    let root = range.end.isqrt() + 1;
    let mut composite = vec![false; (range.end - range.start) as usize];
    for divisor in 2..=root {
        let first = (divisor * divisor).max(range.start.next_multiple_of(divisor));
        for multiple in (first..range.end).step_by(divisor as usize) {
            composite[(multiple - range.start) as usize] = true;
        }
    }
    let numbers = range.zip(composite);
    numbers.filter(|(number, composite)| *number >= 2 && !composite).count() as u64
}
