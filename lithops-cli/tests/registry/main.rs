//! Images in a real registry: pushed, listed, pulled by an engine and run, deleted.
//!
//! `cargo xtask servers registry` starts one and prints the variable that is looked for here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "the cases of `lithops-runtime` use more of it")]
#[path = "../../../lithops-runtime/tests/case/mod.rs"]
mod case;
#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "../command/mod.rs"]
mod command;
mod foreign;
#[allow(dead_code, reason = "the cases of `lithops-runtime` use more of it")]
#[path = "../../../lithops-runtime/tests/registry/server.rs"]
mod server;

use std::path::PathBuf;
use std::process::ExitCode;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use libtest_mimic::Arguments;
use lithops_runtime::Credentials;
use serde_json::Value;

use case::{Case, Do, no_engine, trials};
use command::{Ended, lithops, program, run, value};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let with_server: [Do; _] = cases![
        a_second_push_sends_no_layer,
        images_of_a_repository_are_listed_and_deleted,
        an_image_of_somebody_else_is_not_deleted,
        whoever_has_not_logged_in_is_told_to,
    ];
    let with_both: [Do; _] = cases![
        a_pushed_image_is_pulled_by_the_engine_and_runs,
        an_image_of_the_engine_is_pushed_as_it_was_built,
        an_image_stands_on_one_of_a_registry,
    ];
    let no_server = server::missing();
    let not_both = no_server.clone().or_else(no_engine);
    let mut all = trials(&with_server, no_server.as_deref());
    all.extend(trials(&with_both, not_both.as_deref()));
    libtest_mimic::run(&arguments, all).exit_code()
}

/// Runs `lithops runtime` as a user who is logged in.
fn runtime(case: &Case, arguments: &[&str]) -> Ended {
    let Credentials::Password { username, password } = server::user() else { panic!("a user") };
    let login = BASE64_STANDARD.encode(format!("{username}:{}", password.expose()));
    let config = format!(r#"{{"auths":{{"{}":{{"auth":"{login}"}}}}}}"#, server::host());
    std::fs::write(case.path("config.json"), config).unwrap();
    let mut command = lithops();
    command.env("DOCKER_CONFIG", case.path("")).env_remove("REGISTRY_AUTH_FILE");
    run(command.arg("runtime").args(arguments))
}

/// Compiles a static program that says this.
fn says(case: &Case, text: &str) -> PathBuf {
    let source = format!("fn main() {{ println!({text:?}); }}");
    program(&case.path(""), &case.name, &source, true)
}

async fn a_second_push_sends_no_layer(case: &Case) {
    let (program, name) = (says(case, "twice"), server::name(case));
    let push = ["push", program.to_str().unwrap(), &name];
    let first = runtime(case, &push).printed();
    // The layer of the system may be there, because others have it too.
    assert!(value(&first, "sent").contains(" layer"), "{first}");
    let reference = first.lines().next().unwrap();
    let tag = reference.strip_prefix(&format!("{name}:")).unwrap();
    assert_eq!(tag.len(), 16, "{reference}");
    let second = runtime(case, &push).printed();
    assert_eq!(second.lines().next(), Some(reference));
    assert_eq!(value(&second, "sent"), "nothing");
    assert_eq!(value(&second, "was there"), "2 layers");
    assert_eq!(value(&second, "digest"), value(&first, "digest"));
    let told = runtime(case, &[&push[..], &["--json"]].concat()).printed();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let expected = serde_json::json!({
        "reference": reference, "digest": value(&first, "digest"),
        "layers_sent": 0, "layers_present": 2, "bytes_sent": 0,
    });
    assert_eq!(told, expected);
    // Nothing is called so that nobody has called so.
    assert_eq!(server::repository(case, "").tags().await.unwrap(), [tag]);
}

async fn images_of_a_repository_are_listed_and_deleted(case: &Case) {
    let (program, name) = (says(case, "listed"), server::name(case));
    let [one, two, three] = ["one", "two", "three"].map(|tag| format!("{name}:{tag}"));
    let path = program.to_str().unwrap();
    for target in [&one, &two] {
        runtime(case, &["push", path, target]).printed();
    }
    runtime(case, &["push", path, "--env", "A=b", &three]).printed();
    let list = ["list", "--registry", &name];
    let table = runtime(case, &list).printed();
    let references: Vec<_> =
        table.lines().skip(1).filter_map(|row| row.split_whitespace().next()).collect();
    assert_eq!(references, [&one, &three, &two]);
    let json = runtime(case, &[list.as_slice(), &["--json"]].concat()).printed();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json[0]["reference"], &json[0]["program"]),
        (&one.as_str().into(), &case.name.as_str().into())
    );
    assert_eq!(json[0]["digest"], json[2]["digest"]);

    let error = runtime(case, &["delete", "--registry", &name]).failed(1);
    assert!(error.starts_with(&format!("error: `{name}` is a repository: ")), "{error}");
    let deleted = runtime(case, &["delete", "--registry", &three]).printed();
    assert!(deleted.starts_with(&format!("removed {three} (sha256:")), "{deleted}");
    let deleted = runtime(case, &["delete", "--registry", "--all", &name]).printed();
    assert!(deleted.contains(&format!("removed {one} (")), "{deleted}");
    assert!(deleted.ends_with(&format!("removed {two}\n")), "{deleted}");
    let ended = runtime(case, &list);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""), "{ended:?}");
    assert_eq!(ended.err, format!("no image of Lithops is in {name}\n"));
}

