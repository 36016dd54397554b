//! An `async fn` whose result's type has no serde derives.

use lithops::prelude::*;

struct Outcome {
    size: u32,
}

async fn measure(size: u32) -> Outcome {
    Outcome { size }
}

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        let outcomes = exec.map(measure, [1]).await?;
        lithops::Result::Ok(outcomes[0].size)
    });
}
