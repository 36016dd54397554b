//! A result whose type has no serde derives.

use lithops::prelude::*;

struct Outcome {
    size: u32,
}

fn measure(size: u32) -> Outcome {
    Outcome { size }
}

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        let outcomes = exec.map(measure, [1]).await?;
        lithops::Result::Ok(outcomes[0].size)
    });
}
