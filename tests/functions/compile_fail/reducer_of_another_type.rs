//! A reducer that takes other values than the function gives.

use lithops::prelude::*;

fn length(word: String) -> usize {
    word.len()
}

fn join(words: Vec<String>) -> String {
    words.concat()
}

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        exec.map_reduce(length, ["to", "be"].map(String::from), join).await
    });
}
