//! The library under faults: thousands of seeds, jobs of several shapes, over links and through
//! storage.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::ops::Range;
use std::time::Duration;

use lithops_core::api::{ExecutorExt, context};
use lithops_core::wire::CallError;
use lithops_simulation::{Faults, Simulation, check};

/// The seeds of one shape of a job.
fn seeds(count: u64) -> Range<u64> {
    0..count
}

fn double(x: u32) -> u32 {
    x * 2
}

fn sum(values: Vec<u32>) -> u32 {
    values.iter().sum()
}

fn fail_first(x: u32) -> Result<u32, std::io::Error> {
    if context().attempt() == 1 { Err(std::io::Error::other("the first time")) } else { Ok(x) }
}

fn poison_at_three(x: u32) -> u32 {
    if x == 3 {
        lithops_simulation::die();
    }
    x
}

/// Every value that is there is that of its input.
fn hold(values: Vec<Result<u32, CallError>>, expected: impl Fn(u32) -> u32) {
    for (x, value) in (0..).zip(values) {
        if let Ok(value) = value {
            assert_eq!(value, expected(x));
        }
    }
}

#[test]
fn nothing_fails_where_nothing_goes_wrong() {
    for seed in seeds(100) {
        let simulation = Simulation::seed(seed).faults(Faults::none());
        let ran = simulation.run(|exec| async move { exec.map(double, 0..20u32).await.unwrap() });
        assert_eq!(ran.value, (0..20).map(double).collect::<Vec<_>>());
        assert_eq!((ran.faults, ran.executions), (0, 20));
    }
}

#[test]
fn the_same_seed_gives_the_same_events() {
    for seed in seeds(40) {
        let run = || {
            let ran = Simulation::seed(seed).run(|exec| async move {
                exec.map(double, 0..20u32).retries(3).settled().await.unwrap()
            });
            (ran.log.digest(), ran.log.len(), ran.took)
        };
        assert_eq!(run(), run());
    }
}

#[test]
fn a_map_keeps_its_promises() {
    check(seeds(400), |exec| async move {
        hold(exec.map(double, 0..20u32).settled().await.unwrap(), double);
    });
}

#[test]
fn a_map_reduce_keeps_its_promises() {
    check(seeds(400), |exec| async move {
        if let Ok(total) = exec.map_reduce(double, 0..12u32, sum).await {
            assert_eq!(total, (0..12).map(double).sum::<u32>());
        }
    });
}

#[test]
fn stages_keep_their_promises() {
    check(seeds(300), |exec| async move {
        let last = exec.map(double, 0..10u32).map(double).map(double);
        hold(last.settled().await.unwrap(), |x| x * 8);
    });
}

#[test]
fn repetitions_keep_their_promises() {
    check(seeds(400), |exec| async move {
        let values = exec.map(fail_first, 0..10u32).retries(2).settled().await.unwrap();
        hold(values, |x| x);
    });
}

#[test]
fn a_call_that_kills_its_workers_is_named_and_costs_no_other() {
    check(seeds(300), |exec| async move {
        let values = exec.map(poison_at_three, 0..10u32).settled().await.unwrap();
        assert!(values[3].is_err());
        hold(values, |x| x);
    });
}

#[test]
fn results_that_go_through_storage_keep_their_promises() {
    fn large(x: u32) -> Vec<u32> {
        vec![x; 30_000]
    }
    fn first(values: Vec<u32>) -> u32 {
        values[29_999]
    }
    check(seeds(100), |exec| async move {
        let last = exec.map(large, 0..6u32).map(first);
        hold(last.settled().await.unwrap(), |x| x);
    });
}

#[test]
fn jobs_that_are_dropped_or_cancelled_leave_nothing() {
    check(seeds(200), |exec| async move {
        let dropped = exec.map(double, 0..10u32).submit().unwrap();
        let cancelled = exec.map(double, 0..10u32).chunk_size(3).submit().unwrap();
        let whole = exec.map(double, 0..10u32).submit().unwrap();
        tokio::time::sleep(exec.draw((Duration::ZERO, Duration::from_secs(8)))).await;
        drop(dropped);
        cancelled.cancel();
        hold(cancelled.settled().await.unwrap(), double);
        hold(whole.settled().await.unwrap(), double);
    });
}

#[test]
fn most_calls_have_a_value_however_harsh_it_is() {
    let (mut calls, mut values, mut faults) = (0, 0, 0);
    for seed in seeds(100) {
        let ran = Simulation::seed(seed)
            .run(|exec| async move { exec.map(double, 0..20u32).settled().await.unwrap() });
        calls += ran.value.len();
        values += ran.value.iter().filter(|value| value.is_ok()).count();
        faults += ran.faults;
    }
    assert!(values * 10 > calls * 9, "{values} of {calls} calls have a value");
    assert!(faults > 1000, "{faults} faults");
}

#[test]
#[ignore = "takes minutes: to be run after a change of the engine"]
fn ten_thousand_more_seeds_keep_their_promises() {
    check(10_000..20_000, |exec| async move {
        let last = exec.map(fail_first, 0..10u32).retries(3).map(poison_at_three);
        hold(last.settled().await.unwrap(), |x| x);
    });
}

#[test]
fn one_call_and_none_keep_their_promises() {
    check(seeds(200), |exec| async move {
        let none = exec.map(double, std::iter::empty::<u32>()).await.unwrap();
        assert_eq!(none, [0; 0]);
        if let Ok(value) = exec.call_async(double, 21u32).await {
            assert_eq!(value, 42);
        }
    });
}
