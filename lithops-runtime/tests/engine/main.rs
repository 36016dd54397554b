//! Images in a real engine: given, found, run, listed, removed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../case/mod.rs"]
mod case;

use std::process::ExitCode;

use bollard::query_parameters::{RemoveImageOptions, TagImageOptionsBuilder};
use libtest_mimic::Arguments;
use lithops_runtime::engine::{Engine, EngineError, Make, Missing, Presence, Removed};
use lithops_runtime::{Architecture, Base, Content, Recipe};

use case::{Case, Do, no_engine, trials};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases: [Do; _] = cases![
        an_image_is_loaded_once_and_runs,
        a_changed_program_is_another_image,
        an_image_under_a_name_of_another_is_replaced,
        images_of_this_library_are_listed_with_their_program,
        an_image_in_use_is_not_removed,
        an_image_of_somebody_else_is_not_removed,
        a_name_is_removed_before_the_image_is,
        a_missing_image_is_named_with_the_next_step,
        an_image_of_no_registry_is_missing,
        an_image_of_the_engine_is_a_base,
        an_image_comes_out_as_it_was_built,
        an_image_of_somebody_else_does_not_come_out,
        a_name_that_an_image_is_given_is_one_more,
        an_engine_says_what_it_is,
        a_place_without_an_engine_is_named,
    ];
    libtest_mimic::run(&arguments, trials(&cases, no_engine().as_deref())).exit_code()
}

async fn an_image_is_loaded_once_and_runs(case: &Case) {
    let image = case.image("once");
    assert_eq!(case.engine().await.ensure(&image).await.unwrap(), Presence::Loaded);
    assert_eq!(case.engine().await.ensure(&image).await.unwrap(), Presence::AlreadyThere);
    assert_eq!(case.run(&image.reference()).await, (0, "once\n".to_owned()));
}

async fn a_changed_program_is_another_image(case: &Case) {
    let (first, second) = (case.image("first"), case.image("second"));
    assert_ne!(first.reference(), second.reference());
    for image in [&first, &second] {
        assert_eq!(case.engine().await.ensure(image).await.unwrap(), Presence::Loaded);
    }
    assert_eq!(case.run(&first.reference()).await, (0, "first\n".to_owned()));
    assert_eq!(case.run(&second.reference()).await, (0, "second\n".to_owned()));
    let [first, second] =
        [first, second].map(|image| image.layers().iter().map(|it| it.diff_id().clone()).collect());
    let (first, second): (Vec<_>, Vec<_>) = (first, second);
    assert_eq!(first[..first.len() - 1], second[..second.len() - 1]);
    assert_ne!(first.last(), second.last());
}

async fn an_image_under_a_name_of_another_is_replaced(case: &Case) {
    let (image, other) = (case.image("right"), case.image("wrong"));
    case.engine().await.ensure(&other).await.unwrap();
    let options = TagImageOptionsBuilder::new().repo(image.name()).tag(image.tag()).build();
    case.engine().await.docker().tag_image(&other.reference(), Some(options)).await.unwrap();
    assert_eq!(case.engine().await.ensure(&image).await.unwrap(), Presence::Loaded);
    assert_eq!(case.run(&image.reference()).await, (0, "right\n".to_owned()));
}

async fn images_of_this_library_are_listed_with_their_program(case: &Case) {
    let image = case.image("listed");
    case.engine().await.ensure(&image).await.unwrap();
    let listed = case.engine().await.images().await.unwrap();
    let found: Vec<_> = listed.iter().filter(|it| it.program() == Some(&case.name)).collect();
    assert_eq!(found.len(), 1, "{listed:?}");
    assert_eq!(found[0].references, [image.reference()]);
    assert!(found[0].size > 400_000, "{}", found[0].size);
    // Podman does not say.
    let make = case.engine().await.facts().await.unwrap().make;
    assert_eq!(found[0].loaded.is_some(), make == Make::Docker);
    let layers: Vec<_> = image.layers().iter().map(|layer| layer.diff_id().to_string()).collect();
    assert_eq!(found[0].layers, layers);
    let looked_up = case.engine().await.find(&image.reference()).await.unwrap();
    assert_eq!(looked_up.as_ref(), Some(found[0]));
    assert_eq!(case.engine().await.find(&found[0].id).await.unwrap().as_ref(), Some(found[0]));
}

