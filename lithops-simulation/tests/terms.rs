//! What a simulation promises to those who test their jobs in it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::time::Duration;

use lithops_core::api::{ExecutorExt, context};
use lithops_core::wire::CallError;
use lithops_simulation::{Faults, Simulation, SimulationError, Violation, Way};

const MINUTE: Duration = Duration::from_secs(60);

fn calm(way: Way) -> Simulation {
    Simulation::seed(1).faults(Faults::none()).way(way)
}

#[test]
fn what_a_function_says_it_takes_is_simulated_time() {
    fn long(x: u32) -> u32 {
        lithops_simulation::take(10 * MINUTE);
        x
    }
    async fn waits(x: u32) -> u32 {
        tokio::time::sleep(10 * MINUTE).await;
        x
    }
    for way in [Way::Links, Way::Storage] {
        let long = calm(way).run(|exec| async move { exec.map(long, 0..4u32).await.unwrap() });
        let waits = calm(way).run(|exec| async move { exec.map(waits, 0..4u32).await.unwrap() });
        assert_eq!((&long.value, &waits.value), (&vec![0, 1, 2, 3], &vec![0, 1, 2, 3]));
        for took in [long.took, waits.took] {
            assert!((10 * MINUTE..11 * MINUTE).contains(&took), "{took:?}");
        }
    }
}

#[test]
fn a_call_past_its_limit_ends_at_it() {
    fn long(x: u32) -> u32 {
        lithops_simulation::take(10 * MINUTE);
        x
    }
    for way in [Way::Links, Way::Storage] {
        let ran = calm(way).run(|exec| async move {
            exec.map(long, 0..2u32).timeout(MINUTE).settled().await.unwrap()
        });
        let late = Err(CallError::TimedOut { limit_ms: 60_000 });
        assert_eq!(ran.value, [late.clone(), late]);
    }
}

#[test]
fn a_function_that_gives_something_else_the_second_time_is_found() {
    fn moody(x: u32) -> u32 {
        x + context().attempt()
    }
    let found = (0..200).find_map(|seed| {
        let ran = Simulation::seed(seed).try_run(|exec| async move {
            let values = exec.map(moody, 0..10u32).await.unwrap_or_default();
            assert!((1..).zip(&values).all(|(expected, value)| *value == expected), "{values:?}");
        });
        ran.err()
    });
    let Some(SimulationError::Failed(failure)) = found else { panic!("{found:?}") };
    let [Violation::Panicked { message }] = failure.violations.as_slice() else {
        panic!("{:?}", failure.violations)
    };
    assert!(message.starts_with('['), "{message}");
    let replay = format!(
        "LITHOPS_SIMULATION_SEED={} cargo test -p lithops-simulation -- --exact \
         a_function_that_gives_something_else_the_second_time_is_found",
        failure.seed
    );
    let shown = failure.to_string();
    assert!(shown.ends_with(&replay), "{shown}");
}

#[test]
fn a_scenario_that_never_ends_is_told() {
    let ran = calm(Way::Links).bound(MINUTE).try_run(|_| std::future::pending::<()>());
    let Err(SimulationError::Failed(failure)) = ran else { panic!("{ran:?}") };
    assert_eq!(failure.violations, [Violation::Unended { bound: MINUTE }]);
}
