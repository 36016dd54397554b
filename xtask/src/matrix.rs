//! The matrix of linkers and profiles.
//!
//! Remote functions are found in a table that the linker puts together, so the same tests are run
//! with each linker that users have, and with the optimisations that move or merge functions.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::command::{cargo, command, read, root, run_tests, target, works};
use crate::examples;
use crate::steps::{Cases, Steps};

/// The package that has what every row runs: built with little else, because rows build it anew.
const PACKAGE: &str = "lithops-functions";
/// Its integration test.
const TEST: &str = "functions";

/// One way to link and optimise a program.
struct Row {
    name: &'static str,
    /// The linker that must be installed; also its name for `cc -fuse-ld`.
    linker: Option<Linker>,
    /// The cargo profile, for example `release`.
    profile: &'static str,
    /// Arguments for the linker itself.
    link_arguments: &'static [&'static str],
    /// Settings of the profile. They change every crate, so such rows have a target folder of
    /// their own.
    settings: &'static [(&'static str, &'static str)],
    runs: Runs,
}

struct Linker {
    name: &'static str,
    program: &'static str,
    /// What the linker writes into a program's `.comment` section; bfd writes nothing.
    mark: Option<&'static str>,
}

enum Runs {
    /// The integration test.
    Test,
    /// Examples, since cargo never builds a test with `panic = "abort"`.
    Examples,
}

const BFD: Linker = Linker { name: "bfd", program: "ld.bfd", mark: None };
const LLD: Linker = Linker { name: "lld", program: "ld.lld", mark: Some("LLD") };
const MOLD: Linker = Linker { name: "mold", program: "mold", mark: Some("mold") };

const FAT_LTO: &[(&str, &str)] =
    &[("CARGO_PROFILE_RELEASE_LTO", "fat"), ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")];
const FAT_LTO_ABORT: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_STRIP", "symbols"),
];

const ROWS: &[Row] = &[
    Row {
        name: "bfd",
        linker: Some(BFD),
        profile: "test",
        link_arguments: &[],
        settings: &[],
        runs: Runs::Test,
    },
    Row {
        name: "bfd, unused sections removed, release",
        linker: Some(BFD),
        profile: "release",
        link_arguments: &["--gc-sections"],
        settings: &[],
        runs: Runs::Test,
    },
    Row {
        name: "lld",
        linker: Some(LLD),
        profile: "test",
        link_arguments: &[],
        settings: &[],
        runs: Runs::Test,
    },
    Row {
        name: "lld, equal functions merged, release",
        linker: Some(LLD),
        profile: "release",
        link_arguments: &["--icf=all"],
        settings: &[],
        runs: Runs::Test,
    },
    Row {
        name: "mold",
        linker: Some(MOLD),
        profile: "test",
        link_arguments: &[],
        settings: &[],
        runs: Runs::Test,
    },
    Row {
        name: "mold, equal functions merged, release",
        linker: Some(MOLD),
        profile: "release",
        link_arguments: &["--icf=all"],
        settings: &[],
        runs: Runs::Test,
    },
    Row {
        name: "fat LTO",
        linker: None,
        profile: "release",
        link_arguments: &[],
        settings: FAT_LTO,
        runs: Runs::Test,
    },
    Row {
        name: "fat LTO, panic=abort, stripped",
        linker: None,
        profile: "release",
        link_arguments: &[],
        settings: FAT_LTO_ABORT,
        runs: Runs::Examples,
    },
];

pub(crate) fn run(steps: &mut Steps) -> anyhow::Result<()> {
    for row in ROWS {
        let name = format!("matrix: {}", row.name);
        if let Some(linker) = &row.linker
            && !works(command(linker.program, ["--version"]))
        {
            ensure!(std::env::var_os("CI").is_none(), "{name}: {} is missing", linker.program);
            steps.skip(&name, &format!("{} is not installed", linker.program));
            continue;
        }
        steps.run(&name, |cases| match row.runs {
            Runs::Test => test(row, cases),
            Runs::Examples => examples::run_optimised(&settings(row)),
        });
    }
    Ok(())
}

/// Builds the test by `cargo rustc`, whose last arguments reach only the crate named: the crates
/// it uses are those of an ordinary build, where `RUSTFLAGS` would have all of them built again.
fn test(row: &Row, cases: &mut Cases) -> anyhow::Result<()> {
    let mut build = cargo(["rustc", "--quiet", "--package", PACKAGE, "--test", TEST]);
    build.args(["--profile", row.profile, "--message-format", "json-render-diagnostics", "--"]);
    if let Some(linker) = &row.linker {
        if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
            // rustc's own lld is the default on this platform, and would be taken.
            build.arg("-Clinker-features=-lld");
        }
        build.arg(format!("-Clink-arg=-fuse-ld={}", linker.name));
    }
    for argument in row.link_arguments {
        build.arg(format!("-Clink-arg=-Wl,{argument}"));
    }
    build.envs(settings(row));

    let program = executable(&read(build)?)?;
    if let Some(linker) = &row.linker {
        linked_by(linker, &program)?;
    }
    let mut test = Command::new(&program);
    let folder = root().join("tests/functions");
    test.current_dir(&folder).env("CARGO_MANIFEST_DIR", &folder);
    run_tests(test, cases)
}

fn settings(row: &Row) -> Vec<(&'static str, String)> {
    let mut settings: Vec<(&str, String)> =
        row.settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    if !settings.is_empty() {
        let folder = target().join("matrix");
        settings.push(("CARGO_TARGET_DIR", folder.to_string_lossy().into_owned()));
    }
    settings
}

/// The program among cargo's messages, one JSON object a line.
fn executable(messages: &str) -> anyhow::Result<PathBuf> {
    let mut found = messages
        .lines()
        .filter_map(|line| line.split_once(r#""executable":""#))
        .filter_map(|(_, rest)| rest.split_once('"'))
        .map(|(path, _)| path);
    let path = found.next_back().context("cargo has built no test program")?;
    Ok(PathBuf::from(path))
}

/// Fails unless the program was linked by this linker: a flag that is ignored would leave a row
/// green that has tested something else.
fn linked_by(linker: &Linker, program: &PathBuf) -> anyhow::Result<()> {
    let mut readelf = command("readelf", ["--string-dump=.comment"]);
    readelf.arg(program);
    let comment = read(readelf)?;
    for known in [LLD, MOLD] {
        let Some(mark) = known.mark else { continue };
        let expected = known.name == linker.name;
        if comment.contains(mark) != expected {
            bail!("{} was not linked by {}:\n{comment}", program.display(), linker.name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_the_last_one_named() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","executable":"/t/functions-1","fresh":true}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(executable(messages).ok(), Some(PathBuf::from("/t/functions-1")));
        assert!(executable("").is_err());
    }
}