async fn an_image_of_somebody_else_is_not_deleted(case: &Case) {
    let program = says(case, "ours");
    let (name, theirs) = (server::name(case), format!("{}:theirs", server::name(case)));
    let ours = runtime(case, &["push", program.to_str().unwrap(), &name]).printed();
    foreign::push(case, "theirs").await;
    let error = runtime(case, &["delete", "--registry", &theirs]).failed(1);
    let told = format!("error: the image {theirs} was not made by Lithops, so it is not removed\n");
    assert_eq!(error, told);
    let ended = runtime(case, &["delete", "--registry", "--all", &name]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.starts_with(&format!("removed {} (", ours.lines().next().unwrap())));
    assert_eq!(ended.err, "left 1 that are no images of Lithops\n");
    assert_eq!(server::repository(case, "").tags().await.unwrap(), ["theirs"]);
}

async fn whoever_has_not_logged_in_is_told_to(case: &Case) {
    let program = says(case, "refused");
    let mut command = lithops();
    command.env("DOCKER_CONFIG", case.path("")).env_remove("REGISTRY_AUTH_FILE");
    command.env_remove("XDG_RUNTIME_DIR").args(["runtime", "push"]);
    let error = run(command.arg(program).arg(server::name(case))).failed(1);
    assert!(error.contains(&format!("run `docker login {}`", server::host())), "{error}");
}

async fn a_pushed_image_is_pulled_by_the_engine_and_runs(case: &Case) {
    let program = says(case, "from afar");
    let target = format!("{}:v1", server::name(case));
    let pushed = runtime(case, &["push", program.to_str().unwrap(), &target]).printed();
    assert_eq!(pushed.lines().next(), Some(target.as_str()));
    case.engine().await.pull_as(&target, &server::user()).await.unwrap();
    assert_eq!(case.run(&target).await, (0, "from afar\n".to_owned()));
}

async fn an_image_of_the_engine_is_pushed_as_it_was_built(case: &Case) {
    // What the command gives to the engine is cleaned up if the case has asked for the engine.
    case.engine().await;
    let (program, name) = (says(case, "stored"), server::name(case));
    let built = runtime(case, &["build", program.to_str().unwrap()]).printed();
    let stored = built.lines().next().unwrap();
    let first = runtime(case, &["push", stored, &name]).printed();
    assert_eq!(first.lines().next().unwrap().rsplit(':').next(), stored.rsplit(':').next());
    let second = runtime(case, &["push", program.to_str().unwrap(), &name]).printed();
    assert_eq!(value(&second, "digest"), value(&first, "digest"));
    assert_eq!(value(&second, "sent"), "nothing");
    let missing = format!("lithops/{}:none", case.name);
    let error = runtime(case, &["push", &missing, &name]).failed(1);
    let told = format!("error: `{missing}` is neither a program of this machine nor an image: ");
    assert!(error.starts_with(&told), "{error}");
}

async fn an_image_stands_on_one_of_a_registry(case: &Case) {
    let below = format!("{}:below", server::name(case));
    let above = format!("{}:above", server::name(case));
    runtime(case, &["push", says(case, "below").to_str().unwrap(), &below]).printed();
    let program = says(case, "above");
    let push = ["push", program.to_str().unwrap(), &above, "--base", &below];
    let pushed = runtime(case, &push).printed();
    assert!(value(&pushed, "sent").starts_with("1 layer, "), "{pushed}");
    case.engine().await.pull_as(&above, &server::user()).await.unwrap();
    assert_eq!(case.run(&above).await, (0, "above\n".to_owned()));
}
