//! The longest flights of hailstones, and some sums on the way: on the threads of rayon's pool.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use rayon::prelude::*;

/// How many steps it takes a number to come down to 1, and how high it flies.
fn flight(start: u64) -> (u32, u64) {
    let (mut at, mut steps, mut top) = (start, 0, start);
    while at > 1 {
        at = if at.is_multiple_of(2) { at / 2 } else { 3 * at + 1 };
        (steps, top) = (steps + 1, top.max(at));
    }
    (steps, top)
}

fn main() {
    let (steps, start) = (1..300_000u64)
        .into_par_iter()
        .map(|start| (flight(start).0, start))
        .max()
        .unwrap_or_default();
    println!("{start} takes {steps} steps, the most of all below 300000");

    let high = (1..300_000u64).into_par_iter().filter(|start| flight(*start).1 > 1 << 32).count();
    println!("{high} of them fly above 2^32");

    let starts: Vec<u64> = (1..=12).map(|power| 10u64.pow(power) - 1).collect();
    let flights: Vec<String> = starts
        .par_iter()
        .map(|start| (*start, flight(*start)))
        .map(|(start, (steps, top))| format!("{start}: {steps} steps, up to {top}"))
        .collect();
    println!("{}", flights.join("\n"));

    let total: u64 = starts.par_iter().map(|start| u64::from(flight(*start).0)).sum();
    println!("{total} steps in all");
    let top = starts.par_iter().map(|start| flight(*start).1).reduce(|| 0, u64::max);
    println!("{top} at the highest");
}
