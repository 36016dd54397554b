//! A client is killed at any moment, and another one goes on with its job.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::time::Duration;

use lithops_core::api::ExecutorExt;
use lithops_core::error::Error;
use lithops_core::ports::Executor;
use lithops_simulation::{Faults, Simulation};

fn double(x: u32) -> u32 {
    x * 2
}

/// Kills the client after a part of a minute; gives how many values another one has found, or `None` if
/// there was no job yet.
async fn kill_and_attach(exec: lithops_simulation::SimulatedExecutor, after: u64) -> Option<usize> {
    let job = exec.map(double, 0..20u32).retries(5).through_storage().submit().unwrap();
    tokio::time::sleep(Duration::from_millis(after * 251 % 20_000)).await;
    let other = exec.kill();
    let attached = other.attach_id::<u32>(job.id()).await;
    // What the dead client does next is seen by nobody.
    drop((job, exec));
    let found = match attached {
        Ok(job) => {
            let values = job.settled().await.unwrap();
            for (x, value) in (0..).zip(&values) {
                assert!(value.as_ref().map_or(true, |value| *value == x * 2), "{x}: {value:?}");
            }
            Some(values.iter().filter(|value| value.is_ok()).count())
        }
        // Nothing was stored yet, or it can't be seen.
        Err(Error::Attach { .. } | Error::Storage(_)) => None,
        Err(other) => panic!("{other}"),
    };
    other.shutdown().await;
    found
}

#[test]
fn another_client_finds_every_value_where_nothing_else_goes_wrong() {
    for seed in 0..100 {
        let simulation = Simulation::seed(seed).faults(Faults::none());
        let ran = simulation.run(|exec| kill_and_attach(exec, seed));
        // The first object takes less than 200 ms.
        let is_submitted = seed * 251 % 20_000 > 200;
        assert_eq!(
            ran.value,
            is_submitted.then_some(20).or(ran.value.filter(|found| *found == 20))
        );
    }
}

#[test]
fn another_client_goes_on_whatever_else_goes_wrong() {
    let seed = std::cell::Cell::new(0);
    Simulation::seed(0).check(0..300, |exec| {
        seed.set(seed.get() + 1);
        let after = seed.get();
        async move {
            kill_and_attach(exec, after).await;
        }
    });
}
