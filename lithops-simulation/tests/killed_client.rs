//! A client is killed at any moment, and another one goes on with its job.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::time::Duration;

use lithops_core::api::ExecutorExt;
use lithops_core::error::Error;
use lithops_core::ports::Executor;
use lithops_simulation::{Faults, SimulatedExecutor, Simulation, check};

fn double(x: u32) -> u32 {
    x * 2
}

/// Kills the client within 20 s, and has another one attach to its job of 20 calls. Gives how long the
/// first one lived, and how many values the other one found; `None` if it found no job.
async fn kill_and_attach(exec: SimulatedExecutor) -> (Duration, Option<usize>) {
    let job = exec.map(double, 0..20u32).retries(5).through_storage().submit().unwrap();
    let lived = exec.draw((Duration::ZERO, Duration::from_secs(20)));
    tokio::time::sleep(lived).await;
    let other = exec.kill();
    let attached = other.attach_id::<u32>(job.id()).await;
    // What the dead client does next is seen by nobody.
    drop((job, exec));
    let found = match attached {
        Ok(job) => {
            let values = job.settled().await.unwrap();
            for (x, value) in (0..).zip(&values) {
                assert!(value.is_err() || *value == Ok(x * 2), "{x}: {value:?}");
            }
            Some(values.iter().filter(|value| value.is_ok()).count())
        }
        // Nothing was stored yet, or it can't be seen.
        Err(Error::Attach { .. } | Error::Storage(_)) => None,
        Err(other) => panic!("{other}"),
    };
    other.shutdown().await;
    (lived, found)
}

#[test]
fn another_client_finds_every_value_where_nothing_else_goes_wrong() {
    let mut found = 0;
    for seed in 0..100 {
        let ran = Simulation::seed(seed).faults(Faults::none()).run(kill_and_attach);
        let (lived, values) = ran.value;
        // The first object takes less than 100 ms.
        assert!(values == Some(20) || (values.is_none() && lived < Duration::from_millis(100)));
        found += usize::from(values.is_some());
    }
    assert!(found > 95, "the client of {found} seeds lived long enough");
}

#[test]
fn another_client_goes_on_whatever_else_goes_wrong() {
    check(0..200, |exec| async move {
        kill_and_attach(exec).await;
    });
}
