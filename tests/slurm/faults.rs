//! What a cluster does to jobs: their calls come through, or what has become of them is named.

use std::time::Duration;

use lithops::prelude::*;
use lithops::{CallError, Error};

use crate::Case;
use crate::cluster::{FRAIL, alone_with_the_frail, slurm, until};
use crate::stage::{Stage, hang_at_first, play_or_wait_on_the_frail, play_when_told};
use crate::tenant::{ELSEWHERE, ON_THE_FRAIL, Tenant};

pub(crate) const CASES: &[Case] = &[
    ("faults::a_node_that_dies_costs_no_result", a_node_that_dies_costs_no_result),
    (
        "faults::a_node_that_dies_costs_no_result_through_storage",
        a_node_that_dies_costs_no_result_through_storage,
    ),
    ("faults::memory_that_a_job_lacks_is_told", memory_that_a_job_lacks_is_told),
    ("faults::preempted_workers_cost_no_result", preempted_workers_cost_no_result),
    ("faults::jobs_that_another_cancels_cost_no_result", jobs_that_another_cancels_cost_no_result),
    ("faults::a_folder_that_is_removed_is_made_again", a_folder_that_is_removed_is_made_again),
    ("faults::a_partition_that_is_not_there_is_named", a_partition_that_is_not_there_is_named),
];

/// Cases that take minutes.
pub(crate) const LONG: &[Case] =
    &[("faults::a_time_limit_costs_no_result", a_time_limit_costs_no_result)];

/// Whether those are to be run, or why not.
pub(crate) fn has_time() -> Result<(), String> {
    let told = std::env::var_os("LITHOPS_TEST_SLURM_LONG");
    let reason = "Slurm's shortest limit is a minute: set LITHOPS_TEST_SLURM_LONG=1";
    told.map(drop).ok_or_else(|| reason.to_owned())
}

fn a_node_that_dies_costs_no_result() {
    a_node_dies("");
}

fn a_node_that_dies_costs_no_result_through_storage() {
    a_node_dies("link = false");
}

/// Kills one of three nodes, with a worker each, while it has calls.
fn a_node_dies(section: &str) {
    const CALLS: u32 = 1000;
    let _alone = alone_with_the_frail();
    let tenant = Tenant::new();
    lithops::block_on(async {
        let stage = Stage::new();
        // No node has room for two of them.
        let builder = tenant.builder(&format!("runtime_cpu = 9\n{section}")).workers(3);
        let builder = builder.silence_bound(Duration::from_secs(10));
        let exec = builder.build().await.unwrap();
        let job = exec.map(play_or_wait_on_the_frail, stage.inputs(CALLS)).submit().unwrap();
        until("calls on two nodes", || {
            let frail = stage.begun_on(FRAIL);
            frail > 0 && stage.begun() > frail
        });
        tenant.cluster.kill_node(FRAIL);
        // An attempt on the node that was started again would wait otherwise.
        stage.let_go();
        let results = job.results().await;
        let summary = job.finished().await;
        drop(job);
        tenant.cluster.start_node(FRAIL);
        let expected: Vec<u32> = (0..CALLS).map(|call| call * 10).collect();
        assert_eq!(results.unwrap(), expected);
        assert!(summary.repeated > 0, "{summary}");
        exec.shutdown().await;
    });
    until("the end of all jobs", || tenant.has_nothing());
}

fn memory_that_a_job_lacks_is_told() {
    let tenant = Tenant::new();
    const LIMIT: u64 = 300 << 20;
    let error = lithops::block_on(async {
        let section = format!("runtime_memory = {}\n{ELSEWHERE}", LIMIT >> 20);
        let exec = tenant.builder(&section).build().await.unwrap();
        let fill = |bytes: usize| std::hint::black_box(vec![1u8; bytes]).len();
        let error = exec.map(fill, [1 << 20, 2 << 30]).await.unwrap_err();
        exec.shutdown().await;
        error
    });
    let Error::Call { index: 1, cause: CallError::OutOfMemory { limit: LIMIT, peak }, .. } = error
    else {
        panic!("{error:?}")
    };
    assert!(peak >= LIMIT / 2, "{peak}");
    tenant.assert_nothing_is_left();
}

