//! An argument that borrows its text.

use lithops::prelude::*;

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        exec.map(|word: &str| word.len(), ["to", "be"]).await
    });
}
