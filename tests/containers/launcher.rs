//! One generic image for all programs: its launcher fetches each from storage, and becomes it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lithops::prelude::*;
use lithops::{Builder, CallError, Config, Error};
use lithops_core::function::build_id;
use lithops_runtime::{Kind, Program, Recipe};
use tempfile::TempDir;

use crate::Case;
use crate::docker::docker;

pub(crate) const CASES: &[Case] = &[
    ("launcher::one_image_runs_this_program_and_another", one_image_runs_this_program_and_another),
    ("launcher::a_program_that_does_not_fit_is_refused", a_program_that_does_not_fit_is_refused),
];

/// An image in the engine; removed when this is dropped.
struct Loaded(String);

impl Loaded {
    /// A generic image, which no other test has.
    fn new(test: &str) -> Self {
        // Any program that links the library can be a launcher.
        let recipe = Recipe::new(Program::current().unwrap()).kind(Kind::Launcher);
        let image = recipe.label("dev.lithops.test", test).build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("image.tar");
        image.write_archive(std::fs::File::create(&archive).unwrap()).unwrap();
        docker(&["load", "--quiet", "--input", archive.to_str().unwrap()]).unwrap();
        Self(image.reference())
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let removed = docker(&["rmi", &self.0]);
        assert!(removed.is_ok() || std::thread::panicking(), "{removed:?}");
    }
}

/// A copy of this program with another build id.
fn other_build(folder: &TempDir) -> PathBuf {
    let mut program = std::fs::read("/proc/self/exe").unwrap();
    let id = build_id();
    let at = program[..1 << 16].windows(id.len()).position(|window| window == id).unwrap();
    program[at] ^= 0xff;
    let path = folder.path().join("other");
    std::fs::write(&path, program).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

async fn executor(image: &str, program: Option<&Path>) -> FunctionExecutor {
    let mut config = Config { backend: "containers".to_owned(), ..Config::default() };
    config.containers.runtime = Some(image.to_owned());
    let builder = Builder::new(config).workers(1).progress(false).storage("memory");
    let builder = match program {
        Some(program) => builder.worker_program(program),
        None => builder,
    };
    builder.build().await.unwrap()
}

fn build_there(_: u32) -> Vec<u8> {
    build_id().to_vec()
}

fn one_image_runs_this_program_and_another() {
    let image = Loaded::new("both");
    let folder = tempfile::tempdir().unwrap();
    let other = other_build(&folder);
    lithops::block_on(async {
        let exec = executor(&image.0, None).await;
        assert_eq!(exec.call_async(build_there, 0).await.unwrap(), build_id());
        exec.shutdown().await;

        // Another build finds the function by its name.
        let exec = executor(&image.0, Some(&other)).await;
        let there = exec.call_async(build_there, 0).await.unwrap();
        assert_eq!(there[1..], build_id()[1..]);
        assert_eq!(there[0], build_id()[0] ^ 0xff);
        exec.shutdown().await;
    });
}

fn a_program_that_does_not_fit_is_refused() {
    // An image that says of itself to have neither glibc nor any library.
    let image = Loaded::new("bare");
    let bare = format!("{}-bare", image.0);
    let changes = ["dev.lithops.glibc=none", "dev.lithops.libraries="];
    let container = docker(&["create", &image.0]).unwrap();
    let changes = changes.map(|label| format!("LABEL {label}"));
    docker(&["commit", "--change", &changes[0], "--change", &changes[1], &container, &bare])
        .unwrap();
    docker(&["rm", &container]).unwrap();
    let error = lithops::block_on(async {
        let exec = executor(&bare, None).await;
        let error = exec.call_async(build_there, 0).await.unwrap_err();
        exec.shutdown().await;
        error
    });
    docker(&["rmi", &bare]).unwrap();
    let Error::Call { cause: CallError::JobFailed { reason }, .. } = error else {
        panic!("{error:?}")
    };
    for part in ["needs glibc", "has none", "crt-static", "zigbuild"] {
        assert!(reason.contains(part), "{reason}");
    }
}
