//! A call that tries to get out of its container: into the kernel, the host, the engine, the agent.

use std::fs;
use std::io::Error;
use std::path::Path;

use libc::c_long;
use lithops::Data;
use lithops::prelude::*;
use tempfile::TempDir;

use crate::Case;
use crate::suite::executor;

pub(crate) const CASES: &[Case] = &[
    ("escape::no_way_into_the_kernel_is_open", no_way_into_the_kernel_is_open),
    ("escape::the_agent_can_not_be_taken_over", the_agent_can_not_be_taken_over),
    (
        "escape::settings_of_the_kernel_can_not_be_written",
        settings_of_the_kernel_can_not_be_written,
    ),
    ("escape::devices_of_the_host_are_not_there", devices_of_the_host_are_not_there),
    ("escape::files_of_the_host_and_its_engine_are_not_there", files_of_the_host_are_not_there),
    ("escape::processes_of_the_host_are_not_there", processes_of_the_host_are_not_there),
];

/// What a call that makes these attempts is told, by their names: 0 where one has succeeded.
type Told = Vec<(String, i32)>;

/// Runs a function in a container of the default settings.
fn in_container<In, Out, F, M>(function: F, input: In) -> Out
where
    F: Fn(In) -> Out + lithops::RemoteFn,
    In: Data,
    Out: Data + lithops::TaskOutput<M, Value = Out>,
    M: 'static,
{
    lithops::block_on(async {
        let exec = executor(|_| {}).await;
        let told = exec.call_async(function, input).await;
        exec.shutdown().await;
        told.unwrap()
    })
}

/// The number of the error of a system call that no safe wrapper makes as it is tried here; 0 if
/// there was none.
#[expect(unsafe_code, reason = "what is refused has no safe wrapper")]
fn refused(number: c_long, arguments: [c_long; 5]) -> i32 {
    let [a, b, c, d, e] = arguments;
    // SAFETY: pointers among the arguments are null or to text that outlives the call; whatever the
    // kernel does, it does to the process of a test.
    match unsafe { libc::syscall(number, a, b, c, d, e) } {
        -1 => Error::last_os_error().raw_os_error().unwrap_or(-1),
        _ => 0,
    }
}

fn text(text: &'static std::ffi::CStr) -> c_long {
    text.as_ptr() as c_long
}

fn ways_into_the_kernel(_: ()) -> Told {
    let raw = c_long::from(libc::SOCK_RAW);
    let of_internet = c_long::from(libc::AF_INET);
    let packets = c_long::from(libc::AF_PACKET);
    let tries = [
        ("become root", libc::SYS_setuid, [0; 5]),
        ("join the group of root", libc::SYS_setgid, [0; 5]),
        ("drop all groups", libc::SYS_setgroups, [0; 5]),
        ("a user namespace", libc::SYS_unshare, [c_long::from(libc::CLONE_NEWUSER), 0, 0, 0, 0]),
        ("a mount namespace", libc::SYS_unshare, [c_long::from(libc::CLONE_NEWNS), 0, 0, 0, 0]),
        ("a network namespace", libc::SYS_unshare, [c_long::from(libc::CLONE_NEWNET), 0, 0, 0, 0]),
        (
            "mount a file system",
            libc::SYS_mount,
            [text(c"none"), text(c"/tmp"), text(c"tmpfs"), 0, 0],
        ),
        ("unmount the socket", libc::SYS_umount2, [text(c"/lithops"), 0, 0, 0, 0]),
        ("change the root", libc::SYS_pivot_root, [text(c"/tmp"), text(c"/tmp"), 0, 0, 0]),
        ("change its own root", libc::SYS_chroot, [text(c"/tmp"), 0, 0, 0, 0]),
        ("a raw socket", libc::SYS_socket, [of_internet, raw, 1, 0, 0]),
        ("a socket of packets", libc::SYS_socket, [packets, raw, 0, 0, 0]),
        (
            "a device",
            libc::SYS_mknodat,
            [
                c_long::from(libc::AT_FDCWD),
                text(c"/tmp/device"),
                c_long::from(libc::S_IFBLK | 0o600),
                0x0800,
                0,
            ],
        ),
        ("another keyring", libc::SYS_keyctl, [1, 0, 0, 0, 0]),
        ("a program for the kernel", libc::SYS_bpf, [5, 0, 0, 0, 0]),
        ("the counters of the processor", libc::SYS_perf_event_open, [0, 0, -1, -1, 0]),
        ("a module of the kernel", libc::SYS_init_module, [0, 0, text(c""), 0, 0]),
        ("another kernel", libc::SYS_kexec_load, [0; 5]),
        ("a reboot", libc::SYS_reboot, [0; 5]),
        ("the name of the host", libc::SYS_sethostname, [text(c"x"), 1, 0, 0, 0]),
        ("the clock of the host", libc::SYS_clock_settime, [0, 0, 0, 0, 0]),
        ("files by their handles", libc::SYS_open_by_handle_at, [0; 5]),
        ("the messages of the kernel", libc::SYS_syslog, [3, 0, 0, 0, 0]),
    ];
    let told = tries.map(|(name, number, arguments)| (name.to_owned(), refused(number, arguments)));
    told.to_vec()
}

