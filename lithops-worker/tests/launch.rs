//! A launcher becomes the program that it is told, or says why not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use bytes::Bytes;
use lithops_core::ports::{PutMode, StorageBackend, StorageLocation};
use lithops_core::wire::{Frame, FromWorker, PROTOCOL};
use lithops_storage::FileStorage;
use lithops_worker::{
    LAUNCH_CACHE_VARIABLE, LAUNCH_STORAGE_VARIABLE, LAUNCH_VARIABLE, LaunchOrder, ProgramDigest,
    Uploaded, WORKER_VARIABLE, upload_program,
};
use tempfile::TempDir;

/// A storage and a folder for programs, both empty.
struct Place {
    storage: FileStorage,
    cache: PathBuf,
    _folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = FileStorage::new(folder.path().join("storage")).unwrap();
        let cache = folder.path().join("cache");
        fs::create_dir(&cache).unwrap();
        Self { storage, cache, _folder: folder }
    }

    fn upload(&self, program: impl Into<Bytes>) -> Uploaded {
        block_on(upload_program(&self.storage, program.into())).unwrap()
    }

    fn key(program: &ProgramDigest) -> String {
        format!("programs/{program}")
    }

    fn remove(&self, program: &ProgramDigest) {
        block_on(self.storage.delete(&[Self::key(program)])).unwrap();
    }

    /// Puts something else in the place of a program.
    fn replace(&self, program: &ProgramDigest, object: &[u8]) {
        let object = Bytes::copy_from_slice(object);
        block_on(self.storage.put(&Self::key(program), object, PutMode::Overwrite)).unwrap();
    }

    fn launcher(&self, program: ProgramDigest) -> Command {
        let order = LaunchOrder { program, storage: self.storage.location() };
        let mut launcher = Command::new(env!("CARGO_BIN_EXE_lithops-worker"));
        launcher.envs(order.environment()).env(LAUNCH_CACHE_VARIABLE, &self.cache);
        launcher.stdin(Stdio::null());
        launcher
    }

    fn launch(&self, program: ProgramDigest, arguments: &[&str]) -> Output {
        self.launcher(program).args(arguments).output().unwrap()
    }

    /// What is in the folder for programs.
    fn kept(&self) -> Vec<String> {
        let names = fs::read_dir(&self.cache).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn program(name: &str) -> Vec<u8> {
    let found = ["/bin", "/usr/bin"].map(|folder| Path::new(folder).join(name));
    fs::read(found.iter().find(|path| path.exists()).unwrap()).unwrap()
}

/// What a program printed that ended well.
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// How a launcher ended that has not become its program: its code and its words.
fn refusal(output: Output) -> (i32, String) {
    assert_eq!(output.stdout, b"");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_launcher_becomes_the_program_that_it_is_told() {
    let place = Place::new();
    let echo = place.upload(program("echo")).program;
    let basename = place.upload(program("basename")).program;
    assert_eq!(printed(&place.launch(echo, &["a/b", "c"])), "a/b c\n");
    assert_eq!(printed(&place.launch(basename, &["a/b"])), "b\n");
    assert_eq!(printed(&place.launch(echo, &["again"])), "again\n");
    assert_eq!(place.kept().len(), 2);
    let kept = fs::metadata(place.cache.join(echo.to_string())).unwrap();
    assert_eq!(kept.permissions().mode() & 0o7777, 0o500);
}

#[test]
fn a_program_gets_the_environment_without_the_launch() {
    let place = Place::new();
    let env = place.upload(program("env")).program;
    let output = place.launcher(env).env("LITHOPS_TEST", "kept").output().unwrap();
    let printed = printed(&output);
    assert!(printed.lines().any(|line| line == "LITHOPS_TEST=kept"), "{printed}");
    for variable in [LAUNCH_VARIABLE, LAUNCH_STORAGE_VARIABLE, LAUNCH_CACHE_VARIABLE] {
        let set = format!("{variable}=");
        assert!(!printed.lines().any(|line| line.starts_with(&set)), "{printed}");
    }
}

#[test]
fn a_second_start_asks_no_storage() {
    let place = Place::new();
    let echo = place.upload(program("echo")).program;
    assert_eq!(printed(&place.launch(echo, &["cold"])), "cold\n");
    place.remove(&echo);
    assert_eq!(printed(&place.launch(echo, &["warm"])), "warm\n");
}

#[test]
fn a_program_that_is_there_is_not_sent_again() {
    let place = Place::new();
    let echo = program("echo");
    let first = place.upload(echo.clone());
    let sent = block_on(place.storage.head(&Place::key(&first.program))).unwrap().size;
    assert_eq!(first.sent, Some(sent));
    assert!(sent < echo.len() as u64, "{sent}");
    assert_eq!(place.upload(echo), Uploaded { program: first.program, sent: None });
}

#[test]
fn a_program_that_was_tampered_with_is_fetched_again() {
    let place = Place::new();
    let echo = place.upload(program("echo")).program;
    place.launch(echo, &[]);
    let kept = place.cache.join(echo.to_string());

    // Other bytes.
    fs::remove_file(&kept).unwrap();
    fs::write(&kept, program("basename")).unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o500)).unwrap();
    let output = place.launch(echo, &["a/b"]);
    assert_eq!(printed(&output), "a/b\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not what it was"), "{output:?}");

    // The same bytes, which others may change.
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o722)).unwrap();
    assert_eq!(printed(&place.launch(echo, &["a/b"])), "a/b\n");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o7777, 0o500);

    // The same bytes somewhere else.
    let elsewhere = place.cache.join("elsewhere");
    fs::rename(&kept, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &kept).unwrap();
    assert_eq!(printed(&place.launch(echo, &["a/b"])), "a/b\n");
    assert!(fs::symlink_metadata(&kept).unwrap().is_file());
}

