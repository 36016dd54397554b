//! Estimates π by throwing random points at a square and counting those inside the circle.
//!
//! ```console
//! $ cargo run --release --example monte_carlo_pi -- --points 1000000000 --calls 64
//! ```
//!
//! The work is split into calls by index alone: each call seeds its own generator with its number,
//! so the estimate is the same on every backend, with any number of workers, in any order.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::f64::consts::PI;
use std::time::Instant;

use anyhow::ensure;
use lithops::prelude::*;
use serde::{Deserialize, Serialize};

mod options;
use options::Options;

const USAGE: &str = "\
usage: monte_carlo_pi [--points N] [--calls N]

  --points N       how many points in all (default 1000000000)
  --calls N        how many calls share them (default 64)";

/// One call's share of the points.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Share {
    seed: u64,
    points: u64,
}

/// How many points were thrown, and how many of them fell inside the circle.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Hits {
    points: u64,
    inside: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse(USAGE, &["--points", "--calls"])?;
    let points: u64 = options.value("--points", 1_000_000_000)?;
    let calls: u64 = options.value("--calls", 64)?;
    ensure!(points > 0, "--points must be at least 1");
    ensure!(calls > 0, "--calls must be at least 1");

    let exec = options.connect().await?;
    let started = Instant::now();
    let job = exec.map(throw, shares(points, calls)).submit()?;
    let hits = total(&job.results().await?);
    let seconds = started.elapsed().as_secs_f64();

    let estimate = 4.0 * hits.inside as f64 / hits.points as f64;
    // The estimate is 4·B/n for a binomial B, so this is what chance alone explains.
    let deviation = (PI * (4.0 - PI) / hits.points as f64).sqrt();
    println!("pi is about {estimate:.8}");
    println!("error {:+.2e}, standard deviation {deviation:.2e}", estimate - PI);
    println!(
        "{} points in {calls} calls, {:.0} million points/s",
        hits.points,
        hits.points as f64 / seconds / 1e6
    );
    println!("{}", job.summary());
    Ok(())
}

/// Splits `points` into `calls` shares that differ by at most one point.
fn shares(points: u64, calls: u64) -> Vec<Share> {
    (0..calls)
        .map(|seed| Share { seed, points: points / calls + u64::from(seed < points % calls) })
        .collect()
}

/// Throws one share of the points.
fn throw(share: Share) -> Hits {
    let mut random = Xoshiro256::seeded(share.seed);
    let mut inside = 0;
    for _ in 0..share.points {
        let (x, y) = random.point();
        inside += u64::from(x * x + y * y < CIRCLE);
    }
    Hits { points: share.points, inside }
}

/// Adds up the shares.
fn total(hits: &[Hits]) -> Hits {
    hits.iter().fold(Hits { points: 0, inside: 0 }, |sum, hits| Hits {
        points: sum.points + hits.points,
        inside: sum.inside + hits.inside,
    })
}

/// The square of the circle's radius, in units of the grid that points are drawn from.
const CIRCLE: u64 = 1 << 62;

/// The generator xoshiro256++ of Blackman and Vigna: 2^256 - 1 steps long, a nanosecond a step.
struct Xoshiro256 {
    state: [u64; 4],
}

impl Xoshiro256 {
    /// A generator whose state is filled by SplitMix64, as its authors advise: neighbouring seeds
    /// give unrelated sequences.
    fn seeded(seed: u64) -> Self {
        let mut counter = seed;
        let state = std::array::from_fn(|_| {
            counter = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = counter;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        });
        Self { state }
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let output = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let c = c ^ a;
        let d = d ^ b;
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        output
    }

    /// A point of the unit square, both coordinates in units of 2^-31, from one step.
    fn point(&mut self) -> (u64, u64) {
        let bits = self.next();
        (bits >> 33, bits & 0x7fff_ffff)
    }
}
