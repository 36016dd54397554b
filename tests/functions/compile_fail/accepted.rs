//! Every form of function that verbs take, in a program of its own: also makes the other cases be
//! built, not only checked.

use lithops::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Settings {
    factor: u32,
}

fn double(number: u32) -> u32 {
    number * 2
}

async fn half(number: u32) -> anyhow::Result<u32> {
    anyhow::ensure!(number % 2 == 0, "{number} is odd");
    Ok(number / 2)
}

fn times(settings: &Settings, number: u32) -> u32 {
    settings.factor * number
}

fn main() -> lithops::Result<()> {
    lithops::block_on(async {
        for exec in [FunctionExecutor::threads(2).await?, FunctionExecutor::processes(2).await?] {
            assert_eq!(exec.map(double, [1, 2]).await?, [2, 4]);
            assert_eq!(exec.map(half, [2, 4]).await?, [1, 2]);
            assert_eq!(exec.map(|n: u32| n + 1, [1, 2]).await?, [2, 3]);
            assert_eq!(exec.map_with(Settings { factor: 3 }, [1, 2], times).await?, [3, 6]);
            assert_eq!(
                exec.map_reduce(double, [1, 2], |all: Vec<u32>| all.iter().sum::<u32>()).await?,
                6
            );
        }
        Ok(())
    })
}
