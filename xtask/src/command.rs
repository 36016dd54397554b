//! Other programs: run them, and say which one failed and how.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, bail};

use crate::steps::Cases;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    // Cargo says where the package is now. When target folders are shared, the compiler's idea of
    // it can be that of another clone.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map_or_else(|| package.clone(), Path::to_path_buf)
}

/// The folder that builds go to.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// `cargo` with these arguments: the one that started this program.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    command(cargo, arguments)
}

/// `cargo test` of the whole workspace with every feature, or of those of its tests that have this
/// name.
///
/// Always of the whole: which features a crate is built with depends on who else is, so that a
/// package by itself would have much of what it stands on built once more.
pub(crate) fn tests(named: Option<&str>) -> Command {
    let mut tests = cargo(["test", "--workspace", "--all-features"]);
    if let Some(name) = named {
        // Backtraces are those of the harness.
        tests.args(["--test", name]).env("RUST_BACKTRACE", "0");
    }
    tests
}

/// A program to be run in the workspace's folder.
pub(crate) fn command<S: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// Whether a program can be started at all and likes its arguments.
pub(crate) fn works(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Runs a command that prints for the reader; fails unless it succeeds.
pub(crate) fn run(mut command: Command) -> anyhow::Result<()> {
    println!("    $ {}", line(&command));
    let status = command.status().with_context(|| format!("cannot start `{}`", line(&command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(&command));
    }
    Ok(())
}

/// Runs a command and returns what it wrote, whatever its exit code.
pub(crate) fn output(mut command: Command) -> anyhow::Result<Output> {
    println!("    $ {}", line(&command));
    command.output().with_context(|| format!("cannot start `{}`", line(&command)))
}

/// Runs a command and returns what it wrote to standard output; fails unless it succeeds.
pub(crate) fn read(command: Command) -> anyhow::Result<String> {
    let shown = line(&command);
    let output = output(command)?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("`{shown}` ended with {}:\n{stderr}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` wrote no UTF-8"))
}

/// Runs a command whose standard output is that of libtest: passes it on and counts the cases.
/// Fails unless the command succeeds and has run at least one case.
pub(crate) fn run_tests(mut command: Command, cases: &mut Cases) -> anyhow::Result<()> {
    let shown = line(&command);
    println!("    $ {shown}");
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{shown}`"))?;
    let mut ran = Cases::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.with_context(|| format!("cannot read what `{shown}` prints"))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            ran.add(cases_of(&line));
        }
    }
    let status = child.wait().with_context(|| format!("cannot wait for `{shown}`"))?;
    cases.add(ran);
    if !status.success() {
        bail!("`{shown}` ended with {status}, {} test cases failed", ran.failed);
    }
    if ran.passed == 0 {
        bail!("`{shown}` ran no test");
    }
    Ok(())
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; ..`; any other line counts nothing.
fn cases_of(line: &str) -> Cases {
    let mut cases = Cases::default();
    let Some(result) = line.strip_prefix("test result: ") else { return cases };
    let counts = result.split_once(". ").map_or("", |(_, counts)| counts);
    for count in counts.split("; ") {
        let Some((number, what)) = count.split_once(' ') else { continue };
        let Ok(number) = number.parse() else { continue };
        match what {
            "passed" => cases.passed = number,
            "failed" => cases.failed = number,
            "ignored" => cases.ignored = number,
            _ => {}
        }
    }
    cases
}

/// The command as one would type it, with the environment that was set for it.
pub(crate) fn line(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        let value = value.unwrap_or_default().to_string_lossy();
        words.push(format!("{}={}", name.to_string_lossy(), quoted(&value)));
    }
    let program = Path::new(command.get_program());
    words.push(program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned());
    words.extend(command.get_args().map(|argument| quoted(&argument.to_string_lossy())));
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_counted_and_no_other() {
        let line = "test result: FAILED. 12 passed; 1 failed; 3 ignored; 0 measured; \
                    0 filtered out; finished in 0.51s";
        assert_eq!(cases_of(line), Cases { passed: 12, failed: 1, ignored: 3 });
        assert_eq!(cases_of("test some::case ... ok"), Cases::default());
    }

    #[test]
    fn a_shown_command_can_be_pasted_into_a_shell() {
        let mut command = Command::new("/usr/bin/env");
        command.args(["a b", "it's", ""]).env("FLAGS", "-C x");
        assert_eq!(line(&command), r"FLAGS='-C x' env 'a b' 'it'\''s' ''");
    }
}
