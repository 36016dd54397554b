//! What goes wrong with containers and engines: named, or mended.

use std::path::Path;

use lithops::prelude::*;
use lithops::{CallError, Error};

use crate::Case;
use crate::docker::{docker, until};
use crate::suite::executor;

/// Cases that need an engine.
pub(crate) const CASES: &[Case] = &[
    ("faults::memory_that_the_kernel_refuses_is_told", memory_that_the_kernel_refuses_is_told),
    ("faults::a_killed_container_costs_no_result", a_killed_container_costs_no_result),
    (
        "faults::a_call_that_loses_its_container_is_named_after_three_attempts",
        a_call_that_loses_its_container_is_named_after_three_attempts,
    ),
    ("faults::an_image_that_is_nowhere_is_named", an_image_that_is_nowhere_is_named),
    ("faults::an_image_without_a_program_is_refused", an_image_without_a_program_is_refused),
];

/// Cases that need none.
pub(crate) const ELSEWHERE: &[Case] = &[
    ("faults::an_engine_that_is_not_there_is_told", an_engine_that_is_not_there_is_told),
    ("faults::settings_out_of_range_are_refused", settings_out_of_range_are_refused),
];

fn memory_that_the_kernel_refuses_is_told() {
    const LIMIT: u64 = 64 << 20;
    let error = lithops::block_on(async {
        let exec = executor(|section| section.runtime_memory = Some(LIMIT >> 20)).await;
        let fill = |bytes: usize| std::hint::black_box(vec![1u8; bytes]).len();
        let error = exec.map(fill, [1 << 20, 256 << 20]).await.unwrap_err();
        exec.shutdown().await;
        error
    });
    let Error::Call { index: 1, cause: CallError::OutOfMemory { limit: LIMIT, peak }, .. } = error
    else {
        panic!("{error:?}")
    };
    assert!(peak >= LIMIT / 2, "{peak}");
}

/// Says where it runs, and waits to be killed, unless it was before.
pub(crate) fn wait_at_first((folder, call): (String, u32)) -> u32 {
    if lithops::context().attempt() == 1 {
        let host = std::fs::read_to_string("/etc/hostname").unwrap();
        std::fs::write(Path::new(&folder).join(call.to_string()), host.trim()).unwrap();
        loop {
            std::thread::park();
        }
    }
    call
}

/// A folder that any user may write.
pub(crate) fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

fn a_killed_container_costs_no_result() {
    let folder = open_folder();
    let path = folder.path().to_str().unwrap().to_owned();
    let volume = format!("{path}:{path}");
    lithops::block_on(async {
        let exec = executor(|section| section.volumes = vec![volume]).await;
        let inputs: Vec<_> = (0..2).map(|call| (path.clone(), call)).collect();
        let job = exec.map(wait_at_first, inputs).submit().unwrap();
        for call in ["0", "1"] {
            let file = folder.path().join(call);
            let host = || std::fs::read_to_string(&file).unwrap_or_default();
            until("the call's begin", || !host().is_empty());
            docker(&["kill", &host()]).unwrap();
        }
        assert_eq!(job.results().await.unwrap(), [0, 1]);
        exec.shutdown().await;
    });
}

/// Says where it runs, and waits to be killed, whichever attempt it is.
fn wait_at_one((folder, call): (String, u32)) -> u32 {
    if call == 1 {
        let host = std::fs::read_to_string("/etc/hostname").unwrap();
        let attempt = lithops::context().attempt();
        std::fs::write(Path::new(&folder).join(attempt.to_string()), host.trim()).unwrap();
        loop {
            std::thread::park();
        }
    }
    call
}

fn a_call_that_loses_its_container_is_named_after_three_attempts() {
    let folder = open_folder();
    let path = folder.path().to_str().unwrap().to_owned();
    let volume = format!("{path}:{path}");
    lithops::block_on(async {
        let exec = executor(|section| section.volumes = vec![volume]).await;
        let inputs: Vec<_> = (0..3).map(|call| (path.clone(), call)).collect();
        let job = exec.map(wait_at_one, inputs).submit().unwrap();
        for attempt in ["1", "2", "3"] {
            let file = folder.path().join(attempt);
            let host = || std::fs::read_to_string(&file).unwrap_or_default();
            until("the call's begin", || !host().is_empty());
            docker(&["kill", &host()]).unwrap();
        }
        let outcomes = job.settled().await.unwrap();
        assert_eq!(outcomes[0].as_ref().unwrap(), &0);
        assert_eq!(outcomes[2].as_ref().unwrap(), &2);
        let Err(CallError::WorkerLost { reason }) = &outcomes[1] else { panic!("{outcomes:?}") };
        assert!(reason.contains("it was killed (exit code 137)"), "{reason}");
        exec.shutdown().await;
    });
}

/// Why a job of one call could not run.
fn refusal(change: impl FnOnce(&mut lithops::ContainersSection)) -> String {
    let error = lithops::block_on(async {
        let exec = executor(change).await;
        let error = exec.call_async(|x: u32| x, 1).await.unwrap_err();
        exec.shutdown().await;
        error
    });
    let Error::Call { cause: CallError::JobFailed { reason }, .. } = error else {
        panic!("{error:?}")
    };
    reason
}

fn an_image_that_is_nowhere_is_named() {
    // Nobody listens at this port.
    let name = "127.0.0.1:1/nowhere:1";
    let reason = refusal(|section| section.runtime = Some(name.to_owned()));
    assert!(reason.contains(name), "{reason}");
}

fn an_image_without_a_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("empty.tar");
    std::fs::write(&archive, [0; 10240]).unwrap();
    let name = "lithops-test/empty:1";
    docker(&["import", archive.to_str().unwrap(), name]).unwrap();
    let reason = refusal(|section| section.runtime = Some(name.to_owned()));
    docker(&["rmi", name]).unwrap();
    assert!(
        reason.contains("lithops runtime build PROGRAM --base-image lithops-test/empty:1"),
        "{reason}"
    );
}

fn an_engine_that_is_not_there_is_told() {
    let place = "unix:///nowhere/docker.sock";
    let reason = refusal(|section| section.engine = Some(place.to_owned()));
    for part in [place, "no such socket", "DOCKER_HOST"] {
        assert!(reason.contains(part), "{reason}");
    }
}

fn settings_out_of_range_are_refused() {
    let refused = |change: fn(&mut lithops::ContainersSection)| {
        let mut config = lithops::Config { backend: "containers".into(), ..Default::default() };
        change(&mut config.containers);
        match lithops::block_on(lithops::Builder::new(config).build()) {
            Err(Error::Config(lithops::ConfigError::Invalid { key, .. })) => key,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(|s| s.worker_processes = Some(0)), "containers.worker_processes");
    assert_eq!(refused(|s| s.runtime_memory = Some(6)), "containers.runtime_memory");
    assert_eq!(refused(|s| s.runtime_cpu = Some(0.0)), "containers.runtime_cpu");
    assert_eq!(refused(|s| s.pids_limit = Some(1)), "containers.pids_limit");
    assert_eq!(refused(|s| s.volumes = vec!["data:x".into()]), "containers.volumes");
}
