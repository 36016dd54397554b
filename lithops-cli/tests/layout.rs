//! Images that are written into folders, for which no engine is needed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::fs;
use std::path::Path;

use lithops_runtime::{Program, RuntimeFacts, check, label};
use serde_json::Value;

use command::{lithops, program, run, runtime, value};

/// An engine that nobody may ask.
const NO_ENGINE: &str = "unix:///no/such/engine.sock";

/// Builds an image into a folder, and gives what was printed.
fn build(folder: &Path, arguments: &[&str]) -> String {
    let layout = folder.join("layout");
    let mut command = lithops();
    command.env("DOCKER_HOST", NO_ENGINE).args(["runtime", "build"]).args(arguments);
    run(command.arg("--layout").arg(layout)).printed()
}

/// The configuration of the image in a folder.
fn config(folder: &Path) -> Value {
    let layout = folder.join("layout");
    let blob = |digest: &Value| {
        let (_, digits) = digest.as_str().unwrap().split_once(':').unwrap();
        let text = fs::read(layout.join("blobs/sha256").join(digits)).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()
    };
    let index: Value =
        serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    let manifest = blob(&index["manifests"][0]["digest"]);
    blob(&manifest["config"]["digest"])
}

/// What the labels of the image in a folder say that it runs.
fn facts(folder: &Path) -> RuntimeFacts {
    let config = config(folder);
    let labels = config["config"]["Labels"].as_object().unwrap();
    let labels = labels.iter().map(|(name, value)| (name, value.as_str().unwrap()));
    RuntimeFacts::from_labels(config["architecture"].as_str().unwrap(), labels).unwrap()
}

#[test]
fn an_image_that_is_built_twice_has_one_digest() {
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let program = program(first.path(), "twice", "fn main() {}", false);
    let program = program.to_str().unwrap();
    let file = format!("{program}.rs:/opt/source.rs");
    let arguments = [program, "--env", "RUST_LOG=info", "--file", &file];
    let printed = [first.path(), second.path()].map(|folder| build(folder, &arguments));
    let [digest, again] = [&printed[0], &printed[1]].map(|report| value(report, "digest"));
    assert_eq!(digest, again);
    let index = |folder: &Path| fs::read(folder.join("layout/index.json")).unwrap();
    assert_eq!(index(first.path()), index(second.path()));
    let index: Value = serde_json::from_slice(&index(first.path())).unwrap();
    assert_eq!(index["manifests"][0]["digest"], digest);
    let reference = printed[0].lines().next().unwrap();
    assert!(reference.starts_with("lithops/twice:"), "{reference}");
    let mut json = lithops();
    json.env("DOCKER_HOST", NO_ENGINE).args(["runtime", "build", program, "--json", "--layout"]);
    let told = run(json.arg(first.path().join("as-json"))).printed();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["layers"].as_array().unwrap().len(), 3);
    assert!(told["reference"].as_str().unwrap().starts_with("lithops/twice:"));
    assert!(told["digest"].as_str().unwrap().starts_with("sha256:"));
    for layer in ["system ", "libraries ", "files ", "program "] {
        assert_eq!(
            printed[0].matches(&format!("\n{layer}")).count(),
            1 + usize::from(layer == "program ")
        );
    }
    assert!(value(&printed[0], "program").starts_with("needs glibc 2."), "{}", printed[0]);
    let variables = config(first.path())["config"]["Env"].as_array().unwrap().clone();
    assert!(variables.contains(&"RUST_LOG=info".into()), "{variables:?}");
}

#[test]
fn an_image_stands_on_that_of_a_folder() {
    let [below, above] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let program = program(below.path(), "stands", "fn main() {}", true);
    let program = program.to_str().unwrap();
    build(below.path(), &[program, "--env", "BELOW=yes"]);
    let layout = below.path().join("layout");
    let printed = build(above.path(), &[program, "--base-layout", layout.to_str().unwrap()]);
    assert_eq!(printed.matches("\nbase ").count(), 2, "{printed}");
    assert_eq!(value(&printed, "program"), "static: needs no library");
    let variables = config(above.path())["config"]["Env"].as_array().unwrap().clone();
    assert!(variables.contains(&"BELOW=yes".into()), "{variables:?}");
}

#[test]
fn the_image_of_a_launcher_says_truly_what_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = program(folder.path(), "starts", "fn main() {}", true);
    let moving = program(folder.path(), "moving", "fn main() {}", false);
    let moving = Program::read(&moving).unwrap();
    let launcher = launcher.to_str().unwrap();
    build(folder.path(), &[launcher]);
    assert_eq!(facts(folder.path()).glibc, None);
    check(moving.needs(), &facts(folder.path())).unwrap_err();
    let printed = build(folder.path(), &[launcher, "--launcher"]);
    assert_eq!(config(folder.path())["config"]["Labels"][label::RUNTIME], "launcher");
    let facts = facts(folder.path());
    check(moving.needs(), &facts).unwrap();
    let version = facts.glibc.unwrap().to_string();
    assert!(value(&printed, "runs").ends_with(&format!("glibc {version} or older")), "{printed}");
    for usual in ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2"] {
        assert!(facts.libraries.iter().any(|name| name == usual), "{usual}: {facts:?}");
    }
}

#[test]
fn the_launcher_beside_the_command_is_taken() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let launcher = program(folder.path(), "lithops-worker", "fn main() {}", true);
    let command = command::moved(folder.path());
    let layout = folder.path().join("layout");
    let mut command = std::process::Command::new(command);
    command.args(["runtime", "build", "--launcher", "--layout"]).arg(&layout);
    let printed = run(&mut command).printed();
    assert!(printed.starts_with("lithops/lithops-worker:"), "{printed}");
    let named = build(folder.path(), &["--launcher", launcher.to_str().unwrap()]);
    assert_eq!(value(&named, "digest"), value(&printed, "digest"));
}

#[test]
fn a_folder_that_can_t_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path(), "nowhere", "fn main() {}", true);
    let (program, layout) = (program.to_str().unwrap(), format!("{}/layout", program.display()));
    let error = runtime(["build", program, "--layout", &layout]).failed(1);
    let told = format!("error: the image can't be written to {layout}: Not a directory");
    assert!(error.starts_with(&told), "{error}");
}
