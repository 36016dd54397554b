//! An error type that neither serde nor `TaskError` covers.

use lithops::prelude::*;

#[derive(Debug)]
struct Refusal;

fn check(size: u32) -> Result<u32, Refusal> {
    if size > 9 { Err(Refusal) } else { Ok(size) }
}

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        exec.map(check, [1]).await
    });
}
