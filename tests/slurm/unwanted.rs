//! Tasks that nobody wants any more do not wait in the queue until their executor ends.

use lithops::prelude::*;

use crate::Case;
use crate::cluster::{alone_with_the_frail, slurm, until};
use crate::stage::{Stage, play_when_told};
use crate::tenant::{ELSEWHERE, ON_THE_FRAIL, Tenant};

pub(crate) const CASES: &[Case] = &[
    ("unwanted::tasks_that_are_held_are_told_and_cancelled", tasks_that_are_held),
    ("unwanted::tasks_of_a_cancelled_job_do_not_wait_on", tasks_of_a_cancelled_job),
    ("unwanted::what_a_user_tells_workers_is_not_in_their_script", what_a_user_tells_workers),
];

fn tasks_that_are_held() {
    let tenant = Tenant::new();
    lithops::block_on(async {
        let exec = tenant.builder("sbatch_options = [\"--hold\"]").build().await.unwrap();
        let error = exec.map(|x: u32| x, 0..2).await.unwrap_err().to_string();
        assert!(error.contains("will not be started before something changes (JobHeld"), "{error}");
        until("the tasks' end", || tenant.jobs().is_empty());
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}

fn tasks_of_a_cancelled_job() {
    /// The node has room for sixteen.
    const CALLS: u32 = 24;
    let _alone = alone_with_the_frail();
    let tenant = Tenant::new();
    lithops::block_on(async {
        let stage = Stage::new();
        // Workers that are there are kept; those on their way are not.
        let section = format!("idle = 3600\n{ON_THE_FRAIL}");
        let exec = tenant.builder(&section).workers(CALLS as usize).build().await.unwrap();
        let job = exec.map(play_when_told, stage.inputs(CALLS)).submit().unwrap();
        stage.until_begun(1);
        assert!(tenant.jobs().iter().any(|job| job.contains(" PENDING")), "{:?}", tenant.jobs());
        job.cancel();
        until("the end of what waits", || {
            tenant.jobs().iter().all(|job| !job.contains(" PENDING"))
        });
        drop(job);
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}

fn what_a_user_tells_workers() {
    const TOLD: &str = "it's nobody else's";
    let tenant = Tenant::new();
    lithops::block_on(async {
        let stage = Stage::new();
        let section = format!("link = false\n{ELSEWHERE}");
        let exec = tenant.builder(&section).build().await.unwrap();
        let tell = |input| {
            play_when_told(input);
            std::env::var("MINE").ok()
        };
        let job = exec.map(tell, stage.inputs(1)).env("MINE", TOLD).submit().unwrap();
        stage.until_begun(1);
        let jobs = tenant.jobs();
        let array = jobs[0].split(' ').next().unwrap();
        let script = slurm("scontrol", &["write", "batch_script", array, "-"]);
        stage.let_go();
        assert_eq!(job.results().await.unwrap(), [Some(TOLD.to_owned())]);
        assert!(script.contains("exec ") && !script.contains("nobody"), "{script}");
        drop(job);
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}
