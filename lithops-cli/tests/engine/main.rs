//! Images in a real engine: built, listed, run, deleted.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "the cases of `lithops-runtime` use more of it")]
#[path = "../../../lithops-runtime/tests/case/mod.rs"]
mod case;
#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "../command/mod.rs"]
mod command;

use std::process::ExitCode;

use libtest_mimic::Arguments;
use lithops_runtime::{Program, RuntimeFacts, check};
use serde_json::{Value, json};

use case::{Case, Do, no_engine, trials};
use command::{program, runtime, value};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases: [Do; _] = cases![
        an_image_is_built_listed_run_and_deleted,
        an_image_is_given_another_name_and_loses_it,
        an_image_of_somebody_else_is_not_deleted,
        what_can_t_be_deleted_stops_nothing_else,
        an_image_stands_on_one_of_the_engine,
        a_dynamic_program_runs_in_the_image_of_a_launcher,
    ];
    libtest_mimic::run(&arguments, trials(&cases, no_engine().as_deref())).exit_code()
}

/// Builds a static program that says this, and its image; gives the image's name.
fn built(case: &Case, says: &str) -> String {
    let source = format!("fn main() {{ println!({says:?}); }}");
    let program = program(&case.path(""), &case.name, &source, true);
    let printed = runtime(["build", program.to_str().unwrap()]).printed();
    assert!(printed.contains("\nloaded into the engine at "), "{printed}");
    printed.lines().next().unwrap().to_owned()
}

async fn an_image_is_built_listed_run_and_deleted(case: &Case) {
    let reference = built(case, "by hand");
    let program = case.path(&case.name);
    let printed = runtime(["build", program.to_str().unwrap()]).printed();
    assert!(printed.starts_with(&format!("{reference}\n")), "{printed}");
    assert!(printed.contains("\nalready in the engine at "), "{printed}");
    assert_eq!(case.run(&reference).await, (0, "by hand\n".to_owned()));

    let table = runtime(["list"]).printed();
    assert!(table.starts_with("REFERENCE "), "{table}");
    let row = table.lines().find(|row| row.starts_with(&reference)).unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!((cells[1], cells[3], cells[4]), (case.name.as_str(), "MB", "none"), "{row}");
    let listed: Value = serde_json::from_str(&runtime(["list", "--json"]).printed()).unwrap();
    let listed = listed.as_array().unwrap();
    let image = listed.iter().find(|image| image["reference"] == reference).unwrap();
    assert_eq!(image["digest"], value(&printed, "digest"));
    assert_eq!((&image["program"], &image["kind"]), (&json!(case.name), &json!("program")));
    assert!(image["size"].as_u64().unwrap() > 400_000, "{image}");
    assert_eq!(image["glibc"], Value::Null);

    assert_eq!(runtime(["delete", &reference]).printed(), format!("removed {reference}\n"));
    assert!(!runtime(["list"]).out.contains(&reference));
    let error = runtime(["delete", &reference]).failed(1);
    assert!(error.starts_with(&format!("error: there is no image {reference} in")), "{error}");
}

async fn an_image_is_given_another_name_and_loses_it(case: &Case) {
    let reference = built(case, "named");
    let name = format!("lithops/{}:again", case.name);
    let program = case.path(&case.name);
    let printed = runtime(["build", program.to_str().unwrap(), "--name", &name]).printed();
    assert!(printed.ends_with(&format!(", also as {name}\n")), "{printed}");
    assert_eq!(case.run(&name).await, (0, "named\n".to_owned()));
    let kept = format!("removed the name {name}; its image has another\n");
    assert_eq!(runtime(["delete", &name]).printed(), kept);
    assert_eq!(runtime(["delete", &reference]).printed(), format!("removed {reference}\n"));
}

async fn an_image_of_somebody_else_is_not_deleted(case: &Case) {
    use bollard::query_parameters::{CreateImageOptionsBuilder, RemoveImageOptions};
    use futures::TryStreamExt as _;

    // An archive of nothing: two blocks of zeros.
    let (empty, name) = (vec![0; 1024], format!("{}:theirs", case.name));
    let options = CreateImageOptionsBuilder::new().from_src("-").repo(&name).build();
    let docker = case.engine().await.docker();
    let told = docker.create_image(Some(options), Some(bollard::body_full(empty.into())), None);
    let _: Vec<_> = told.try_collect().await.unwrap();
    let error = runtime(["delete", &name]);
    let listed = runtime(["list"]);
    docker.remove_image(&name, None::<RemoveImageOptions>, None).await.unwrap();
    let error = error.failed(1);
    let told = format!("error: the image {name} was not made by Lithops, so it is not removed");
    assert!(error.starts_with(&told), "{error}");
    assert!(!listed.out.contains(&name), "{listed:?}");
}

async fn what_can_t_be_deleted_stops_nothing_else(case: &Case) {
    let (first, second) = (built(case, "first"), built(case, "second"));
    let container = case.container(&first).await;
    let missing = format!("lithops/{}:none", case.name);
    let ended = runtime(["delete", &missing, &first, &second]);
    assert_eq!((ended.code, ended.out), (Some(1), format!("removed {second}\n")));
    let errors: Vec<&str> = ended.err.lines().collect();
    assert!(errors[0].starts_with(&format!("error: there is no image {missing}")), "{errors:?}");
    assert!(errors[1].starts_with(&format!("error: the image {first} is in use")), "{errors:?}");
    case.remove_container(&container).await.unwrap();
}

async fn an_image_stands_on_one_of_the_engine(case: &Case) {
    let below = built(case, "below");
    let source = "fn main() { println!(\"above\"); }";
    let above = program(&case.path(""), &case.name, source, false);
    let build = ["build", above.to_str().unwrap(), "--base-image", &below];
    let printed = runtime(build).printed();
    assert_eq!(printed.matches("\nbase ").count(), 2, "{printed}");
    let reference = printed.lines().next().unwrap();
    assert_eq!(case.run(reference).await, (0, "above\n".to_owned()));
}

async fn a_dynamic_program_runs_in_the_image_of_a_launcher(case: &Case) {
    let becomes = "use std::os::unix::process::CommandExt;\n\
        fn main() { panic!(\"{}\", std::process::Command::new(\"/opt/moving\").exec()); }";
    let says =
        "fn main() { println!(\"launched, {}\", 2f64.powf(std::env::args().count() as f64)); }";
    let launcher = program(&case.path(""), &case.name, becomes, true);
    let moving = program(&case.path(""), "moving", says, false);
    let file = format!("{}:/opt/moving", moving.display());
    let build = ["build", launcher.to_str().unwrap(), "--launcher", "--file", &file];
    let printed = runtime(build).printed();
    let reference = printed.lines().next().unwrap();
    assert_eq!(case.run(reference).await, (0, "launched, 2\n".to_owned()));
    let image = case.engine().await.find(reference).await.unwrap().unwrap();
    let facts = RuntimeFacts::from_labels(&image.architecture.to_string(), image.labels).unwrap();
    check(Program::read(&moving).unwrap().needs(), &facts).unwrap();
}
