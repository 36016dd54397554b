//! A shared value that threads can't share.

use std::cell::Cell;

use lithops::prelude::*;

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        exec.map_with(Cell::new(3), [1], |factor, n: u32| n * factor.get()).await
    });
}
