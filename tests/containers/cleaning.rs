//! Nothing stays behind.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

use lithops::prelude::*;
use lithops::{CleanScope, Cleaning};

use crate::Case;
use crate::docker::{docker, has_container, until};
use crate::suite::executor;

pub(crate) const CASES: &[Case] = &[
    ("cleaning::nothing_is_left_after_a_shutdown", nothing_is_left_after_a_shutdown),
    ("cleaning::nothing_is_left_after_a_drop", nothing_is_left_after_a_drop),
    ("cleaning::a_killed_client_leaves_nothing", a_killed_client_leaves_nothing),
    ("cleaning::a_leftover_is_removed_at_the_next_start", a_leftover_is_removed_at_the_next_start),
    ("cleaning::containers_are_warm_between_jobs", containers_are_warm_between_jobs),
];

/// Set for this program to run as a client that does not end.
pub(crate) const CLIENT: &str = "LITHOPS_TEST_CLIENT";

/// The container that a call runs in.
fn container(_: u32) -> String {
    std::fs::read_to_string("/etc/hostname").unwrap().trim().to_owned()
}

fn nothing_is_left_after_a_shutdown() {
    let containers = lithops::block_on(async {
        let exec = executor(|_| {}).await;
        let containers = exec.map(container, 0..2).await.unwrap();
        assert!(containers.iter().all(|id| has_container(id)));
        exec.shutdown().await;
        containers
    });
    assert!(!containers.iter().any(|id| has_container(id)), "{containers:?}");
}

fn nothing_is_left_after_a_drop() {
    let id = lithops::block_on(async {
        let exec = executor(|_| {}).await;
        exec.call_async(container, 0).await.unwrap()
    });
    until("the container's end", || !has_container(&id));
}

/// Prints where its call runs, and waits to be killed.
pub(crate) fn be_a_client() -> ExitCode {
    lithops::block_on(async {
        let exec = executor(|_| {}).await;
        println!("{}", exec.call_async(container, 0).await.unwrap());
        std::future::pending::<()>().await;
    });
    ExitCode::FAILURE
}

fn a_killed_client_leaves_nothing() {
    let mut client =
        Command::new("/proc/self/exe").env(CLIENT, "1").stdout(Stdio::piped()).spawn().unwrap();
    let mut id = String::new();
    BufReader::new(client.stdout.take().unwrap()).read_line(&mut id).unwrap();
    let id = id.trim();
    assert!(has_container(id), "{id}");
    client.kill().unwrap();
    client.wait().unwrap();
    until("the container's end", || !has_container(id));
}

fn a_leftover_is_removed_at_the_next_start() {
    let mut dead = Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap();
    let place = format!("{}/{}", boot.trim(), namespace.display());
    let label = |owner: &str| format!("--label=dev.lithops.owner={owner}");
    let of_the_dead = label(&format!("{place} {} 1", dead.id()));
    let of_another_machine = label(&format!("other/pid:[1] {} 1", dead.id()));
    lithops::block_on(async {
        // The first executor brings the image.
        let exec = executor(|_| {}).await;
        let first = exec.call_async(container, 0).await.unwrap();
        let image = docker(&["inspect", "--format", "{{.Image}}", &first]).unwrap();
        let left = docker(&["create", &of_the_dead, &image]).unwrap();
        let others = docker(&["create", &of_another_machine, &image]).unwrap();

        let next = executor(|_| {}).await;
        next.call_async(container, 0).await.unwrap();
        assert!(!has_container(&left), "{left}");
        assert!(has_container(&others), "{others}");
        assert!(has_container(&first), "{first}");
        // Who asks for all is told of what is not left behind, too.
        let name = docker(&["inspect", "--format", "{{.Name}}", &others]).unwrap();
        let told = [CleanScope::Leftovers, CleanScope::All].map(async |scope| {
            let found = next.leftovers(&Cleaning { scope, ..Cleaning::default() }).await.unwrap();
            let found = found.iter().find(|found| name == format!("/{}", found.name));
            found.map(|found| (found.kind, found.changed.is_some()))
        });
        let [leftovers, all] = told;
        assert_eq!((leftovers.await, all.await), (None, Some(("container", true))));
        docker(&["rm", "--force", &others]).unwrap();
        next.shutdown().await;
        exec.shutdown().await;
    });
}

fn containers_are_warm_between_jobs() {
    lithops::block_on(async {
        let exec = executor(|section| section.worker_processes = Some(2)).await;
        let mut seen = exec.map(container, 0..20).await.unwrap();
        // Workers of another profile take the place of the first ones, in the same container.
        let other = exec.map(container, 0..20).env("LEVEL", "3");
        seen.extend(other.await.unwrap());
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
        exec.shutdown().await;
    });
}
