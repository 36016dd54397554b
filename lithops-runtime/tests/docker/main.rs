//! Archives of images, loaded and run by a Docker Engine. Without one, all cases show as ignored.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../assembly/sources.rs"]
#[expect(dead_code, reason = "libraries in C are for the tests of assembly")]
mod sources;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Completion, Trial};
use lithops_runtime::{Base, Content, Image, Program, Recipe};
use sources::{STATIC, TABLE, rust, succeed};
use tempfile::tempdir;

const CASES: [(&str, fn()); 4] = [
    ("a_static_program_runs_in_an_image_of_its_own", a_static_program_runs_in_an_image_of_its_own),
    ("a_dynamic_program_brings_its_libraries", a_dynamic_program_brings_its_libraries),
    (
        "a_program_runs_upon_a_base_with_packed_layers",
        a_program_runs_upon_a_base_with_packed_layers,
    ),
    ("a_program_reads_what_its_recipe_adds", a_program_reads_what_its_recipe_adds),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let engine = Command::new("timeout").args(["10", "docker", "version"]).output();
    let answers = engine.is_ok_and(|output| output.status.success());
    let trial = |(name, case): (&str, fn())| {
        Trial::ignorable_test(name, move || {
            if !answers {
                return Ok(Completion::ignored_with("no Docker Engine answers"));
            }
            case();
            Ok(Completion::Completed)
        })
    };
    libtest_mimic::run(&arguments, CASES.into_iter().map(trial).collect()).exit_code()
}

/// An image that an engine has, until the test ends.
struct Loaded(String);

impl Loaded {
    fn of(image: &Image, folder: &Path) -> Self {
        let archive = folder.join("image.tar");
        image.write_archive(std::fs::File::create(&archive).unwrap()).unwrap();
        succeed(Command::new("docker").args(["load", "--input"]).arg(&archive));
        let loaded = Self(image.reference());
        let id = loaded.inspected("{{.Id}}");
        let ids = [image.config_digest(), image.archive_manifest_digest()].map(ToString::to_string);
        assert!(ids.contains(&id), "{id} {ids:?}");
        loaded
    }

    fn inspected(&self, format: &str) -> String {
        let inspect = ["image", "inspect", "--format", format, &self.0];
        succeed(Command::new("docker").args(inspect)).trim().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> String {
        let bounds = ["run", "--rm", "--network=none", "--read-only", "--cap-drop=ALL", &self.0];
        succeed(Command::new("timeout").args(["60", "docker"]).args(bounds).args(arguments))
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let removed = Command::new("docker").args(["rmi", &self.0]).output();
        assert!(removed.unwrap().status.success() || std::thread::panicking());
    }
}

fn a_static_program_runs_in_an_image_of_its_own() {
    let folder = tempdir().unwrap();
    let program = Program::read(&rust(folder.path(), "still", TABLE, STATIC)).unwrap();
    let loaded = Loaded::of(&Recipe::new(program).build().unwrap(), folder.path());
    assert_eq!(loaded.run(&["one"]), "works with 2 arguments\n");
    assert_eq!(
        loaded.inspected("{{.Config.User}} {{.Os}} {{len .RootFS.Layers}}"),
        "65532:65532 linux 2"
    );
}

fn a_dynamic_program_brings_its_libraries() {
    let folder = tempdir().unwrap();
    let program = Program::read(&rust(folder.path(), "moving", TABLE, &[])).unwrap();
    let loaded = Loaded::of(&Recipe::new(program).build().unwrap(), folder.path());
    assert_eq!(loaded.run(&[]), "works with 1 arguments\n");
}

fn a_program_runs_upon_a_base_with_packed_layers() {
    let folder = tempdir().unwrap();
    let below = Program::read(&rust(folder.path(), "below", TABLE, &[])).unwrap();
    let layout = folder.path().join("layout");
    Recipe::new(below).environment("BELOW", "yes").build().unwrap().write_layout(&layout).unwrap();

    let source = TABLE.replace("works", "works above");
    let above = Program::read(&rust(folder.path(), "above", &source, &[])).unwrap();
    let image = Recipe::new(above).base(Base::Layout(layout)).build().unwrap();
    let contents: Vec<_> = image.layers().iter().map(|layer| layer.content()).collect();
    assert_eq!(contents, [Content::Base, Content::Base, Content::Base, Content::Program]);
    let loaded = Loaded::of(&image, folder.path());
    assert_eq!(loaded.run(&[]), "works above with 1 arguments\n");
    assert!(loaded.inspected("{{.Config.Env}}").contains("BELOW=yes"));
}

fn a_program_reads_what_its_recipe_adds() {
    let folder = tempdir().unwrap();
    let source = r#"
        fn main() {
            let data = std::fs::read_to_string("/opt/data/file").unwrap();
            let user = std::fs::read_to_string("/proc/self/status").unwrap();
            let user = user.lines().find(|line| line.starts_with("Uid:")).unwrap();
            let user = user.split_whitespace().nth(1).unwrap();
            let roots = std::env::var("SSL_CERT_FILE").ok().and_then(|file| std::fs::metadata(file).ok());
            let home = std::env::var("HOME").unwrap();
            println!("{data} {user} {} {home}", roots.is_some());
        }
    "#;
    let program = Program::read(&rust(folder.path(), "reader", source, STATIC)).unwrap();
    let data: PathBuf = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("file"), "1 2 3").unwrap();
    let image = Recipe::new(program).file(&data, "/opt/data").build().unwrap();
    let has_roots = image.notes().is_empty();
    let loaded = Loaded::of(&image, folder.path());
    assert_eq!(loaded.run(&[]), format!("1 2 3 65532 {has_roots} /tmp\n"));
}
