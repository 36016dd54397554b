//! The engine, and an image in it.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::Command;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

use bollard::query_parameters::ListContainersOptionsBuilder;
use lithops_codeengine_emulator::instance::{ContainerSettings, Containers};
use lithops_codeengine_emulator::run::{Rules, RunOrder};
use lithops_codeengine_emulator::{Clock, InstanceQuota};
use lithops_runtime::engine::Engine;
use lithops_runtime::{Program, Recipe};

use super::stage::{Stage, script};

/// Why there is no engine, in one line.
pub(crate) fn no_engine() -> Option<String> {
    let error = runtime().block_on(Engine::connect(None)).err()?.to_string();
    Some(format!("needs a Docker Engine: {}", error.replace('\n', ";")))
}

/// One for all cases: what is removed when a case has ended is still removed then.
pub(crate) fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    });
    &RUNTIME
}

static IMAGE: OnceLock<String> = OnceLock::new();

/// Removes the image, if a case has needed it.
pub(crate) fn clean_up() {
    let Some(image) = IMAGE.get() else { return };
    let deadline = Instant::now() + Duration::from_secs(60);
    // The last containers may be on their way out when their cases have ended.
    while let Err(error) =
        runtime().block_on(async { Engine::connect(None).await?.remove(image).await })
    {
        assert!(Instant::now() < deadline, "{error}");
        std::thread::yield_now();
    }
}

/// The name of an image of the program beside this file, which the engine has.
pub(crate) fn image() -> String {
    let build = || {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("emulated");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/containers/program.rs");
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition=2024", "-C", "target-feature=+crt-static", "-C", "strip=symbols"]);
        let built = rustc.arg("-o").arg(&program).arg(source).status().unwrap();
        assert!(built.success(), "{built}");
        // An image of this process alone: another that tests on the same engine removes its own when
        // it is done. What follows an ELF file's sections is nobody's.
        let mut file = std::fs::File::options().append(true).open(&program).unwrap();
        write!(file, "{} {:?}", std::process::id(), std::time::SystemTime::now()).unwrap();
        drop(file);
        let image = Recipe::new(Program::read(&program).unwrap()).build().unwrap();
        // Of another runtime than the case's: its connections end with it.
        std::thread::spawn(move || {
            runtime().block_on(async {
                Engine::connect(None).await.unwrap().ensure(&image).await.unwrap();
                image.reference()
            })
        })
        .join()
        .unwrap()
    };
    IMAGE.get_or_init(build).clone()
}

/// Runs in containers, and the containers.
pub(crate) async fn stage() -> (Stage, Containers) {
    let settings = ContainerSettings { network: "none".to_owned(), ..ContainerSettings::default() };
    let containers = Containers::connect(settings).await.unwrap();
    let quota = InstanceQuota::default();
    let platform = Arc::new(containers.clone());
    (Stage::on(platform, Clock::default(), quota, Rules::default()), containers)
}

/// An order that lets the image's program do something for each index.
pub(crate) fn order(name: &str, indices: u64, arguments: &[&str]) -> RunOrder {
    let mut order = script(name, 0..indices, "");
    order.image = image();
    order.commands.clear();
    order.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    order
}

/// How many containers have this label.
pub(crate) async fn count(label: &str) -> usize {
    let label = format!("lithops-codeengine-emulator={label}");
    let filters = HashMap::from([("label", vec![label.as_str()])]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    let engine = Engine::connect(None).await.unwrap();
    engine.docker().list_containers(Some(options)).await.unwrap().len()
}
