//! What a call in a container can't do.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use lithops::prelude::*;

use crate::Case;
use crate::suite::executor;

pub(crate) const CASES: &[Case] = &[
    ("hardened::the_root_can_not_be_written", the_root_can_not_be_written),
    ("hardened::no_right_can_be_gained", no_right_can_be_gained),
    ("hardened::the_network_is_out_of_reach", the_network_is_out_of_reach),
    ("hardened::processes_are_limited", processes_are_limited),
    ("hardened::what_calls_leave_behind_is_reaped", what_calls_leave_behind_is_reaped),
    ("hardened::any_user_has_a_home", any_user_has_a_home),
    ("hardened::temporary_files_can_be_written", temporary_files_can_be_written),
];

/// Set for this program to do nothing at all.
pub(crate) const SLEEPER: &str = "LITHOPS_TEST_SLEEPER";

/// What a call that tries to write here comes to.
fn write(path: String) -> Result<(), String> {
    fs::write(path, "x").map_err(|error| error.kind().to_string())
}

fn the_root_can_not_be_written() {
    let read_only = Err(ErrorKind::ReadOnlyFilesystem.to_string());
    let written = lithops::block_on(async {
        let exec = executor(|_| {}).await;
        let paths = ["/x", "/etc/passwd", "/lithops-program", "/lithops/x"].map(String::from);
        let written = exec.map(write, paths).await.unwrap();
        exec.shutdown().await;
        written
    });
    assert_eq!(written, vec![read_only; 4]);
}

/// The lines of the process's own status that tell of its rights.
fn rights() -> Vec<String> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let tells = |line: &&str| {
        [
            "Uid:",
            "Gid:",
            "CapInh:",
            "CapPrm:",
            "CapEff:",
            "CapBnd:",
            "CapAmb:",
            "NoNewPrivs:",
            "Seccomp:",
        ]
        .iter()
        .any(|name| line.starts_with(name))
    };
    status.lines().filter(tells).map(|line| line.replace('\t', " ")).collect()
}

fn no_right_can_be_gained() {
    let (rights, root, mount) = lithops::block_on(async {
        let exec = executor(|section| section.user = Some("65532:65532".to_owned())).await;
        let found = exec.call_async(
            |(): ()| {
                let root = rustix::thread::set_thread_uid(rustix::process::Uid::ROOT);
                let mount =
                    rustix::mount::mount_remount("/", rustix::mount::MountFlags::empty(), "");
                let told = |error: rustix::io::Errno| error.raw_os_error();
                (rights(), root.map_err(told), mount.map_err(told))
            },
            (),
        );
        let found = found.await.unwrap();
        exec.shutdown().await;
        found
    });
    let expected = [
        "Uid: 65532 65532 65532 65532",
        "Gid: 65532 65532 65532 65532",
        "CapInh: 0000000000000000",
        "CapPrm: 0000000000000000",
        "CapEff: 0000000000000000",
        "CapBnd: 0000000000000000",
        "CapAmb: 0000000000000000",
        "NoNewPrivs: 1",
        "Seccomp: 2",
    ];
    assert_eq!(rights, expected);
    let not_permitted = Err(rustix::io::Errno::PERM.raw_os_error());
    assert_eq!((root, mount), (not_permitted, not_permitted));
}

fn the_network_is_out_of_reach() {
    let (interfaces, connected) = lithops::block_on(async {
        let exec = executor(|_| {}).await;
        let found = exec.call_async(
            |(): ()| {
                let devices = fs::read_to_string("/proc/net/dev").unwrap();
                let names = devices.lines().skip(2).filter_map(|line| line.split_once(':'));
                let names: Vec<_> = names.map(|(name, _)| name.trim().to_owned()).collect();
                // An address for documents, which nobody has.
                let address = SocketAddr::from(([192, 0, 2, 1], 80));
                let connection = TcpStream::connect_timeout(&address, Duration::from_secs(5));
                (names, connection.map(drop).map_err(|error| error.kind().to_string()))
            },
            (),
        );
        let found = found.await.unwrap();
        exec.shutdown().await;
        found
    });
    assert_eq!(interfaces, ["lo"]);
    assert_eq!(connected, Err(ErrorKind::NetworkUnreachable.to_string()));
}

fn processes_are_limited() {
    let begun = lithops::block_on(async {
        let exec = executor(|section| section.pids_limit = Some(40)).await;
        let begun = exec.call_async(
            |(): ()| {
                let mut children: Vec<std::process::Child> = Vec::new();
                while children.len() < 100 {
                    let mut sleeper = Command::new("/proc/self/exe");
                    match sleeper.env(SLEEPER, "1").spawn() {
                        Ok(child) => children.push(child),
                        Err(_) => break,
                    }
                }
                for child in &mut children {
                    child.kill().unwrap();
                    child.wait().unwrap();
                }
                children.len()
            },
            (),
        );
        let begun = begun.await.unwrap();
        exec.shutdown().await;
        begun
    });
    assert!((1..40).contains(&begun), "{begun}");
}

/// Set for this program to start another and end before it.
pub(crate) const PARENT: &str = "LITHOPS_TEST_PARENT";

#[expect(clippy::zombie_processes, reason = "that is what is wanted")]
pub(crate) fn leave_a_child() -> std::process::ExitCode {
    // It ends at once, as nobody tells it to stay.
    Command::new("/proc/self/exe").arg("--list").env_remove(PARENT).spawn().unwrap();
    std::process::ExitCode::SUCCESS
}

/// How many processes of the container have ended and were not reaped.
fn zombies() -> usize {
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path().join("stat"));
    let stats = processes.filter_map(|stat| fs::read_to_string(stat).ok());
    stats
        .filter(|stat| stat.rsplit_once(')').is_some_and(|(_, state)| state.starts_with(" Z")))
        .count()
}

fn what_calls_leave_behind_is_reaped() {
    lithops::block_on(async {
        let exec = executor(|_| {}).await;
        let leave =
            |_: u32| Command::new("/proc/self/exe").env(PARENT, "1").status().unwrap().success();
        assert_eq!(exec.map(leave, 0..20).await.unwrap(), vec![true; 20]);
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        while exec.call_async(|(): ()| zombies(), ()).await.unwrap() > 0 {
            assert!(std::time::Instant::now() < deadline, "they stay");
        }
        exec.shutdown().await;
    });
}

fn any_user_has_a_home() {
    let written = lithops::block_on(async {
        let exec = executor(|section| section.user = Some("1000:1000".to_owned())).await;
        let written = exec.call_async(
            |(): ()| {
                let file = format!("{}/x", std::env::var("HOME").unwrap());
                fs::write(file, "x").map_err(|error| error.to_string())
            },
            (),
        );
        let written = written.await;
        exec.shutdown().await;
        written
    });
    assert_eq!(written.unwrap(), Ok(()));
}

fn temporary_files_can_be_written() {
    let written = lithops::block_on(async {
        let exec = executor(|_| {}).await;
        let written = exec.call_async(write, "/tmp/x".to_owned()).await;
        exec.shutdown().await;
        written
    });
    assert_eq!(written.unwrap(), Ok(()));
}
