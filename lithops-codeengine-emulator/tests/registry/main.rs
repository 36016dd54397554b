//! Images that a run's registry secret gives access to, with a real engine and a real registry.
//!
//! `cargo xtask servers registry` starts the latter and says what to set; without it, the cases are
//! ignored.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../containers/place.rs"]
#[expect(dead_code, reason = "the other tests need more of it")]
mod place;
#[path = "../stage/mod.rs"]
#[expect(dead_code, reason = "the other tests need more of it")]
mod stage;

use std::process::ExitCode;

use bollard::auth::DockerCredentials;
use bollard::query_parameters::{
    PushImageOptionsBuilder, RemoveImageOptions, TagImageOptionsBuilder,
};
use futures::TryStreamExt as _;
use lithops_codeengine_emulator::run::RunStatus;
use lithops_runtime::engine::Engine;
use lithops_testkit::trials::{ignored, run_trials, test};

use stage::until;

const VARIABLE: &str = "LITHOPS_TEST_REGISTRY";

fn main() -> ExitCode {
    let registry = match std::env::var(VARIABLE) {
        Ok(_) => None,
        Err(_) => Some("needs a registry: `cargo xtask servers registry` starts one".to_owned()),
    };
    let reason = place::no_engine().or(registry);
    let name = "an_image_is_pulled_as_the_secret_says_and_only_so";
    let case = || place::runtime().block_on(an_image_is_pulled_as_the_secret_says_and_only_so());
    let trial = match &reason {
        None => test(name, case),
        Some(reason) => ignored(name, reason),
    };
    let end = run_trials(reason.is_none(), vec![trial]);
    place::clean_up();
    end
}

/// The user, the password and the host of `http://USER:PASSWORD@HOST:PORT`.
fn registry() -> (String, String, String) {
    let value = std::env::var(VARIABLE).unwrap();
    let (login, host) = value.strip_prefix("http://").unwrap().split_once('@').unwrap();
    let (user, password) = login.split_once(':').unwrap();
    (user.to_owned(), password.to_owned(), host.trim_end_matches('/').to_owned())
}

/// Pushes the image under a name that the engine then has no more.
async fn push() -> String {
    let (user, password, host) = registry();
    let name = format!("{host}/emulator/{}", std::process::id());
    let engine = Engine::connect(None).await.unwrap();
    let docker = engine.docker();
    let options = TagImageOptionsBuilder::new().repo(&name).tag("1").build();
    docker.tag_image(&place::image(), Some(options)).await.unwrap();
    let credentials = DockerCredentials {
        username: Some(user),
        password: Some(password),
        serveraddress: Some(host),
        ..DockerCredentials::default()
    };
    let options = PushImageOptionsBuilder::new().tag("1").build();
    let pushed = docker.push_image(&name, Some(options), Some(credentials));
    pushed.try_collect::<Vec<_>>().await.unwrap();
    let whole = format!("{name}:1");
    docker.remove_image(&whole, None::<RemoveImageOptions>, None).await.unwrap();
    whole
}

async fn an_image_is_pulled_as_the_secret_says_and_only_so() {
    let image = push().await;
    let (user, password, host) = registry();
    let (stage, _containers) = place::stage().await;
    let login = |password: &str| {
        [("server", host.clone()), ("username", user.clone()), ("password", password.to_owned())]
    };
    for (name, password) in [("right", password.as_str()), ("wrong", "no password")] {
        let data = login(password);
        let data: Vec<_> = data.iter().map(|(key, value)| (*key, value.as_str())).collect();
        stage.shelf.put_secret(name, &data);
    }
    let order = |name: &str, secret: Option<&str>| {
        let mut order = place::order(name, 2, &["say", "hello"]);
        order.image.clone_from(&image);
        order.image_secret = secret.map(ToOwned::to_owned);
        order
    };
    let nobody = stage.create(order("nobody", None));
    let wrong = stage.create(order("wrong", Some("wrong")));
    for run in [&nobody, &wrong] {
        let reason = || {
            let details = stage.details(run).indices_details.unwrap();
            details["0"].last_failure_reason.clone()
        };
        until("the reason", || reason().is_some()).await;
        assert_eq!(reason().as_deref(), Some("ImagePullBackOff"), "{}", stage.log(run, 0));
        assert_eq!(stage.view(run).status, RunStatus::Pending);
        assert!(!stage.log(run, 0).contains("no password"));
        assert!(stage.runs.delete(run));
    }
    let right = stage.create(order("right", Some("right")));
    let (status, _) = stage.finished(&right).await;
    assert_eq!((status, stage.log(&right, 1).as_str()), (RunStatus::Completed, "hello\n"));
    let engine = Engine::connect(None).await.unwrap();
    stage.runs.shutdown().await;
    engine.docker().remove_image(&image, None::<RemoveImageOptions>, None).await.unwrap();
}
