//! A configuration, and what the doctor says of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Ended, lithops, run};

/// A home with a configuration file, and nothing else around.
pub(crate) struct Patient {
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl Patient {
    /// With this `lithops.toml`, which its owner alone can read.
    pub(crate) fn new(text: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let patient = Self { home, variables: Vec::new() };
        fs::write(patient.file(), text).unwrap();
        patient.with_mode(0o600)
    }

    fn file(&self) -> std::path::PathBuf {
        self.home.path().join("lithops.toml")
    }

    /// Another file; gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn with_mode(self, mode: u32) -> Self {
        fs::set_permissions(self.file(), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn doctor(&self) -> Command {
        let mut command = lithops();
        // Where jobs keep their objects by default is for all; here each case has its own.
        command.arg("doctor").current_dir(self.home.path()).env_clear();
        command.env("HOME", self.home.path()).env("TMPDIR", self.home.path());
        command.env("DOCKER_HOST", "unix:///no/such/engine.sock");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// What the doctor says, for people.
    pub(crate) fn told(&self) -> Ended {
        run(&mut self.doctor())
    }

    /// What the doctor found; checks that the code says the same.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let ended = run(self.doctor().arg("--json"));
        let found: Vec<Value> = serde_json::from_str(&ended.out).unwrap_or_else(|error| {
            panic!("{error}: {ended:?}");
        });
        let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or("").to_owned();
        let found: Vec<Finding> = found
            .iter()
            .map(|finding| Finding {
                subject: text(finding, "subject"),
                ok: finding["ok"].as_bool().unwrap(),
                found: text(finding, "found"),
                mend: text(finding, "mend"),
            })
            .collect();
        let problems = found.iter().filter(|finding| !finding.ok).count();
        let expected = match problems {
            0 => (Some(0), String::new()),
            1 => (Some(1), "error: there is a problem\n".to_owned()),
            problems => (Some(1), format!("error: there are {problems} problems\n")),
        };
        assert_eq!((ended.code, ended.err), expected);
        found
    }

    pub(crate) fn problems(&self) -> Vec<Finding> {
        self.findings().into_iter().filter(|finding| !finding.ok).collect()
    }
}

#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) subject: String,
    pub(crate) ok: bool,
    pub(crate) found: String,
    pub(crate) mend: String,
}

/// A configuration that is wrong in one way.
pub(crate) struct Broken {
    /// What is wrong, as a sentence.
    pub(crate) name: &'static str,
    pub(crate) patient: fn() -> Patient,
    /// What is told as a problem, in order.
    pub(crate) problems: &'static [Problem],
}

/// A subject, a piece of what was found, a piece of the next step.
pub(crate) type Problem = (&'static str, &'static str, &'static str);

impl Broken {
    pub(crate) fn check(&self) {
        let problems = (self.patient)().problems();
        let subjects: Vec<&str> = problems.iter().map(|found| found.subject.as_str()).collect();
        let expected: Vec<&str> = self.problems.iter().map(|(subject, ..)| *subject).collect();
        assert_eq!(subjects, expected, "{problems:#?}");
        for (problem, (_, found, mend)) in problems.iter().zip(self.problems) {
            assert!(problem.found.contains(found), "{found}: {problem:#?}");
            assert!(problem.mend.contains(mend), "{mend}: {problem:#?}");
        }
    }
}

pub(crate) fn what_is_as_it_should_be_is_told_in_order() {
    let found = Patient::new("[lithops]\nbackend = \"processes\"").findings();
    let subjects: Vec<&str> = found.iter().map(|finding| finding.subject.as_str()).collect();
    let expected = [
        "configuration",
        "folder for temporary files",
        "memory",
        "processes",
        "backend and storage",
        "storage",
    ];
    assert_eq!(subjects, expected);
    assert_eq!(found[4].found, "processes, file");
    assert_eq!(found[5].found, "file: writes, reads, lists and deletes objects");
}

pub(crate) fn a_problem_is_told_to_people_with_its_next_step() {
    let ended = Patient::new("[lithops]\nbakend = \"x\"").told();
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), "error: there is a problem\n"));
    assert!(ended.out.starts_with("PROBLEM  configuration: lithops.toml: line 2: "), "{ended:?}");
    assert!(ended.out.contains("\n         mend it: mend that in lithops.toml; "), "{ended:?}");
}
