//! A `fn` pointer: which function it points to is only known at run time.

use lithops::prelude::*;

fn double(number: u32) -> u32 {
    number * 2
}

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        let function: fn(u32) -> u32 = double;
        exec.map(function, [1, 2]).await
    });
}
