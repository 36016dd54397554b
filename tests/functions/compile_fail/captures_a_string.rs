//! A closure that owns what it captures.

use lithops::prelude::*;

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        let prefix = String::from("item ");
        exec.map(move |item: u32| format!("{prefix}{item}"), [1, 2]).await
    });
}