#[test]
fn many_launchers_at_once_all_become_the_program() {
    let place = Place::new();
    let echo = place.upload(program("echo")).program;
    let launchers: Vec<_> = (0..16)
        .map(|n| {
            let mut launcher = place.launcher(echo);
            launcher.arg(n.to_string()).stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for (n, launcher) in launchers.into_iter().enumerate() {
        assert_eq!(printed(&launcher.wait_with_output().unwrap()), format!("{n}\n"));
    }
    assert_eq!(place.kept(), [echo.to_string()]);
}

#[test]
fn a_program_runs_from_memory_where_no_folder_takes_it() {
    let place = Place::new();
    let readlink = place.upload(program("readlink")).program;
    for _ in 0..2 {
        let mut launcher = place.launcher(readlink);
        // No user, not even root, can make a file there.
        launcher.env(LAUNCH_CACHE_VARIABLE, "/proc").env("TMPDIR", "/proc/sys");
        let output = launcher.arg("/proc/self/exe").output().unwrap();
        assert_eq!(printed(&output), "/memfd:lithops-program (deleted)\n");
    }
    assert_eq!(place.kept(), [""; 0]);
}

#[test]
fn a_program_that_is_not_in_storage_is_named() {
    let place = Place::new();
    let missing = ProgramDigest::of(b"never uploaded");
    let (code, words) = refusal(place.launch(missing, &[]));
    assert_eq!(code, 111);
    assert!(words.contains(&format!("program {missing} is not in its storage")), "{words}");
    assert!(words.contains("start the client again"), "{words}");
    assert_eq!(place.kept(), [""; 0]);
}

#[test]
fn a_damaged_program_is_not_run_and_leaves_nothing() {
    let place = Place::new();
    let echo = place.upload(program("echo")).program;
    let basename = place.upload(program("basename")).program;
    let object = |program| block_on(place.storage.get(&Place::key(program))).unwrap();
    let (whole, other) = (object(&echo), object(&basename));
    let longer = [&whole[..], b"more"].concat();
    let mut flipped = whole.to_vec();
    flipped[whole.len() / 2] ^= 1;
    let expected = format!("its SHA-256 is {basename}");
    for (object, why) in [
        (&other[..], expected.as_str()),
        (b"no program at all", "can't be unpacked"),
        (b"", "can't be unpacked"),
        (&whole[..whole.len() - 9], "can't be unpacked"),
        (&whole[..1000], "can't be unpacked"),
        (&longer, "can't be unpacked"),
        (&flipped, ""),
    ] {
        place.replace(&echo, object);
        let (code, words) = refusal(place.launch(echo, &["a/b"]));
        assert_eq!(code, 113, "{words}");
        assert!(words.contains(why) && words.contains("was not run"), "{words}");
        assert!(words.contains(&Place::key(&echo)), "{words}");
        assert_eq!(place.kept(), [""; 0]);
    }
}

#[test]
fn a_program_of_another_architecture_is_refused_with_the_target_to_build_for() {
    let place = Place::new();
    let mut other = program("true");
    let (machine, name) =
        if cfg!(target_arch = "aarch64") { (62, "x86_64") } else { (183, "aarch64") };
    other[18] = machine;
    let (code, words) = refusal(place.launch(place.upload(other).program, &[]));
    assert_eq!(code, 115);
    assert!(words.contains(&format!("was built for {name}")), "{words}");
    let target = format!("--target {}-unknown-linux-gnu", std::env::consts::ARCH);
    assert!(words.contains(&target), "{words}");
}

#[test]
fn what_is_no_program_is_refused_and_given_to_no_shell() {
    let place = Place::new();
    for text in ["echo run by a shell", "#!/bin/sh\necho run by a shell", ""] {
        let (code, words) = refusal(place.launch(place.upload(text).program, &[]));
        assert_eq!(code, 116);
        assert!(words.contains("no executable of Linux"), "{words}");
    }
}

#[test]
fn a_missing_loader_is_named_with_the_way_to_need_none() {
    let place = Place::new();
    let mut nowhere = program("true");
    let at = nowhere.windows(6).position(|bytes| bytes == b"/ld-li").unwrap();
    nowhere[at + 1..at + 6].copy_from_slice(b"XX-li");
    let (code, words) = refusal(place.launch(place.upload(nowhere).program, &[]));
    assert_eq!(code, 117);
    assert!(words.contains("/XX-linux"), "{words}");
    assert!(words.contains("+crt-static"), "{words}");
}

#[test]
fn an_order_that_cannot_be_read_is_refused() {
    let place = Place::new();
    let program = place.upload(program("echo")).program;
    for (variable, value) in
        [(LAUNCH_VARIABLE, "../../bin/echo"), (LAUNCH_STORAGE_VARIABLE, "no location")]
    {
        let (code, words) = refusal(place.launcher(program).env(variable, value).output().unwrap());
        assert_eq!(code, 110);
        assert!(words.contains(&format!("`{variable}` can't be read")), "{words}");
    }
}

#[test]
fn a_storage_that_cannot_be_opened_is_told_with_its_words() {
    let place = Place::new();
    let program = ProgramDigest::of(b"");
    let storage = StorageLocation { scheme: "tape".to_owned(), settings: Default::default() };
    let mut launcher = place.launcher(program);
    launcher.envs(LaunchOrder { program, storage }.environment());
    let (code, words) = refusal(launcher.output().unwrap());
    assert_eq!(code, 112);
    assert!(words.contains("unknown scheme"), "{words}");
}

#[test]
fn a_launched_program_is_the_worker_that_the_other_variables_say() {
    let place = Place::new();
    let worker = fs::read(env!("CARGO_BIN_EXE_lithops-worker")).unwrap();
    let mut launcher = place.launcher(place.upload(worker).program);
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    launcher.env(WORKER_VARIABLE, "link").stdin(Stdio::from(OwnedFd::from(theirs)));
    let mut worker = launcher.stdout(Stdio::null()).spawn().unwrap();
    // The launcher's copy of the socket goes with the command.
    drop(launcher);
    let expected = FromWorker::Hello { protocol: PROTOCOL };
    let mut heard = vec![0; expected.clone().encode().concat().len()];
    ours.read_exact(&mut heard).unwrap();
    let frame = Frame::read_all(heard.into()).unwrap().remove(0);
    assert_eq!(FromWorker::decode(frame), Ok(expected));
    drop(ours);
    assert!(worker.wait().unwrap().success());
}

#[cfg(feature = "relay")]
#[test]
fn a_launcher_without_a_network_fetches_through_its_client() {
    use std::sync::Arc;

    use lithops_storage::MemoryStorage;
    use lithops_storage::relay::{Lent, PREAMBLE, serve};
    use lithops_worker::SOCKET_VARIABLE;
    use tokio::io::AsyncReadExt;

    let place = Place::new();
    let memory = MemoryStorage::new();
    let program = block_on(upload_program(&memory, program("echo").into())).unwrap().program;
    let lent = Arc::new(Lent::new());
    lent.lend(Arc::new(memory.clone()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let socket = place.cache.join("socket");
    let listener = runtime.block_on(async { tokio::net::UnixListener::bind(&socket).unwrap() });
    runtime.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut [0; PREAMBLE.len()]).await.unwrap();
            tokio::spawn(serve(stream, Arc::clone(&lent)));
        }
    });
    let mut launcher = place.launcher(program);
    launcher.envs(LaunchOrder { program, storage: memory.location() }.environment());
    launcher.env(SOCKET_VARIABLE, &socket).arg("relayed");
    assert_eq!(printed(&launcher.output().unwrap()), "relayed\n");
}

#[test]
fn without_an_order_it_says_what_it_is() {
    let output = Command::new(env!("CARGO_BIN_EXE_lithops-worker")).output().unwrap();
    let (code, words) = refusal(output);
    assert_eq!(code, 2);
    assert!(words.contains(LAUNCH_VARIABLE), "{words}");
}
