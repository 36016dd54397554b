//! A pool and a shared value, as in Python's `multiprocessing`: `cargo run --example pool --features
//! multiprocessing`.
//!
//! Calls run on threads unless `lithops.toml` has a section `[redis]`: worker processes share a value
//! through that server.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use lithops::Config;
use lithops::multiprocessing::{Multiprocessing, Pool, Result, Value};
use lithops::prelude::*;

/// How many steps it takes from `n` to 1 by the rule of Collatz; notes the most so far.
fn steps(n: u64, most: Value<u32>) -> Result<u32> {
    let next = |n: &u64| match n {
        1 => None,
        n if n.is_multiple_of(2) => Some(n / 2),
        n => Some(3 * n + 1),
    };
    let steps = std::iter::successors(Some(n), next).count() as u32 - 1;
    most.update(|most| most.max(steps))?;
    Ok(steps)
}

fn main() -> Result<()> {
    let config = Config::load().map_err(Error::from)?;
    let exec = lithops::block_on(async {
        match config.storages.has("redis") {
            true => FunctionExecutor::from_config().await,
            false => FunctionExecutor::threads(4).await,
        }
    })?;
    let context = Multiprocessing::new(exec.handle(), &config);

    let most = Value::over(&context, 0)?;
    let pool = Pool::over(&context);
    let steps = pool.starmap(steps, (1..=30).map(|n| (n, most.clone())))?;
    pool.close();
    pool.join()?;

    assert_eq!(steps[26], 111);
    assert_eq!(most.get()?, 111);
    println!("up to 30, the longest way to 1 has {} steps", most.get()?);
    Ok(())
}
