//! `lithops storage`: objects go in, come out, are listed, copied and removed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use command::{Ended, lithops, run};
use serde_json::{Value, json};
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
        command.current_dir(self.path());
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
fn a_folder_is_not_the_beginning_of_its_siblings() {
    let place = Place::new();
    for folder in ["proj", "proj-backup"] {
        std::fs::create_dir(place.path().join(folder)).unwrap();
        std::fs::write(place.path().join(folder).join("a"), "x").unwrap();
    }
    let proj = place.path().join("proj");
    let inside = |arguments: &[&str]| {
        run(place.command(arguments).current_dir(&proj).arg("--config").arg("../lithops.toml"))
    };
    let expected = format!("{}/a\n", proj.display());
    assert_eq!(inside(&["list", "."]).printed(), expected);
    assert_eq!(inside(&["list", "../proj"]).printed(), expected);
    assert_eq!(inside(&["list", proj.to_str().unwrap()]).printed(), expected);
    let uri = format!("file://{}", proj.display());
    assert_eq!(inside(&["list", &uri]).printed(), format!("{uri}/a\n"));
    let removed = inside(&["delete", "--prefix", ".", "--yes"]).printed();
    assert_eq!(removed, "removed 1 object, 1 B\n");
    assert!(place.path().join("proj-backup/a").exists());
    for everything in ["", "storage://", "/", "file:///"] {
        let error = inside(&["delete", "--prefix", everything, "--yes"]).failed(2);
        assert!(error.contains("is the beginning of every key"), "{error}");
    }
}

#[test]
fn all_is_removed_even_if_nobody_reads_of_it() {
    let place = Place::new();
    for key in ["a", "b", "c"] {
        place.put(b"x", key);
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = run(place.command(&["delete", "a", "b", "c"]).stdout(writer));
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert_eq!(place.printed(&["list", "--json"]), "[]\n");
}

#[test]
fn an_object_goes_through_pipes_and_links() {
    let place = Place::new();
    place.put(b"text", "a");
    let path = |name: &str| place.path().join(name);
    assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    std::fs::write(path("file"), "old").unwrap();
    std::os::unix::fs::symlink("file", path("link")).unwrap();
    let reader = {
        let pipe = path("pipe");
        std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap())
    };
    assert_eq!(place.printed(&["get", "a", "-o", "pipe"]), "wrote pipe (4 B)\n");
    assert_eq!(reader.join().unwrap(), "text");
    assert!(!std::fs::metadata(path("pipe")).unwrap().is_file());
    assert_eq!(place.printed(&["get", "a", "-o", "link"]), "wrote link (4 B)\n");
    assert!(path("link").is_symlink());
    assert_eq!(std::fs::read_to_string(path("file")).unwrap(), "text");
}

#[test]
fn what_was_done_is_told_to_programs() {
    let place = Place::new();
    std::fs::write(place.path().join("in"), "text").unwrap();
    let told = |arguments: &[&str]| -> Value {
        serde_json::from_str(&place.printed(&[arguments, &["--json"]].concat())).unwrap()
    };
    let put = json!({ "address": "a/in", "key": "a/in", "bytes": 4 });
    assert_eq!(told(&["put", "in", "a/"]), put);
    assert_eq!(told(&["copy", "a/in", "b"]), json!({ "from": "a/in", "to": "b", "bytes": 4 }));
    let got = json!({ "address": "b", "file": "out", "bytes": 4 });
    assert_eq!(told(&["get", "b", "-o", "out"]), got);
    let found = json!({ "found": 1, "removed": 0, "bytes": 4 });
    assert_eq!(told(&["delete", "--prefix", "a/"]), found);
    let removed = json!({ "found": 1, "removed": 1, "bytes": 4 });
    assert_eq!(told(&["delete", "--prefix", "a/", "--yes"]), removed);
    assert_eq!(told(&["delete", "b"]), removed);
    let error = place.run(&["get", "b", "-o", "-", "--json"]).failed(2);
    assert!(error.contains("the object itself goes to standard output"), "{error}");
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

/// Waits until a process has said what it does about signals: SIGINT is the second bit.
fn until_it_watches_for_signals(process: u32) {
    let status = format!("/proc/{process}/status");
    let catches = |status: &str| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 2 != 0)
    };
    until("a watch for signals", || catches(&std::fs::read_to_string(&status).unwrap()));
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !condition() {
        assert!(std::time::Instant::now() < deadline, "{what} did not come");
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
}

/// What lies in a folder, hidden or not.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Answers each request of a connection with a half of what it promises.
fn send_the_first_half(mut stream: std::net::TcpStream) {
    let mut request = [0; 4096];
    while let Ok(1..) = std::io::Read::read(&mut stream, &mut request) {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
        stream.write_all(head).unwrap();
        if request.starts_with(b"GET") {
            stream.write_all(&[b'x'; 50_000]).unwrap();
        }
    }
}

#[test]
fn an_interrupted_get_leaves_no_part_of_a_file() {
    use std::os::unix::process::ExitStatusExt as _;
    let place = Place::new();
    let out = place.path().join("out");
    std::fs::create_dir(&out).unwrap();
    // A server that sends the first half, and then nothing. It ends with the test.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let source = format!("http://{}/object", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || send_the_first_half(stream.unwrap()));
        }
    });
    let mut get = place.command(&["get", &source, "-o", "out/object"]);
    let mut get = get.stdout(Stdio::null()).spawn().unwrap();
    until("the first half", || names(&out).len() == 1);
    let told = Command::new("kill").args(["-INT", &get.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(get.wait().unwrap().signal(), Some(2));
    assert_eq!(names(&out), Vec::<String>::new());
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
    until_it_watches_for_signals(put.id());
    let told = Command::new("kill").args(["-INT", &put.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(put.wait().unwrap().signal(), Some(2));
    drop(input);
    assert_eq!(place.printed(&["list", "--json"]), "[]\n");
    // Nor a part of a file that no listing shows.
    assert_eq!(names(&place.path().join("objects")), Vec::<String>::new());
}

#[test]
fn memory_is_no_storage_for_commands() {
    let place = Place::new();
    let error = place.run(&["list", "--storage", "memory"]).failed(1);
    assert!(error.contains("choose another by --storage"), "{error}");
    let error = place.run(&["get", "ftp://host/a"]).failed(1);
    assert!(error.contains("ftp"), "{error}");
}
