//! A tree of a reducer whose result is none of its arguments.

use lithops::prelude::*;

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        exec.map_reduce(|n: u32| n, 0..9, |all: Vec<u32>| all.len()).tree(2).await
    });
}
