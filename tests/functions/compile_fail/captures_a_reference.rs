//! A closure that borrows a local variable.

use lithops::prelude::*;

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        let factor = 3;
        exec.map(|item: u32| item * factor, [1, 2]).await
    });
}
