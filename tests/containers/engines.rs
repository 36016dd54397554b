//! What takes an engine of a test's own.

use std::time::Duration;

use lithops::prelude::*;

use crate::Case;
use crate::docker::{OwnEngine, docker, until};
use crate::faults::{open_folder, wait_at_first};
use crate::suite::{executor, workers};

pub(crate) const CASES: &[Case] = &[
    (
        "engines::an_engine_that_is_restarted_costs_no_result",
        an_engine_that_is_restarted_costs_no_result,
    ),
    (
        "engines::an_image_that_was_removed_is_brought_back",
        an_image_that_was_removed_is_brought_back,
    ),
    ("engines::an_end_at_any_moment_leaves_nothing", an_end_at_any_moment_leaves_nothing),
    ("engines::the_image_of_somebody_else_is_let_alone", the_image_of_somebody_else_is_let_alone),
];

fn an_engine_that_is_restarted_costs_no_result() {
    let folder = open_folder();
    let path = folder.path().to_str().unwrap().to_owned();
    let volume = format!("{path}:{path}");
    let mut engine = OwnEngine::start();
    let address = engine.address();
    lithops::block_on(async {
        let exec = workers(5, |section| {
            section.volumes = vec![volume];
            section.engine = Some(address);
        });
        let exec = exec.await;
        let inputs: Vec<_> = (0..5).map(|call| (path.clone(), call)).collect();
        let job = exec.map(wait_at_first, inputs).submit().unwrap();
        until("the calls' begin", || {
            ["0", "1", "2", "3", "4"].iter().all(|call| folder.path().join(call).exists())
        });
        engine.restart();
        assert_eq!(job.results().await.unwrap(), [0, 1, 2, 3, 4]);
        exec.shutdown().await;
    });
}

fn an_image_that_was_removed_is_brought_back() {
    let engine = OwnEngine::start();
    let ask = |arguments: &[&str]| docker(&[&["--host", &engine.address()], arguments].concat());
    lithops::block_on(async {
        let exec = executor(|section| section.engine = Some(engine.address())).await;
        let host = |_: u32| std::fs::read_to_string("/etc/hostname").unwrap().trim().to_owned();
        let first = exec.call_async(host, 0).await.unwrap();
        let image = ask(&["inspect", "--format", "{{.Config.Image}}", &first]).unwrap();
        ask(&["rm", "--force", &first]).unwrap();
        ask(&["rmi", "--force", &image]).unwrap();
        assert_ne!(exec.call_async(host, 0).await.unwrap(), first);
        exec.shutdown().await;
    });
}

fn an_end_at_any_moment_leaves_nothing() {
    let engine = OwnEngine::start();
    let ask = |arguments: &[&str]| docker(&[&["--host", &engine.address()], arguments].concat());
    lithops::block_on(async {
        // Brings the image, so that the others are at their containers soon.
        let exec = executor(|section| section.engine = Some(engine.address())).await;
        exec.call_async(|x: u32| x, 0).await.unwrap();
        exec.shutdown().await;
        for moment in (0..10).map(|step| Duration::from_millis(step * 60)) {
            let exec = workers(4, |section| section.engine = Some(engine.address())).await;
            let job = exec.map(|x: u32| x, 0..4).chunk_size(1).submit().unwrap();
            tokio::time::timeout(moment, job.results()).await.ok();
            exec.shutdown().await;
            let left = ask(&["ps", "--all", "--quiet"]).unwrap();
            assert_eq!(left, "", "after {moment:?}");
        }
    });
}

fn the_image_of_somebody_else_is_let_alone() {
    let engine = OwnEngine::start();
    let ask = |arguments: &[&str]| docker(&[&["--host", &engine.address()], arguments].concat());
    lithops::block_on(async {
        let use_it = async || {
            let exec = executor(|section| section.engine = Some(engine.address())).await;
            assert_eq!(exec.call_async(|x: u32| x + 1, 6).await.unwrap(), 7);
            exec.shutdown().await;
        };
        use_it().await;
        // It has the labels of ours, and another program.
        let ours = ask(&["images", "--format", "{{.Repository}}:{{.Tag}}"]).unwrap();
        let container = ask(&["create", &ours]).unwrap();
        let entry = "ENTRYPOINT [\"/nothing\"]";
        ask(&["commit", "--change", entry, &container, "mine/app:prod"]).unwrap();
        ask(&["rm", &container]).unwrap();
        use_it().await;
        // Takes its name only, as another stands upon it.
        ask(&["rmi", &ours]).unwrap();
        use_it().await;
        assert!(!ask(&["images", "--quiet", "mine/app:prod"]).unwrap().is_empty());
    });
}