async fn an_image_in_use_is_not_removed(case: &Case) {
    let image = case.image("used");
    case.engine().await.ensure(&image).await.unwrap();
    let container = case.container(&image.reference()).await;
    let error = case.engine().await.remove(&image.reference()).await.unwrap_err();
    let EngineError::InUse { reason, .. } = &error else { panic!("{error}") };
    assert!(reason.contains(&container[..12]), "{error}");
    case.remove_container(&container).await.unwrap();
    let removed = case.engine().await.remove(&image.reference()).await.unwrap();
    assert_eq!(removed.names, [image.reference()]);
    assert!(!removed.deleted.is_empty());
    assert_eq!(case.engine().await.find(&image.reference()).await.unwrap(), None);
}

async fn an_image_of_somebody_else_is_not_removed(case: &Case) {
    let id = foreign(case, "removed").await;
    let error = case.engine().await.remove(&id).await.unwrap_err();
    let docker = case.engine().await.docker();
    docker.remove_image(&id, None::<RemoveImageOptions>, None).await.unwrap();
    assert!(matches!(error, EngineError::NotOurs { .. }), "{error}");
    assert!(error.to_string().ends_with(&format!("`docker rmi {id}` removes it")), "{error}");
}

/// Makes an image that this library has not made, and gives its id; the file in it makes it the only
/// one.
async fn foreign(case: &Case, file: &str) -> String {
    use bollard::query_parameters::CreateImageOptionsBuilder;
    use futures::TryStreamExt as _;

    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(0);
    tar.append_data(&mut header, format!("{}-{file}", case.name), std::io::empty()).unwrap();
    let options = CreateImageOptionsBuilder::new().from_src("-").build();
    let body = bollard::body_full(tar.into_inner().unwrap().into());
    let told = case.engine().await.docker().create_image(Some(options), Some(body), None);
    let told: Vec<_> = told.try_collect().await.unwrap();
    let id = told.iter().find_map(|info| info.status.clone()).unwrap();
    format!("sha256:{}", id.trim_start_matches("sha256:"))
}

async fn an_image_comes_out_as_it_was_built(case: &Case) {
    let image = case.image("out");
    let engine = case.engine().await;
    engine.ensure(&image).await.unwrap();
    let out = engine.export(&image.reference()).await.unwrap();
    assert_eq!(out.reference(), image.reference());
    assert_eq!(out.config_digest(), image.config_digest());
    assert_eq!(out.manifest_digest(), image.manifest_digest());
    assert_eq!((out.needs(), out.facts()), (image.needs(), image.facts()));
}

async fn an_image_of_somebody_else_does_not_come_out(case: &Case) {
    let id = foreign(case, "exported").await;
    let error = case.engine().await.export(&id).await.unwrap_err();
    let docker = case.engine().await.docker();
    docker.remove_image(&id, None::<RemoveImageOptions>, None).await.unwrap();
    assert!(matches!(error, EngineError::Export { .. }), "{error:?}");
    assert!(error.to_string().contains("so it is no runtime image of Lithops"), "{error}");
}

async fn a_name_that_an_image_is_given_is_one_more(case: &Case) {
    let image = case.image("known");
    let engine = case.engine().await;
    engine.ensure(&image).await.unwrap();
    let again = format!("lithops/{}:again", case.name);
    engine.name(&image.reference(), &again).await.unwrap();
    engine.name(&image.reference(), &format!("127.0.0.1:5000/{}", case.name)).await.unwrap();
    let found = engine.find(&again).await.unwrap().unwrap();
    let latest = format!("127.0.0.1:5000/{}:latest", case.name);
    let mut names = [latest, again, image.reference()];
    names.sort();
    let mut references = found.references;
    references.sort();
    assert_eq!(references, names);
    let error = engine.name(&image.reference(), "Upper").await.unwrap_err();
    assert!(matches!(error, EngineError::Reference { .. }), "{error:?}");
}

