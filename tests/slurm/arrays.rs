//! More workers than an array job may have tasks.

use lithops::prelude::*;

use crate::Case;
use crate::cluster::{alone_with_the_frail, until};
use crate::stage::{Stage, play_when_told};
use crate::tenant::{ON_THE_FRAIL, Tenant};

pub(crate) const CASES: &[Case] = &[(
    "arrays::more_workers_than_an_array_has_tasks_take_several_arrays",
    more_workers_than_an_array_has_tasks_take_several_arrays,
)];

/// The cluster's `MaxArraySize` is 101.
const WORKERS: u32 = 120;

fn more_workers_than_an_array_has_tasks_take_several_arrays() {
    let _alone = alone_with_the_frail();
    let tenant = Tenant::new();
    lithops::block_on(async {
        let stage = Stage::new();
        let builder = tenant.builder(ON_THE_FRAIL).workers(WORKERS as usize);
        let exec = builder.build().await.unwrap();
        let job = exec.map(play_when_told, stage.inputs(WORKERS)).submit().unwrap();
        let arrays = || {
            let mut arrays: Vec<String> = tenant
                .jobs()
                .iter()
                .filter_map(|job| job.split(' ').next().map(str::to_owned))
                .collect();
            arrays.sort();
            arrays.dedup();
            arrays.len()
        };
        until("two array jobs", || arrays() == 2);
        // The node has room for a few of them, and the others wait.
        stage.until_begun(1);
        stage.let_go();
        let expected: Vec<u32> = (0..WORKERS).map(|call| call * 10).collect();
        assert_eq!(job.results().await.unwrap(), expected);
        drop(job);
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}
