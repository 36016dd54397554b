//! A shared value whose type has no serde derives.

use lithops::prelude::*;

struct Settings {
    factor: u32,
}

fn main() {
    let _ = lithops::block_on(async {
        let exec = FunctionExecutor::threads(1).await?;
        exec.map_with(Settings { factor: 3 }, [1], |settings, n: u32| n * settings.factor).await
    });
}
