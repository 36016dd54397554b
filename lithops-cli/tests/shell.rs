//! What shells and manuals are told: each command, by its name.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::collections::BTreeSet;

use command::{commands, lithops, run};

#[test]
fn completions_of_each_shell_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(lithops().args(["completions", shell])).printed();
        for command in commands() {
            let name = command.last().unwrap();
            assert!(script.contains(name.as_str()), "{shell} is not told of {command:?}");
        }
    }
}

#[test]
fn bash_accepts_its_script() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("lithops.bash");
    std::fs::write(&script, run(lithops().args(["completions", "bash"])).printed()).unwrap();
    let checked = std::process::Command::new("bash").arg("-n").arg(&script).status().unwrap();
    assert!(checked.success());
}

#[test]
fn each_command_has_a_page_of_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    run(lithops().args(["man", "--out"]).arg(folder.path())).printed();
    let pages = std::fs::read_dir(folder.path()).unwrap();
    let pages: BTreeSet<String> =
        pages.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    let page =
        |command: &[String]| format!("{}.1", [&["lithops".to_owned()], command].concat().join("-"));
    let mut expected: BTreeSet<String> = commands().iter().map(|command| page(command)).collect();
    expected.insert("lithops.1".to_owned());
    assert_eq!(pages, expected);
    for (command, page) in commands().iter().map(|command| (command, page(command))) {
        let text = std::fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(text.contains(&command.join(" ")), "{text}");
    }
    assert!(run(lithops().arg("man")).printed().contains("lithops\\-runtime(1)"));
}
