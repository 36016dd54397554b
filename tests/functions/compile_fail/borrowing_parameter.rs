//! A function that wants `&str`, where items are `String`.

use lithops::prelude::*;

fn length(word: &str) -> usize {
    word.len()
}

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        exec.map(length, ["to", "be"].map(String::from)).await
    });
}
