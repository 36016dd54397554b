//! The command line: help, mistakes, and output that nobody reads.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::fs::File;
use std::process::Stdio;

use command::{commands, lithops, run, runtime};

#[test]
fn each_command_has_help_with_an_example() {
    for command in [vec![vec![]], commands()].concat() {
        let help = run(lithops().args(&command).arg("--help")).printed();
        let (_, examples) = help.split_once("\nExample").unwrap_or_else(|| panic!("{help}"));
        let example = [&["lithops".to_owned()], command.as_slice()].concat().join(" ");
        assert!(examples.contains(&example), "{help}");
        assert!(help.contains("Usage: lithops"), "{help}");
        for line in help.lines().filter(|line| line.starts_with("      --")) {
            let beside = line.trim().contains("  ");
            let below = help.contains(&format!("{line}\n          "));
            assert!(beside || below, "{line} is not explained");
        }
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_told_with_the_usage() {
    let mistakes: [(&[&str], &str); 14] = [
        (&["buidl"], "'build'"),
        (&["build"], "<PROGRAM>"),
        (&["build", "a", "--base", "b", "--base-image", "c"], "cannot be used with"),
        (&["build", "a", "--name", "b:c", "--layout", "d"], "cannot be used with"),
        (&["build", "a", "--name", "b"], "it has to be NAME:TAG"),
        (&["build", "a", "--file", "b:c"], "TARGET begins with a slash"),
        (&["build", "a", "--env", "B"], "it has to be NAME=VALUE"),
        (&["push", "a"], "where to? Say it after `a`"),
        (&["push", "a", "b/c"], "it has to begin with the registry, such as docker.io/me/words"),
        (&["push", "a:b", "localhost/c", "--env", "D=e"], "`a:b` is no program of this machine"),
        (&["list", "--registry", "a", "--engine", "b"], "cannot be used with"),
        (&["delete"], "<IMAGE>"),
        (&["delete", "--all", "a"], "--all removes each image of the engine"),
        (&["delete", "--all", "--registry"], "needs the repositories"),
    ];
    for (arguments, told) in mistakes {
        let error = runtime(arguments).failed(2);
        assert!(error.starts_with("error: ") && error.contains(told), "{arguments:?}: {error}");
        assert!(error.contains("--help"), "{arguments:?}: {error}");
    }
}

#[test]
fn options_that_mean_nothing_to_a_command_are_refused() {
    let useless: [(&[&str], &str); 9] = [
        (&["job", "list", "--backend", "threads"], "--backend"),
        (&["logs", "--storage", "file"], "--storage"),
        (&["man", "--config", "a.toml"], "--config"),
        (&["completions", "bash", "-b", "threads"], "--backend"),
        (&["config", "import", "a.yaml", "-s", "file"], "--storage"),
        (&["storage", "list", "-b", "threads"], "--backend"),
        (&["runtime", "list", "-s", "file"], "--storage"),
        (&["runtime", "list", "--registry", "localhost/a", "-b", "threads"], "--backend"),
        (&["runtime", "delete", "--registry", "localhost/a:b", "-c", "c.toml"], "--config"),
    ];
    for (arguments, option) in useless {
        let error = run(lithops().args(arguments)).failed(2);
        let told = format!("error: `{option}` has nothing to say to this command");
        assert!(error.starts_with(&told), "{arguments:?}: {error}");
    }
}

#[test]
fn the_engine_is_the_configured_one() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[containers]\nengine = \"unix:///no/such/a\"\n\
                    [code_engine]\nengine = \"unix:///no/such/b\"";
    std::fs::write(folder.path().join("lithops.toml"), settings).unwrap();
    let error = |arguments: &[&str]| {
        let mut command = lithops();
        run(command.current_dir(folder.path()).args(["runtime", "list"]).args(arguments)).failed(1)
    };
    for (arguments, expected) in [
        (&[] as &[&str], "/no/such/a"),
        (&["-b", "code_engine"], "/no/such/b"),
        (&["--engine", "unix:///no/such/c"], "/no/such/c"),
    ] {
        assert!(error(arguments).contains(expected), "{}", error(arguments));
    }
}

#[test]
fn a_program_that_is_none_is_named() {
    let error = runtime(["build", "/etc/passwd"]).failed(1);
    assert!(error.starts_with("error: /etc/passwd is no ELF executable"), "{error}");
    let error = runtime(["build", "./no-such-program"]).failed(1);
    assert!(error.contains("no-such-program can't be read: No such file"), "{error}");
    assert_eq!(error.matches("No such file").count(), 1, "{error}");
}

#[test]
fn a_launcher_that_is_missing_is_told_how_to_get() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let command = command::moved(folder.path());
    let build = ["runtime", "build", "--launcher", "--layout", "never"];
    let error = run(std::process::Command::new(&command).args(build)).failed(1);
    let at = command.with_file_name("lithops-worker");
    assert!(error.starts_with(&format!("error: there is no launcher at {}: ", at.display())));
    assert!(
        error.contains("`cargo build --release -p lithops-worker --features relay`"),
        "{error}"
    );
}

#[test]
fn an_engine_that_is_not_there_is_named() {
    let error = runtime(["list", "--engine", "unix:///no/such/engine.sock"]).failed(1);
    assert!(
        error.starts_with("error: no container engine answers:\n  unix:///no/such/"),
        "{error}"
    );
}

#[test]
fn output_that_nobody_reads_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let source = "fn main() { println!(\"unread\"); }";
    let program = command::program(folder.path(), "unread", source, true);
    for arguments in [
        vec!["--help".into()],
        vec![
            "runtime".into(),
            "build".into(),
            program.into(),
            "--layout".into(),
            folder.path().join("layout").into(),
        ] as Vec<std::ffi::OsString>,
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = lithops();
        command.args(&arguments).stdout(writer).stderr(Stdio::piped());
        let ended = run(&mut command);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn errors_that_nobody_reads_don_t_change_the_code() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = lithops();
    let ended = run(command.args(["runtime", "build", "/etc/passwd"]).stderr(writer));
    assert_eq!(ended.code, Some(1));
}

#[test]
fn output_that_can_t_be_written_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let program = command::program(folder.path(), "lost", "fn main() {}", true);
    let layout = folder.path().join("layout");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = lithops();
    command.args(["runtime", "build"]).arg(program).arg("--layout").arg(layout);
    let error = run(command.stdout(full)).failed(1);
    assert!(error.starts_with("error: the result can't be written: No space left"), "{error}");
}