fn no_way_into_the_kernel_is_open() {
    let told = in_container(ways_into_the_kernel, ());
    assert_eq!(told.len(), 23);
    let open: Vec<_> = told.into_iter().filter(|(_, error)| *error != libc::EPERM).collect();
    assert_eq!(open, []);
}

fn the_agent_can_not_be_taken_over() {
    let (told, opened) = in_container(
        |_: ()| {
            let agent = 1;
            let attach = c_long::from(libc::PTRACE_ATTACH);
            let tries = [
                ("trace it", libc::SYS_ptrace, [attach, agent, 0, 0, 0]),
                ("read its memory", libc::SYS_process_vm_readv, [agent, 0, 0, 0, 0]),
                ("take its connections", libc::SYS_kcmp, [agent, agent, 0, 0, 0]),
            ];
            let told = tries
                .map(|(name, number, arguments)| (name.to_owned(), refused(number, arguments)));
            let places = ["/proc/1/mem", "/proc/1/environ", "/proc/1/maps", "/proc/1/fd"];
            let open = |place: &str| fs::File::open(place).is_ok() && fs::read_dir(place).is_ok();
            let read = |place: &str| fs::read(place).is_ok();
            let opened = places.into_iter().filter(|place| open(place) || read(place));
            (told.to_vec(), opened.map(str::to_owned).collect::<Vec<_>>())
        },
        (),
    );
    let open: Told = told.into_iter().filter(|(_, error)| *error != libc::EPERM).collect();
    assert_eq!((open, opened), (vec![], vec![]));
}

/// Which of these files can be opened for writing.
fn writable(places: Vec<String>) -> Vec<String> {
    let opens = |place: &String| fs::OpenOptions::new().write(true).open(place).is_ok();
    places.into_iter().filter(opens).collect()
}

fn settings_of_the_kernel_can_not_be_written() {
    let places = [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/hostname",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sysrq-trigger",
        "/proc/1/oom_score_adj",
        "/sys/kernel/mm/transparent_hugepage/enabled",
        "/sys/fs/cgroup/cgroup.procs",
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/pids.max",
        "/proc/self/exe",
    ];
    assert_eq!(in_container(writable, places.map(str::to_owned).to_vec()), Vec::<String>::new());
}

fn devices_of_the_host_are_not_there() {
    let (devices, kernel) = in_container(
        |_: ()| {
            let mut devices: Vec<String> = fs::read_dir("/dev")
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            devices.sort();
            let kernel = ["/proc/kcore", "/proc/kmsg", "/dev/mem", "/sys/firmware/dmi/tables/DMI"];
            let reads = |place: &str| fs::read(place).is_ok_and(|bytes| !bytes.is_empty());
            let kernel: Vec<String> =
                kernel.into_iter().filter(|place| reads(place)).map(str::to_owned).collect();
            (devices, kernel)
        },
        (),
    );
    let harmless = [
        "console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm",
        "stderr", "stdin", "stdout", "tty", "urandom", "zero",
    ];
    let others: Vec<_> =
        devices.into_iter().filter(|name| !harmless.contains(&name.as_str())).collect();
    assert_eq!((others, kernel), (vec![], vec![]));
}

fn files_of_the_host_are_not_there() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("of-the-host");
    fs::write(&file, "secret").unwrap();
    let file = file.to_str().unwrap();
    let mut places = vec![file.to_owned(), format!("/proc/1/root{file}"), "/root/.ssh".to_owned()];
    let sockets = ["docker.sock", "podman/podman.sock", "containerd/containerd.sock"];
    places.extend(
        sockets.iter().flat_map(|name| [format!("/run/{name}"), format!("/var/run/{name}")]),
    );
    let there = in_container(
        |places: Vec<String>| {
            places.into_iter().filter(|place| Path::new(place).exists()).collect::<Vec<_>>()
        },
        places,
    );
    assert_eq!(there, Vec::<String>::new());
}

fn processes_of_the_host_are_not_there() {
    let own = std::process::id();
    let processes: Vec<u32> = in_container(
        |_: ()| {
            let names = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name());
            names.filter_map(|name| name.to_str()?.parse().ok()).collect()
        },
        (),
    );
    // The agent and its workers.
    assert!(processes.contains(&1) && processes.len() <= 4, "{processes:?}");
    assert!(!processes.contains(&own), "{own} is among {processes:?}");
}
