//! The simulation sees what it is there to see: a copy of the sources into which mistakes are built, one
//! at a time, does not get through it.
//!
//! The copy is built once: a variable says which of the mistakes is made. It has a target folder of its
//! own: in the workspace's, its crates would take the place of those without mistakes.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Which mistake is made.
const VARIABLE: &str = "LITHOPS_MUTATION";

/// A mistake: a line that stands in one place of a file, what it becomes, and the test that sees it.
struct Mutation {
    name: &'static str,
    file: &'static str,
    line: &'static str,
    /// `MADE` stands for: this mistake is the one that is made.
    mistaken: &'static str,
    seen_by: &'static str,
}

const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "the failure of an attempt that was given up counts",
        file: "run/ledger.rs",
        line: "Err(_) if report.attempt < call.attempt => return Verdict::Late,",
        mistaken: "Err(_) if report.attempt < call.attempt && !MADE => return Verdict::Late,",
        seen_by: "repetitions_keep_their_promises",
    },
    Mutation {
        name: "a second outcome is not late",
        file: "run/ledger.rs",
        line: "if call.settled {",
        mistaken: "if call.settled && !MADE {",
        seen_by: "a_map_keeps_its_promises",
    },
    Mutation {
        name: "the neighbours of a dead worker's call are forgotten, through storage",
        file: "run/storage/deaths.rs",
        line: "                self.due.insert(index, Instant::now());",
        mistaken: "if !MADE { self.due.insert(index, Instant::now()); }",
        seen_by: "a_map_keeps_its_promises",
    },
    Mutation {
        name: "the neighbours of a dead worker's call are forgotten, over links",
        file: "run/link/dispatcher.rs",
        line: "if except != Some((sent.ticket, sent.index)) && job.running.ledger.is_open(sent.index) {",
        mistaken: "if !MADE && except != Some((sent.ticket, sent.index)) && job.running.ledger.is_open(sent.index) {",
        seen_by: "a_map_keeps_its_promises",
    },
    Mutation {
        name: "silence has no bound, through storage",
        file: "run/storage/deaths.rs",
        line: "let is_silent = move |heard: Instant| now.duration_since(heard) > bound;",
        mistaken: "let is_silent = move |heard: Instant| !MADE && now.duration_since(heard) > bound;",
        seen_by: "a_map_keeps_its_promises",
    },
    Mutation {
        name: "silence has no bound, over links",
        file: "run/link/dispatcher.rs",
        line: "if waits && now.duration_since(lane.heard) > bound {",
        mistaken: "if !MADE && waits && now.duration_since(lane.heard) > bound {",
        seen_by: "a_map_keeps_its_promises",
    },
    Mutation {
        name: "what a job made is not removed",
        file: "run/route.rs",
        line: "        && let Err(error) = remove(storage.as_ref(), job, known).await",
        mistaken: "        && !MADE && let Err(error) = remove(storage.as_ref(), job, known).await",
        seen_by: "a_map_keeps_its_promises",
    },
    Mutation {
        name: "what a worker has written by a slow clock is not looked for when it has ended",
        file: "run/storage/clocks.rs",
        line: "let from = if whole {",
        mistaken: "let from = if whole && !MADE {",
        seen_by: "a_map_keeps_its_promises",
    },
];

#[test]
fn no_mutation_of_the_engine_gets_through_the_simulation() {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutated");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    mirror(root, &copy, &mutated(root));
    let simulation = build(&copy);
    let tests: BTreeSet<_> = MUTATIONS.iter().map(|mutation| mutation.seen_by).collect();
    let sound = tests.into_iter().map(|test| (None, test));
    let mutated = MUTATIONS.iter().map(|mutation| (Some(mutation.name), mutation.seen_by));
    let runs: Mutex<VecDeque<_>> = Mutex::new(sound.chain(mutated).collect());
    let next = || runs.lock().unwrap().pop_front();
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while let Some((mutation, test)) = next() {
                    see(&simulation, mutation, test);
                }
            });
        }
    });
}

/// The files of the engine into which mistakes are built, by path.
fn mutated(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for Mutation { name, file, line, mistaken, .. } in MUTATIONS {
        let path = root.join("lithops-core/src").join(file);
        let original = fs::read_to_string(&path).unwrap();
        let found = original.matches(line).count();
        assert_eq!(found, 1, "{file} has {line:?} {found} times");
        let made = format!("(std::env::var({VARIABLE:?}).as_deref() == Ok({name:?}))");
        let text = files.entry(path).or_insert(original);
        *text = text.replace(line, &mistaken.replace("MADE", &made));
    }
    files
}

/// Runs a test in which a mistake may have been made, and looks whether it sees it.
fn see(simulation: &Path, mutation: Option<&str>, test: &str) {
    let mut command = Command::new(simulation);
    command.args(["--exact", test]).env_remove(VARIABLE);
    command.env_remove(lithops_simulation::SEED_VARIABLE);
    let ran = command.envs(mutation.map(|name| (VARIABLE, name))).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr) + String::from_utf8_lossy(&ran.stdout);
    match mutation {
        None => {
            let passed = ran.status.success() && said.contains("1 passed");
            assert!(passed, "{test} fails with no mistake made:\n{said}");
        }
        Some(name) => {
            assert!(!ran.status.success(), "{test} does not see that {name}");
            let found = said.contains("of the simulation fails");
            assert!(found, "{test} fails in another way where {name}:\n{said}");
        }
    }
}

/// Builds the simulation's test in a copy of the workspace, and gives the program.
fn build(copy: &Path) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("of-mutated"))
        .envs([("CARGO_PROFILE_DEV_DEBUG", "0"), ("CARGO_INCREMENTAL", "0")])
        .args(["test", "--no-run", "--offline", "--package", "lithops-simulation"])
        .args(["--test", "simulation", "--message-format", "json-render-diagnostics"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let program =
        said.lines().filter_map(|line| line.split("\"executable\":\"").nth(1)).next_back();
    PathBuf::from(program.unwrap().split('"').next().unwrap())
}

/// Makes `copy` a copy of the workspace's sources, `mutated` ones as they are given; files that are the
/// same are left alone, so that nothing is built again for them.
fn mirror(root: &Path, copy: &Path, mutated: &BTreeMap<PathBuf, String>) {
    fs::create_dir_all(copy).unwrap();
    for entry in fs::read_dir(root).unwrap() {
        let entry = entry.unwrap();
        let (name, from) = (entry.file_name(), entry.path());
        let hidden = name.to_string_lossy().starts_with('.') && name != ".cargo";
        // Builds, wherever they are.
        if hidden || name == "target" || from.join("CACHEDIR.TAG").exists() {
            continue;
        }
        let (to, kind) = (copy.join(&name), entry.file_type().unwrap());
        if kind.is_dir() {
            mirror(&from, &to, mutated);
        } else if kind.is_file() {
            let text = mutated.get(&from).map(|text| text.clone().into_bytes());
            let bytes = text.unwrap_or_else(|| fs::read(&from).unwrap());
            if fs::read(&to).ok().as_ref() != Some(&bytes) {
                fs::write(&to, bytes).unwrap();
            }
        }
    }
}
