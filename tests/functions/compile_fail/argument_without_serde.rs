//! An argument whose type has no serde derives.

use lithops::prelude::*;

struct Job {
    size: u32,
}

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        exec.map(|job: Job| job.size, [Job { size: 1 }]).await
    });
}