fn preempted_workers_cost_no_result() {
    let _alone = alone_with_the_frail();
    let tenant = Tenant::new();
    lithops::block_on(async {
        let stage = Stage::new();
        let section = format!("partition = \"low\"\nruntime_cpu = 8\n{ON_THE_FRAIL}");
        let exec = tenant.builder(&section).build().await.unwrap();
        let job = exec.map(play_when_told, stage.inputs(20)).submit().unwrap();
        stage.until_begun(2);
        let before = tenant.jobs();
        assert!(before.iter().all(|job| job.ends_with(" RUNNING n2")), "{before:?}");

        let released = stage.folder().join("released");
        let hold = format!("until test -e {}; do sleep 0.1; done", released.display());
        let high = slurm(
            "sbatch",
            &[
                "--parsable",
                "--partition=high",
                "--nodelist=n2",
                "--cpus-per-task=16",
                "--time=2",
                "--output=/dev/null",
                "--wrap",
                &hold,
            ],
        );
        let high = ["--jobs", high.trim(), "--format=%T"];
        until("the job that goes before", || tenant.cluster.queue(&high) == ["RUNNING"]);
        assert!(tenant.jobs().iter().all(|job| !job.contains(" RUNNING ")), "{:?}", tenant.jobs());
        std::fs::write(released, "").unwrap();
        stage.let_go();
        let expected: Vec<u32> = (0..20).map(|call| call * 10).collect();
        assert_eq!(job.results().await.unwrap(), expected);
        let summary = job.finished().await;
        assert!(summary.repeated > 0, "{summary}");
        drop(job);
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}

fn jobs_that_another_cancels_cost_no_result() {
    let tenant = Tenant::new();
    lithops::block_on(async {
        let stage = Stage::new();
        let exec = tenant.builder(ELSEWHERE).build().await.unwrap();
        let job = exec.map(play_when_told, stage.inputs(20)).submit().unwrap();
        stage.until_begun(2);
        let array = tenant.jobs()[0].split(' ').next().unwrap().to_owned();
        slurm("scancel", &[&array]);
        until("the array's end", || tenant.jobs().iter().all(|job| !job.starts_with(&array)));
        stage.let_go();
        let expected: Vec<u32> = (0..20).map(|call| call * 10).collect();
        assert_eq!(job.results().await.unwrap(), expected);
        let summary = job.finished().await;
        assert!(summary.repeated > 0, "{summary}");
        drop(job);
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}

/// Between two jobs that have workers of their own, of an executor that goes on.
fn a_folder_that_is_removed_is_made_again() {
    let tenant = Tenant::new();
    lithops::block_on(async {
        let section = format!("idle = 0\n{ELSEWHERE}");
        let exec = tenant.builder(&section).build().await.unwrap();
        assert_eq!(exec.map(|x: u32| x + 1, 0..2).await.unwrap(), [1, 2]);
        until("the workers' end", || tenant.jobs().is_empty());
        tenant.remove_files();
        // Who finds it so may fail, and tells the next.
        drop(exec.map(|x: u32| x + 1, 0..2).await);
        assert_eq!(exec.map(|x: u32| x + 1, 0..2).await.unwrap(), [1, 2]);
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}

fn a_partition_that_is_not_there_is_named() {
    let tenant = Tenant::new();
    let error = lithops::block_on(async {
        let exec = tenant.builder("partition = \"nowhere\"").build().await.unwrap();
        let error = exec.call_async(|x: u32| x, 1).await.unwrap_err();
        exec.shutdown().await;
        error.to_string()
    });
    for part in ["invalid partition", "slurm.partition", "sinfo"] {
        assert!(error.contains(part), "{error}");
    }
    tenant.assert_nothing_is_left();
}

fn a_time_limit_costs_no_result() {
    let tenant = Tenant::new();
    lithops::block_on(async {
        let stage = Stage::new();
        let section = format!("time_limit = 60\n{ELSEWHERE}");
        let exec = tenant.builder(&section).build().await.unwrap();
        let job = exec.map(hang_at_first, stage.inputs(2)).submit().unwrap();
        assert_eq!(job.results().await.unwrap(), [0, 10]);
        let summary = job.finished().await;
        assert_eq!(summary.repeated, 2, "{summary}");
        drop(job);
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}
