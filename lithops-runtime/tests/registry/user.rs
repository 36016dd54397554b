//! Who the user is: as another process with another home finds it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use lithops_runtime::Credentials;

use crate::case::Case;

/// Tells a child which registry to find the user of.
const ASKED: &str = "LITHOPS_TEST_USER_OF";

/// Answers, if this process is a child: only a new process has an environment of its own.
pub(crate) fn is_child() -> bool {
    let Ok(registry) = std::env::var(ASKED) else { return false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(Credentials::find(&registry)) {
        Ok(Credentials::Anonymous) => println!("nobody"),
        Ok(Credentials::Password { username, password }) => {
            println!("{username} with {}", password.expose());
        }
        Ok(Credentials::IdentityToken(token)) => println!("token {}", token.expose()),
        Err(error) => println!("{error}"),
    }
    true
}

/// Who the user of a registry is, in a home with this file and this helper.
fn find(case: &Case, registry: &str, file: &str, helper: Option<&str>) -> String {
    fs::write(case.path("config.json"), file).unwrap();
    if let Some(script) = helper {
        let path = case.path("docker-credential-test");
        fs::write(&path, format!("#!/bin/sh\nread asked\n{script}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut paths: Vec<PathBuf> = vec![case.path("")];
    paths.extend(std::env::split_paths(&path));
    child.env(ASKED, registry).env("DOCKER_CONFIG", case.path(""));
    child.env("PATH", std::env::join_paths(paths).unwrap());
    child.env_remove("REGISTRY_AUTH_FILE").env_remove("XDG_RUNTIME_DIR");
    String::from_utf8(child.output().unwrap().stdout).unwrap().trim_end().to_owned()
}

pub(crate) async fn a_login_of_the_docker_cli_is_found(case: &Case) {
    // `printf me:s3cr3t | base64`
    let file = r#"{"auths":{
        "127.0.0.1:5000":{"auth":"bWU6czNjcjN0"},
        "https://index.docker.io/v1/":{"username":"hub","password":"p"},
        "https://quay.io/v2/":{"auth":"bWU6czNjcjN0"},
        "token.example.com":{"auth":"","identitytoken":"t0ken"}
    }}"#;
    for (registry, user) in [
        ("127.0.0.1:5000", "me with s3cr3t"),
        ("docker.io", "hub with p"),
        ("quay.io", "me with s3cr3t"),
        ("token.example.com", "token t0ken"),
        ("127.0.0.1", "nobody"),
    ] {
        assert_eq!(find(case, registry, file, None), user, "{registry}");
    }
}

pub(crate) async fn a_credential_helper_is_asked(case: &Case) {
    let script = r#"echo "{\"ServerURL\":\"$asked\",\"Username\":\"$asked\",\"Secret\":\"s\"}""#;
    let one = r#"{"credHelpers":{"a.example.com":"test"}}"#;
    assert_eq!(find(case, "a.example.com", one, Some(script)), "a.example.com with s");
    assert_eq!(find(case, "b.example.com", one, Some(script)), "nobody");
    let all = r#"{"auths":{"docker.io":{}},"credsStore":"test"}"#;
    let hub = "https://index.docker.io/v1/ with s";
    assert_eq!(find(case, "docker.io", all, Some(script)), hub);
    let token = r#"echo '{"Username":"<token>","Secret":"t"}'"#;
    assert_eq!(find(case, "a.example.com", one, Some(token)), "token t");
}

pub(crate) async fn a_helper_that_knows_nothing_leaves_nobody(case: &Case) {
    let file = r#"{"credsStore":"test"}"#;
    let unknown = "echo credentials not found in native keychain; exit 1";
    assert_eq!(find(case, "a.example.com", file, Some(unknown)), "nobody");
    let locked = "echo the key ring is locked; exit 1";
    assert_eq!(
        find(case, "a.example.com", file, Some(locked)),
        "the credential helper `docker-credential-test` failed for a.example.com: exit status: 1: \
         the key ring is locked"
    );
}

pub(crate) async fn a_helper_that_is_missing_is_named(case: &Case) {
    let error = find(case, "a.example.com", r#"{"credsStore":"missing"}"#, None);
    assert!(
        error.starts_with("the credential helper `docker-credential-missing`, which"),
        "{error}"
    );
    assert!(error.contains("config.json asks for, can't be started: No such file"), "{error}");
}

pub(crate) async fn a_damaged_login_is_named(case: &Case) {
    let wrong = r#"{"auths":{"a.example.com":{"auth":"s3cr3t!"}}}"#;
    let error = find(case, "a.example.com", wrong, None);
    assert!(error.starts_with("the entry of a.example.com in "), "{error}");
    assert!(error.ends_with("`docker login a.example.com` writes it anew"), "{error}");
    let wrong = r#"{"auths":{"a.example.com":{"auth":["s3cr3t"]}}}"#;
    let error = find(case, "a.example.com", wrong, None);
    assert!(error.contains("config.json is not understood: a value of an unexpected"), "{error}");
    assert!(!error.contains("s3cr3t"), "{error}");
}
