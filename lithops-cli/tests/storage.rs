//! `lithops storage`: objects go in, come out, are listed, copied and removed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use command::{Ended, lithops, run};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a configured storage in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("objects");
        let settings = format!("[lithops]\nstorage = \"file\"\n[file]\nroot = {root:?}");
        std::fs::write(folder.path().join("lithops.toml"), settings).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = lithops();
        command.current_dir(self.path()).env_remove("LITHOPS_CONFIG");
        command.arg("storage").args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        run(&mut self.command(arguments))
    }

    fn printed(&self, arguments: &[&str]) -> String {
        self.run(arguments).printed()
    }

    /// Stores a text by standard input.
    fn put(&self, text: &[u8], key: &str) {
        let mut put = self.command(&["put", "-", key]);
        let mut put = put.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        put.stdin.take().unwrap().write_all(text).unwrap();
        assert!(put.wait().unwrap().success());
    }
}

#[test]
fn a_file_comes_back_as_it_was() {
    let place = Place::new();
    let bytes: Vec<u8> =
        (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(place.path().join("in"), &bytes).unwrap();
    assert_eq!(place.printed(&["put", "in", "a/b"]), "stored a/b (3.0 MB)\n");
    assert_eq!(place.printed(&["put", "in", "a/"]), "stored a/in (3.0 MB)\n");
    assert_eq!(place.printed(&["get", "a/b"]), "wrote b (3.0 MB)\n");
    assert_eq!(std::fs::read(place.path().join("b")).unwrap(), bytes);
    assert_eq!(place.printed(&["get", "storage://a/in", "-o", "out"]), "wrote out (3.0 MB)\n");
    assert_eq!(std::fs::read(place.path().join("out")).unwrap(), bytes);
    place.put(b"piped", "c");
    assert_eq!(place.printed(&["get", "c", "-o", "-"]), "piped");
}

#[test]
fn a_get_that_fails_leaves_no_file() {
    let place = Place::new();
    place.put(b"1", "a");
    let error = place.run(&["get", "b"]).failed(1);
    assert!(error.starts_with("error: file: get_stream \"b\" failed: no such object"), "{error}");
    assert!(!place.path().join("b").exists());
    let error = place.run(&["get", "a", "-o", "no/such/folder"]).failed(1);
    assert!(error.starts_with("error: no/such/folder can't be written: No such file"), "{error}");
}

#[test]
fn an_empty_storage_lists_nothing_and_is_no_failure() {
    let place = Place::new();
    let ended = place.run(&["list"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""));
    assert_eq!(ended.err, "there are no such objects\n");
    assert_eq!(place.printed(&["list", "--json"]), "[]\n");
}

#[test]
fn objects_are_listed_by_the_beginning_of_their_keys() {
    let place = Place::new();
    for (key, text) in [("b/2", "two"), ("a", "1"), ("b/1", "")] {
        place.put(text.as_bytes(), key);
    }
    assert_eq!(place.printed(&["list"]), "a\nb/1\nb/2\n");
    assert_eq!(place.printed(&["list", "b/"]), "b/1\nb/2\n");
    let long = place.printed(&["list", "b/2", "--long"]);
    let fields: Vec<&str> = long.split_whitespace().collect();
    assert_eq!((&fields[..2], fields[3]), (["3", "B"].as_slice(), "b/2"), "{long}");
    assert!(fields[2].ends_with('Z') && fields[2].starts_with("20"), "{long}");
    let listed: Value = serde_json::from_str(&place.printed(&["list", "--json"])).unwrap();
    let listed = listed.as_array().unwrap();
    let told: Vec<_> = listed.iter().map(|o| (o["key"].as_str(), o["size"].as_u64())).collect();
    assert_eq!(told, [(Some("a"), Some(1)), (Some("b/1"), Some(0)), (Some("b/2"), Some(3))]);
    let folder = format!("{}/objects/b/", place.path().display());
    assert_eq!(place.printed(&["list", &folder]), format!("{folder}1\n{folder}2\n"));
}

#[test]
fn more_objects_than_a_page_are_listed_and_removed() {
    let place = Place::new();
    let root = place.path().join("objects/many");
    std::fs::create_dir_all(&root).unwrap();
    for number in 0..2100 {
        std::fs::write(root.join(format!("{number:04}")), "x").unwrap();
    }
    let listed: Value = serde_json::from_str(&place.printed(&["list", "--json"])).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2100);
    let removed = place.printed(&["delete", "--prefix", "many/", "--yes"]);
    assert_eq!(removed, "removed 2100 objects, 2.1 kB\n");
    assert_eq!(place.printed(&["list", "--json"]), "[]\n");
}

