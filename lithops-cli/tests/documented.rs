//! The page of the command line: it tells of each command, with examples that make sense.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use command::{commands, lithops, run};

const PAGE: &str = include_str!("../../docs/command-line.md");

#[test]
fn each_command_is_documented() {
    let commands = commands();
    let is_group = |command: &[String]| {
        commands.iter().any(|other| other.len() > command.len() && other.starts_with(command))
    };
    for command in commands.iter().filter(|command| !is_group(command)) {
        let heading = format!("### `lithops {}`\n", command.join(" "));
        let section = PAGE.split_once(&heading).unwrap_or_else(|| panic!("{heading} is missing")).1;
        let section = section.split("\n#").next().unwrap();
        assert!(section.trim().len() > 20, "{heading} has nothing below it");
    }
}

#[test]
fn each_heading_is_of_a_command_that_exists() {
    let commands: Vec<String> = commands().iter().map(|command| command.join(" ")).collect();
    let headings = PAGE.lines().filter_map(|line| line.strip_prefix("### `lithops "));
    for heading in headings {
        let command = heading.trim_end_matches('`').to_owned();
        assert!(commands.contains(&command), "{command} does not exist");
    }
}

#[test]
fn each_option_of_an_example_exists() {
    let commands = commands();
    let mut examples = 0;
    for line in PAGE.lines().filter(|line| line.starts_with("lithops ")) {
        // What stands behind a pipe or a redirection is for others.
        let words = line.split(['|', '>']).next().unwrap().split_whitespace().skip(1);
        let words: Vec<&str> = words.collect();
        let command = commands.iter().filter(|command| {
            command.iter().map(String::as_str).eq(words.iter().take(command.len()).copied())
        });
        let command =
            command.max_by_key(|command| command.len()).unwrap_or_else(|| panic!("{line}"));
        let help = run(lithops().args(command).arg("--help")).printed();
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(
                help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")),
                "{line}"
            );
        }
        examples += 1;
    }
    assert!(examples > 20, "{examples}");
}