async fn a_name_is_removed_before_the_image_is(case: &Case) {
    let image = case.image("named");
    case.engine().await.ensure(&image).await.unwrap();
    let options = TagImageOptionsBuilder::new().repo(image.name()).tag("again").build();
    case.engine().await.docker().tag_image(&image.reference(), Some(options)).await.unwrap();
    let again = format!("{}:again", image.name());
    let removed = case.engine().await.remove(&again).await.unwrap();
    assert_eq!(removed, Removed { names: vec![again], deleted: Vec::new() });
    assert_eq!(case.engine().await.ensure(&image).await.unwrap(), Presence::AlreadyThere);
}

async fn a_missing_image_is_named_with_the_next_step(case: &Case) {
    let reference = format!("lithops/{}:none", case.name);
    assert_eq!(case.engine().await.find(&reference).await.unwrap(), None);
    let errors = [
        case.engine().await.remove(&reference).await.unwrap_err(),
        case.engine().await.export_base(&reference).await.unwrap_err(),
    ];
    for error in errors {
        let EngineError::ImageMissing { lack: Missing::Engine(place), .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(place, case.engine().await.place());
        let text = error.to_string();
        assert!(text.contains(&reference) && text.contains("`lithops runtime build`"), "{text}");
    }
}

async fn an_image_of_no_registry_is_missing(case: &Case) {
    // Nobody listens on port 1.
    let reference = format!("127.0.0.1:1/{}:none", case.name);
    let error = case.engine().await.pull(&reference).await.unwrap_err();
    let EngineError::NoRegistry { registry, reason, .. } = &error else { panic!("{error:?}") };
    assert_eq!(registry, "127.0.0.1:1");
    assert!(reason.contains("connection refused"), "{error}");
    assert!(error.is_transient(), "{error:?}");
}

async fn an_image_of_the_engine_is_a_base(case: &Case) {
    let image = case.image("below");
    case.engine().await.ensure(&image).await.unwrap();
    let base = case.engine().await.export_base(&image.reference()).await.unwrap();
    let Base::Parts(parts) = &base else { panic!("{base:?}") };
    assert_eq!(parts.layers.len(), image.layers().len());
    let note = case.path("note");
    std::fs::write(&note, "a note").unwrap();
    let above = Recipe::new(case.program("above")).base(base).file(&note, "/note").build().unwrap();
    let lower: Vec<_> = above.layers().iter().filter(|it| it.content() == Content::Base).collect();
    assert_eq!(lower.len(), image.layers().len());
    case.engine().await.ensure(&above).await.unwrap();
    assert_eq!(case.run(&above.reference()).await, (0, "above\n".to_owned()));
    let stored = case.engine().await.find(&above.reference()).await.unwrap().unwrap();
    let below = case.engine().await.find(&image.reference()).await.unwrap().unwrap();
    assert_eq!(stored.layers[..below.layers.len()], below.layers[..]);
}

async fn an_engine_says_what_it_is(case: &Case) {
    let facts = case.engine().await.facts().await.unwrap();
    assert_eq!(facts.architecture, Architecture::current());
    assert!(facts.version.contains('.') && facts.api.starts_with("1."), "{facts:?}");
    assert!(facts.processors > 0 && facts.memory > 1 << 20, "{facts:?}");
    assert_eq!(facts.rootless && facts.cgroup == Some(1), !facts.limits.all_work(), "{facts:?}");
    assert_eq!(facts.same_machine, case.engine().await.is_local(), "{facts:?}");
}

async fn a_place_without_an_engine_is_named(case: &Case) {
    let socket = case.path("engine.sock");
    let host = format!("unix://{}", socket.display());
    let absent = async || Engine::connect(Some(&host)).await.unwrap_err().to_string();
    let named = |why: &str| {
        format!("no container engine answers:\n  {host} (as was asked for): {why}\nstart Docker")
    };
    let error = absent().await;
    assert!(error.starts_with(&named("no such socket")), "{error}");
    // A socket that is left of an engine that ended.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let error = absent().await;
    assert!(error.starts_with(&named("nobody listens there")), "{error}");
    let error = Engine::connect(Some("tcp://127.0.0.1:1")).await.unwrap_err().to_string();
    assert!(
        error.contains("tcp://127.0.0.1:1 (as was asked for): nobody listens there"),
        "{error}"
    );
}