#[test]
fn a_prefix_is_only_shown_until_yes_is_said() {
    let place = Place::new();
    for key in ["a/1", "a/2", "b"] {
        place.put(b"x", key);
    }
    let ended = place.run(&["delete", "--prefix", "a/"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "a/1\na/2\n"));
    assert_eq!(ended.err, "2 objects, 2 B: --yes removes them\n");
    assert_eq!(place.printed(&["list"]), "a/1\na/2\nb\n");
    let removed = place.printed(&["delete", "--prefix", "a/", "--yes"]);
    assert_eq!(removed, "removed 2 objects, 2 B\n");
    assert_eq!(place.printed(&["list"]), "b\n");
    let error = place.run(&["delete", "--prefix", "a/", "--yes"]).failed(1);
    assert_eq!(error, "error: no object's key begins with `a/`\n");
}

#[test]
fn none_is_removed_if_one_of_them_is_not_there() {
    let place = Place::new();
    place.put(b"1", "a");
    let error = place.run(&["delete", "a", "b"]).failed(1);
    assert!(error.contains("\"b\" failed: no such object"), "{error}");
    assert_eq!(place.printed(&["delete", "a"]), "removed a\n");
    assert_eq!(place.printed(&["list", "--json"]), "[]\n");
    let error = place.run(&["delete"]).failed(2);
    assert!(error.contains("--prefix <PREFIX>"), "{error}");
    let error = place.run(&["delete", "a/"]).failed(1);
    assert_eq!(error, "error: `a/` names no object: say its key too\n");
}

#[test]
fn an_object_is_copied_inside_a_storage_and_to_another() {
    let place = Place::new();
    place.put(b"text", "a");
    assert_eq!(place.printed(&["copy", "a", "b/"]), "copied a to b/a (4 B)\n");
    let elsewhere = format!("file://{}/elsewhere/", place.path().display());
    let copied = place.printed(&["copy", "b/a", &elsewhere]);
    assert_eq!(copied, format!("copied b/a to {elsewhere}a (4 B)\n"));
    assert_eq!(std::fs::read(place.path().join("elsewhere/a")).unwrap(), b"text");
    let back = format!("{}/elsewhere/a", place.path().display());
    assert_eq!(place.printed(&["copy", &back, "c"]), format!("copied {back} to c (4 B)\n"));
    assert_eq!(place.printed(&["get", "c", "-o", "-"]), "text");
}

#[test]
fn an_interrupted_transfer_ends_by_the_signal_and_leaves_nothing() {
    use std::os::unix::process::ExitStatusExt as _;
    let place = Place::new();
    let mut put = place.command(&["put", "-", "a"]);
    let mut put = put.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    // Kept open to the end, so that the transfer has none.
    let mut input = put.stdin.take().unwrap();
    input.write_all(b"the first half").unwrap();
    // It is at work when it has said what it does about signals: SIGINT is the second bit.
    let status = format!("/proc/{}/status", put.id());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let catches = |status: &str| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 2 != 0)
    };
    while !catches(&std::fs::read_to_string(&status).unwrap()) {
        assert!(std::time::Instant::now() < deadline, "it does not watch for signals");
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    let told = Command::new("kill").args(["-INT", &put.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(put.wait().unwrap().signal(), Some(2));
    drop(input);
    assert_eq!(place.printed(&["list", "--json"]), "[]\n");
}

#[test]
fn memory_is_no_storage_for_commands() {
    let place = Place::new();
    let error = place.run(&["list", "--storage", "memory"]).failed(1);
    assert!(error.contains("choose another by --storage"), "{error}");
    let error = place.run(&["get", "ftp://host/a"]).failed(1);
    assert!(error.contains("ftp"), "{error}");
}
