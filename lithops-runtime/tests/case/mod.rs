//! Cases with an engine or a registry: each has programs of its own, and is cleaned up after.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use bollard::container::LogOutput;
use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptions, ListContainersOptionsBuilder, ListImagesOptionsBuilder,
    LogsOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptionsBuilder,
    StartContainerOptions, WaitContainerOptions,
};
use futures::future::{FutureExt as _, LocalBoxFuture};
use futures::{StreamExt as _, TryStreamExt as _};
use libtest_mimic::{Completion, Failed, Trial};
use lithops_runtime::engine::Engine;
use lithops_runtime::{Image, Program, Recipe};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Marks the containers of a case.
const LABEL: &str = "dev.lithops.test";

/// What a case has.
pub(crate) struct Case {
    engine: OnceCell<Engine>,
    /// The name of its programs, which no other case has, and no other run of the tests.
    pub(crate) name: String,
    folder: TempDir,
}

/// A case's name, and what it does.
pub(crate) type Do = (&'static str, fn(&Case) -> LocalBoxFuture<'_, ()>);

/// Names an `async fn(&Case)` as it is called.
#[macro_export]
macro_rules! cases {
    ($($case:path),+ $(,)?) => {
        [$((stringify!($case), |case| Box::pin($case(case)))),+]
    };
}

/// Makes a trial of each case; `reason` is why all are ignored.
pub(crate) fn trials(cases: &[Do], reason: Option<&str>) -> Vec<Trial> {
    let trial = |(name, case): &Do| {
        let (reason, case) = (reason.map(ToOwned::to_owned), *case);
        Trial::ignorable_test(*name, move || match reason {
            Some(reason) => Ok(Completion::ignored_with(reason)),
            None => run(case).map(|()| Completion::Completed),
        })
    };
    cases.iter().map(trial).collect()
}

/// Why there is no engine, in one line.
pub(crate) fn no_engine() -> Option<String> {
    let engine = runtime().block_on(Engine::connect(None));
    let error = engine.err()?.to_string();
    Some(format!("needs a Docker Engine: {}", error.replace('\n', ";")))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn run(case: fn(&Case) -> LocalBoxFuture<'_, ()>) -> Result<(), Failed> {
    static CASES: AtomicU64 = AtomicU64::new(0);
    runtime().block_on(async {
        let number = CASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let this = Case { engine: OnceCell::new(), name, folder: tempfile::tempdir()? };
        let end = AssertUnwindSafe(case(&this)).catch_unwind().await;
        let clean = this.clean_up().await;
        end.map_err(|_| "the case panicked; its words stand above")?;
        Ok(clean?)
    })
}

impl Case {
    /// The engine of this machine.
    pub(crate) async fn engine(&self) -> &Engine {
        self.engine.get_or_init(async || Engine::connect(None).await.unwrap()).await
    }

    /// Builds a static program that says this.
    pub(crate) fn program(&self, says: &str) -> Program {
        let source = self.path("main.rs");
        std::fs::write(&source, format!("fn main() {{ println!({says:?}); }}")).unwrap();
        let program = self.path(&self.name);
        let mut rustc = Command::new("rustc");
        rustc.args(["-C", "target-feature=+crt-static", "-C", "strip=symbols", "-o"]);
        let built = rustc.arg(&program).arg(&source).status().unwrap();
        assert!(built.success(), "{built}");
        Program::read(&program).unwrap()
    }

    /// An image of nothing but a program that says this.
    pub(crate) fn image(&self, says: &str) -> Image {
        Recipe::new(self.program(says)).build().unwrap()
    }

    /// A path in a folder that goes with the case.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs an image, and gives the exit code and what it said.
    pub(crate) async fn run(&self, reference: &str) -> (i64, String) {
        let docker = self.engine().await.docker();
        let container = self.container(reference).await;
        docker.start_container(&container, None::<StartContainerOptions>).await.unwrap();
        let ended = docker.wait_container(&container, None::<WaitContainerOptions>).next().await;
        let code = match ended.unwrap() {
            Ok(ended) => ended.status_code,
            Err(bollard::errors::Error::DockerContainerWaitError { code, .. }) => code,
            Err(error) => panic!("{error}"),
        };
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).build();
        let logs: Vec<LogOutput> =
            docker.logs(&container, Some(options)).try_collect().await.unwrap();
        self.remove_container(&container).await.unwrap();
        (code, logs.iter().map(ToString::to_string).collect())
    }

    /// Makes a container that is never started.
    pub(crate) async fn container(&self, reference: &str) -> String {
        let body = ContainerCreateBody {
            image: Some(reference.to_owned()),
            labels: Some(HashMap::from([(LABEL.to_owned(), self.name.clone())])),
            host_config: Some(HostConfig {
                network_mode: Some("none".to_owned()),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let options = None::<CreateContainerOptions>;
        self.engine().await.docker().create_container(options, body).await.unwrap().id
    }

    pub(crate) async fn remove_container(
        &self,
        container: &str,
    ) -> Result<(), bollard::errors::Error> {
        let force = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        self.engine().await.docker().remove_container(container, Some(force)).await
    }

    /// Removes all that the case left behind, also after it failed.
    async fn clean_up(&self) -> Result<(), bollard::errors::Error> {
        let Some(engine) = self.engine.get() else { return Ok(()) };
        let docker = engine.docker();
        let label = format!("{LABEL}={}", self.name);
        let filters = HashMap::from([("label", vec![label.as_str()])]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        for container in docker.list_containers(Some(options)).await? {
            self.remove_container(&container.id.unwrap_or_default()).await?;
        }
        let label = format!("dev.lithops.program={}", self.name);
        let filters = HashMap::from([("label", vec![label.as_str()])]);
        let options = ListImagesOptionsBuilder::new().filters(&filters).build();
        for image in docker.list_images(Some(options)).await? {
            let force = RemoveImageOptionsBuilder::new().force(true).build();
            docker.remove_image(&image.id, Some(force), None).await?;
        }
        Ok(())
    }
}
