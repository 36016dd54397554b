//! The command itself, run as users run it.

pub(crate) mod client;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// What a command that succeeded and had nothing else to say has printed.
    pub(crate) fn printed(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        self.out
    }

    /// What a command that failed with this code has said of it.
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{self:?}");
        self.err
    }
}

/// The command, with no setting from elsewhere.
pub(crate) fn lithops() -> Command {
    alone(env!("CARGO_BIN_EXE_lithops"))
}

/// A program that finds no setting and no journal of whoever runs the tests, and leaves none there.
pub(crate) fn alone(program: impl AsRef<OsStr>) -> Command {
    // One for each test program, below the folder of the build.
    let home = concat!(env!("CARGO_TARGET_TMPDIR"), "/home-", env!("CARGO_CRATE_NAME"));
    std::fs::create_dir_all(home).unwrap();
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"LITHOPS_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", home);
    for (name, folder) in [("CONFIG", "config"), ("STATE", "state"), ("CACHE", "cache")] {
        command.env(format!("XDG_{name}_HOME"), format!("{home}/{folder}"));
    }
    command
}

/// The command in another folder. It is a link, because a copy can't be started while another thread
/// that has it open for writing starts a process.
pub(crate) fn moved(folder: &Path) -> PathBuf {
    let command = folder.join("lithops");
    std::fs::hard_link(env!("CARGO_BIN_EXE_lithops"), &command).unwrap();
    command
}

/// Runs `lithops runtime` with these arguments.
pub(crate) fn runtime<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ended {
    run(lithops().arg("runtime").args(arguments))
}

pub(crate) fn run(command: &mut Command) -> Ended {
    Ended::of(command.output().unwrap())
}

/// Waits until something is there.
pub(crate) fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// All commands, each as the words that call it, as the help tells them.
pub(crate) fn commands() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut unseen: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(command) = unseen.pop() {
        let help = run(lithops().args(&command).arg("--help")).printed();
        let Some((_, list)) = help.split_once("\nCommands:\n") else { continue };
        let names = list.lines().take_while(|line| !line.is_empty());
        let names = names.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let names = names.filter_map(|line| line.split_whitespace().next());
        for name in names.filter(|name| *name != "help") {
            let below = [command.as_slice(), &[name.to_owned()]].concat();
            found.push(below.clone());
            unseen.push(below);
        }
    }
    assert!(found.len() > 8, "{found:?}");
    found
}

/// Compiles Rust source into `folder/name`, static or not.
pub(crate) fn program(folder: &Path, name: &str, source: &str, is_static: bool) -> PathBuf {
    let (file, program) = (folder.join(format!("{name}.rs")), folder.join(name));
    std::fs::write(&file, source).unwrap();
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "-C", "strip=symbols", "-o"]).arg(&program).arg(&file);
    let linked =
        if is_static { "target-feature=+crt-static" } else { "target-feature=-crt-static" };
    let built = rustc.args(["-C", linked]).status().unwrap();
    assert!(built.success(), "{built}");
    program
}

/// The values that a report has behind a name, such as `digest`.
pub(crate) fn value<'a>(report: &'a str, name: &str) -> &'a str {
    let line = report.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| {
        panic!("there is no {name} in {report}");
    });
    line.trim()
}
