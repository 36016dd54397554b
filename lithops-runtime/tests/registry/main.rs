//! Images in a real registry: pushed, pulled by an engine and as a base, listed, deleted.
//!
//! `cargo xtask servers registry` starts one and prints the variable that is looked for here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "how a child answers its parent")]

#[path = "../case/mod.rs"]
mod case;
mod server;
mod user;

use std::process::ExitCode;

use libtest_mimic::Arguments;
use lithops_core::secret::Secret;
use lithops_runtime::engine::EngineError;
use lithops_runtime::registry::{Pushed, RegistryError, Repository};
use lithops_runtime::{Architecture, Base, BaseError, Credentials, Recipe};

use case::{Case, Do, no_engine, trials};

fn main() -> ExitCode {
    if user::is_child() {
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::from_args();
    let alone: [Do; _] = cases![
        user::a_login_of_the_docker_cli_is_found,
        user::a_credential_helper_is_asked,
        user::a_helper_that_knows_nothing_leaves_nobody,
        user::a_helper_that_is_missing_is_named,
        user::a_damaged_login_is_named,
        a_registry_that_is_not_there_is_named,
    ];
    let with_server: [Do; _] = cases![
        a_second_push_sends_nothing,
        a_changed_program_sends_one_layer,
        an_image_built_twice_is_one_image,
        a_tag_of_the_caller_goes_before_that_of_the_content,
        a_wrong_password_is_named,
        nobody_is_told_to_log_in,
        a_missing_image_is_named,
        tags_are_listed_and_deleted,
        an_image_says_what_it_offers,
        an_image_for_several_processors_gives_the_one_that_is_wanted,
    ];
    let with_both: [Do; _] = cases![
        a_pushed_image_is_pulled_by_the_engine_and_runs,
        an_engine_that_is_refused_says_who_asked,
        a_base_of_a_registry_lies_below,
    ];
    let no_server = server::missing();
    let not_both = no_server.clone().or_else(no_engine);
    let mut all = trials(&alone, None);
    all.extend(trials(&with_server, no_server.as_deref()));
    all.extend(trials(&with_both, not_both.as_deref()));
    libtest_mimic::run(&arguments, all).exit_code()
}

async fn a_second_push_sends_nothing(case: &Case) {
    let image = case.image("twice");
    let repository = server::repository(case, "");
    let first = repository.push(&image).await.unwrap();
    assert_eq!((first.layers_sent, first.layers_present), (image.layers().len(), 0));
    assert!(first.bytes_sent > 100_000, "{first:?}");
    let second = repository.push(&image).await.unwrap();
    let layers_present = image.layers().len();
    assert_eq!(second, Pushed { layers_sent: 0, layers_present, bytes_sent: 0, ..first });
    assert_eq!(&second.digest, image.manifest_digest());
}

async fn a_changed_program_sends_one_layer(case: &Case) {
    let repository = server::repository(case, "");
    let first = repository.push(&case.image("first")).await.unwrap();
    let second = repository.push(&case.image("second")).await.unwrap();
    assert_eq!((second.layers_sent, second.layers_present), (1, first.layers_sent - 1));
    assert_ne!(first.reference, second.reference);
}

async fn an_image_built_twice_is_one_image(case: &Case) {
    let (first, second) = (case.image("same"), case.image("same"));
    let repository = server::repository(case, "");
    repository.push(&first).await.unwrap();
    let pushed = repository.push(&second).await.unwrap();
    assert_eq!((pushed.layers_sent, pushed.bytes_sent), (0, 0));
    let tagged = server::repository(case, &format!(":{}", second.tag()));
    assert_eq!(tagged.find().await.unwrap().as_ref(), Some(first.manifest_digest()));
}

async fn a_tag_of_the_caller_goes_before_that_of_the_content(case: &Case) {
    let image = case.image("tagged");
    let of_content = server::repository(case, "").push(&image).await.unwrap();
    assert_eq!(of_content.reference, format!("{}:{}", server::name(case), image.tag()));
    let of_caller = server::repository(case, ":v1").push(&image).await.unwrap();
    assert_eq!(of_caller.reference, format!("{}:v1", server::name(case)));
    assert_eq!((of_caller.layers_sent, of_caller.digest), (0, of_content.digest));
    // Nothing is called so that nobody has called so.
    assert_eq!(server::repository(case, ":latest").find().await.unwrap(), None);
}

async fn a_wrong_password_is_named(case: &Case) {
    let wrong =
        Credentials::Password { username: "somebody".to_owned(), password: Secret::new("wr0ng") };
    let repository = Repository::open_as(&server::name(case), &wrong).unwrap();
    for error in [
        repository.push(&case.image("refused")).await.unwrap_err(),
        repository.find().await.unwrap_err(),
        repository.tags().await.unwrap_err(),
        repository.pull_base(&Architecture::current()).await.unwrap_err(),
        repository.delete().await.unwrap_err(),
    ] {
        assert!(matches!(error, RegistryError::Denied { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(&format!(" for `somebody` in cases/{}: run ", case.name)), "{text}");
        assert!(text.contains(&format!("run `docker login {}`", server::host())), "{text}");
        assert!(!format!("{error:?} {repository:?}").contains("wr0ng"));
    }
}

async fn nobody_is_told_to_log_in(case: &Case) {
    let repository = Repository::open_as(&server::name(case), &Credentials::Anonymous).unwrap();
    let error = repository.push(&case.image("refused")).await.unwrap_err();
    assert!(matches!(error, RegistryError::Denied { .. }), "{error:?}");
    assert!(error.to_string().contains(" for nobody in cases/"), "{error}");
}

async fn a_missing_image_is_named(case: &Case) {
    let repository = server::repository(case, ":none");
    assert_eq!(repository.find().await.unwrap(), None);
    assert_eq!(repository.tags().await.unwrap(), [""; 0]);
    let wanted = Architecture::current();
    let described = repository.describe(&wanted).await.map(drop);
    let pulled = repository.pull_base(&wanted).await.map(drop);
    for error in [described, pulled, repository.delete().await.map(drop)] {
        let error = error.unwrap_err();
        let RegistryError::ImageMissing { reference } = &error else { panic!("{error}") };
        assert_eq!(*reference, format!("{}:none", server::name(case)));
    }
}

async fn tags_are_listed_and_deleted(case: &Case) {
    let (first, second) = (case.image("first"), case.image("second"));
    for tag in [":b", ":a"] {
        server::repository(case, tag).push(&first).await.unwrap();
    }
    server::repository(case, ":c").push(&second).await.unwrap();
    assert_eq!(server::repository(case, "").tags().await.unwrap(), ["a", "b", "c"]);
    let deleted = server::repository(case, ":a").delete().await.unwrap();
    assert_eq!(&deleted, first.manifest_digest());
    assert_eq!(server::repository(case, "").tags().await.unwrap(), ["c"]);
    server::repository(case, ":c").delete().await.unwrap();
    assert_eq!(server::repository(case, "").tags().await.unwrap(), [""; 0]);
    // What is gone can be pushed again.
    let again = server::repository(case, ":a").push(&first).await.unwrap();
    assert_eq!(&again.digest, first.manifest_digest());
    assert_eq!(server::repository(case, "").tags().await.unwrap(), ["a"]);
}

async fn an_image_says_what_it_offers(case: &Case) {
    let image = case.image("described");
    let pushed = server::repository(case, "").push(&image).await.unwrap();
    let tagged = server::repository(case, &format!(":{}", image.tag()));
    let found = tagged.describe(&Architecture::current()).await.unwrap();
    assert_eq!(found.program(), Some(case.name.as_str()));
    assert_eq!(&found.facts().unwrap(), image.facts());
    assert_eq!(found.digest, pushed.digest);
    assert!(found.size > 0 && found.size < pushed.bytes_sent, "{}", found.size);
}

async fn an_image_for_several_processors_gives_the_one_that_is_wanted(case: &Case) {
    let image = case.image("index");
    server::repository(case, ":one").push(&image).await.unwrap();
    server::push_index(case, "several", image.manifest()).await;
    let several = server::repository(case, ":several");
    let Base::Parts(parts) = several.pull_base(&Architecture::Aarch64).await.unwrap() else {
        panic!("a registry gives parts");
    };
    assert_eq!(parts.config, image.config().bytes);
    assert_eq!(parts.layers.len(), image.layers().len());
    let error = several.pull_base(&Architecture::from("s390x")).await.unwrap_err();
    let RegistryError::Base(BaseError::NoVariant { found, .. }) = error else { panic!("{error}") };
    assert_eq!(found, ["ppc64le", "arm64"]);
}

async fn a_registry_that_is_not_there_is_named(case: &Case) {
    // Nobody listens on port 1.
    let name = format!("127.0.0.1:1/{}", case.name);
    let repository = Repository::open_as(&name, &Credentials::Anonymous).unwrap();
    let error = repository.find().await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }) && error.is_transient());
    let text = error.to_string();
    assert!(text.starts_with("127.0.0.1:1 can't be reached: "), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
}

async fn a_pushed_image_is_pulled_by_the_engine_and_runs(case: &Case) {
    let image = case.image("pulled");
    let pushed = server::repository(case, "").push(&image).await.unwrap();
    let engine = case.engine().await;
    let user = server::user();
    let by_tag = engine.pull_as(&pushed.reference, &user).await.unwrap();
    assert_eq!(by_tag.program(), Some(case.name.as_str()));
    assert_eq!(case.run(&pushed.reference).await, (0, "pulled\n".to_owned()));
    let by_digest = format!("{}@{}", server::name(case), pushed.digest);
    assert_eq!(engine.pull_as(&by_digest, &user).await.unwrap().id, by_tag.id);
    // What is loaded and what is pulled is one image.
    engine.ensure(&image).await.unwrap();
    assert_eq!(engine.find(&image.reference()).await.unwrap().unwrap().id, by_tag.id);
    let missing = engine.pull_as(&format!("{}:none", server::name(case)), &user).await.unwrap_err();
    assert!(matches!(missing, EngineError::ImageMissing { .. }), "{missing:?}");
}

async fn an_engine_that_is_refused_says_who_asked(case: &Case) {
    server::repository(case, ":v1").push(&case.image("refused")).await.unwrap();
    let reference = format!("{}:v1", server::name(case));
    let engine = case.engine().await;
    let error = engine.pull_as(&reference, &Credentials::Anonymous).await.unwrap_err();
    assert!(matches!(error, EngineError::Denied { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&format!("does not give {reference} to nobody")), "{text}");
    assert!(text.contains(&format!("run `docker login {}`", server::host())), "{text}");
}

async fn a_base_of_a_registry_lies_below(case: &Case) {
    let below = case.image("below");
    let repository = server::repository(case, ":below");
    repository.push(&below).await.unwrap();
    let base = repository.pull_base(&Architecture::current()).await.unwrap();
    let above = Recipe::new(case.program("above")).base(base).build().unwrap();
    // Its layers are there, byte for byte.
    let pushed = server::repository(case, ":above").push(&above).await.unwrap();
    assert!(pushed.layers_present >= below.layers().len(), "{pushed:?}");
    let reference = format!("{}:above", server::name(case));
    case.engine().await.pull_as(&reference, &server::user()).await.unwrap();
    assert_eq!(case.run(&reference).await, (0, "above\n".to_owned()));
}
