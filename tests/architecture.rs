//! The invariants of ARCHITECTURE.md, read from the sources and from `cargo tree`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Crates that bring a network, a process, a container or a cloud; a name ending in `*` stands for
/// all that begin so.
const OUTSIDE: &[&str] = &[
    "aws-*",
    "axum",
    "bollard*",
    "curl*",
    "google-*",
    "h2",
    "hyper*",
    "isahc",
    "k8s-*",
    "kube*",
    "lapin",
    "mio",
    "native-tls",
    "object_store",
    "openssl*",
    "opendal*",
    "quinn*",
    "redis",
    "reqwest",
    "rusoto*",
    "rustls*",
    "signal-hook*",
    "socket2",
    "testcontainers",
    "tonic",
    "tower*",
    "tungstenite",
    "ureq",
];

/// What a plan must not know of: time, chance, surroundings, and waiting for any of them.
const IMPURE: &[&str] = &[
    "async",
    "await",
    "env",
    "fs",
    "Instant",
    "net",
    "process",
    "rand",
    "RandomState",
    "SystemTime",
    "thread",
    "tokio",
];

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] =
    &["common", "helper", "helpers", "imp", "manager", "misc", "util", "utils"];

/// Documents beside the pages of the guide.
const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

#[test]
fn core_depends_on_no_http_container_or_cloud_crate() {
    let crates = dependencies("lithops-core", None);
    assert!(crates.contains(&"serde".to_owned()), "cargo tree was not understood: {crates:?}");
    let outside = |name: &&String| OUTSIDE.iter().any(|pattern| stands_for(pattern, name));
    let found: Vec<_> = crates.iter().filter(outside).collect();
    assert!(found.is_empty(), "lithops-core depends on {found:?}");
}

#[test]
fn core_depends_on_no_other_crate_of_the_workspace() {
    let ours: Vec<_> = dependencies("lithops-core", None)
        .into_iter()
        .filter(|name| name.starts_with("lithops"))
        .collect();
    assert_eq!(ours, ["lithops-core"]);
}

/// What backends stand on: what jobs are, what workers do, how they are reached, what images hold,
/// where data lies.
const BELOW_BACKENDS: [&str; 5] =
    ["lithops-core", "lithops-worker", "lithops-agents", "lithops-runtime", "lithops-storage"];

#[test]
fn a_backend_depends_on_what_is_below_and_on_no_other_backend() {
    let backends = backends();
    assert!(!backends.is_empty());
    for backend in backends {
        for name in dependencies(&backend, Some(1)) {
            let ours = name.starts_with("lithops") && name != backend;
            let allowed = !ours || BELOW_BACKENDS.contains(&name.as_str());
            assert!(allowed, "{backend} depends on {name}");
        }
        let all = dependencies(&backend, None);
        assert!(!all.contains(&"lithops".to_owned()), "{backend} depends on the facade");
    }
}

/// They are archived and have advisories: a provider of its own, outside of the workspace, has them.
#[test]
fn no_crate_of_the_workspace_knows_rusoto() {
    let lock = read(&root().join("Cargo.lock"));
    assert!(lock.contains("name = \"serde\""), "the lock file was not understood");
    assert!(!lock.contains("name = \"rusoto"), "Cargo.lock names rusoto");
    for package in packages() {
        let crates = dependencies(&package, None);
        assert!(!crates.iter().any(|name| name.starts_with("rusoto")), "{package} needs rusoto");
    }
}

/// Whoever uses the facade has them through it, and through nothing else.
#[test]
fn only_the_facade_depends_on_a_backend() {
    for name in packages().iter().filter(|name| *name != "lithops") {
        // Who links the facade has what it has, and chooses among it by configuration alone.
        let all = dependencies(name, None);
        let by_facade = all.iter().any(|dependency| dependency == "lithops");
        for dependency in if by_facade { dependencies(name, Some(1)) } else { all } {
            let backend = dependency.starts_with("lithops-backend-") && dependency != *name;
            assert!(!backend, "{name} depends on {dependency}");
        }
    }
}

/// It stands in for a service that knows nothing of us.
#[test]
fn the_emulator_knows_nothing_of_lithops_but_how_to_reach_an_engine() {
    let ours = dependencies("lithops-codeengine-emulator", Some(1))
        .into_iter()
        .filter(|name| name.starts_with("lithops"));
    assert_eq!(ours.collect::<Vec<_>>(), ["lithops-codeengine-emulator", "lithops-runtime"]);
}

#[test]
fn a_plan_knows_no_clock_no_chance_and_no_surroundings() {
    let sources = sources_below("lithops-core/src/plan");
    assert!(!sources.is_empty());
    for source in sources {
        for word in words(&code(&source)) {
            assert!(!IMPURE.contains(&word.as_str()), "{} names `{word}`", shown(&source));
        }
    }
}

#[test]
fn only_the_wire_derives_serde_in_core() {
    for source in sources_below("lithops-core/src") {
        let path = shown(&source);
        // Settings are read from a file, and stay in the process; secrets all the more.
        let read_only = ["lithops-core/src/config", "lithops-core/src/secret.rs"];
        if path.starts_with("lithops-core/src/wire/")
            || read_only.iter().any(|allowed| path.starts_with(allowed))
        {
            continue;
        }
        for line in code(&source).lines().map(str::trim) {
            let derives = line.starts_with("#[derive(") || line.starts_with("impl");
            let serde = line.contains("Serialize") || line.contains("Deserialize");
            // A bound is no implementation: `impl<T: Serialize> Data for T`.
            let implements = line.starts_with("#[derive(")
                || line.contains("Serialize for ")
                || line.contains("Deserialize<'de> for ");
            assert!(!(derives && serde && implements), "{path}: {line}");
        }
    }
}

#[test]
fn only_one_file_names_the_backends() {
    for source in all_sources() {
        let path = shown(&source);
        let test = ["tests/", "benches/"].iter().any(|folder| path.contains(folder));
        if test || path.starts_with("lithops-backend-") || path == "src/connect.rs" {
            continue;
        }
        assert!(!read(&source).contains("lithops_backend_"), "{path} names a backend");
    }
}

#[test]
fn every_source_file_begins_with_what_it_is_about() {
    for source in all_sources() {
        let text = read(&source);
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! "), "{} begins with {first:?}", shown(&source));
    }
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    for source in all_sources() {
        let path = shown(&source);
        let mut parts = path.trim_end_matches(".rs").split('/');
        assert!(!parts.any(|part| EMPTY_NAMES.contains(&part)), "{path}");
    }
}

#[test]
fn every_file_that_a_document_names_exists() {
    for document in DOCUMENTS.iter().map(|name| (*name).to_owned()).chain(pages()) {
        let text = read(&root().join(&document));
        // What a build makes need not be there, and what begins with `jobs/` is a key of a storage.
        let elsewhere = |span: &str| span.starts_with("target/") || span.starts_with("jobs/");
        let named = |span: &&str| is_path(span) && !elsewhere(span);
        for name in spans(&text).into_iter().filter(named) {
            assert!(root().join(name).exists(), "{document} names {name}");
        }
        let folder = root().join(&document).parent().unwrap().to_owned();
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let file = link.split('#').next().unwrap();
            assert!(file.is_empty() || folder.join(file).exists(), "{document} links to {link}");
        }
    }
}

#[test]
fn the_guide_lists_every_page_once() {
    let summary = read(&root().join("docs/SUMMARY.md"));
    let mut listed: Vec<String> =
        links(&summary).into_iter().map(|link| format!("docs/{link}")).collect();
    listed.sort();
    let pages: Vec<String> = pages().filter(|page| page != "docs/SUMMARY.md").collect();
    assert_eq!(listed, pages);
}

#[test]
fn the_code_map_has_every_file_of_core() {
    let mapped = code_map(&read(&root().join("ARCHITECTURE.md")));
    for file in &mapped {
        assert!(root().join(file).exists(), "the code map names {file}");
    }
    for source in sources_below("lithops-core/src") {
        let path = shown(&source);
        let listed = mapped.contains(&path) || path.ends_with("/mod.rs");
        assert!(listed, "the code map lacks {path}");
    }
}

#[test]
fn every_invariant_is_held_by_a_test_that_exists() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let (_, invariants) = text.split_once("\n## Invariants\n").unwrap();
    let invariants = invariants.split("\n## ").next().unwrap();
    let items: Vec<&str> = invariants.split("\n### ").skip(1).collect();
    assert_eq!(items.len(), 7);
    for (number, item) in (1..).zip(items) {
        assert!(item.starts_with(&format!("{number}. ")), "{item}");
        let (_, held) = item.split_once("Held by").unwrap();
        let mut names = Vec::new();
        let mut found = 0;
        for span in spans(held) {
            if !is_path(span) {
                names.push(span);
                continue;
            }
            let source = read(&root().join(span));
            for name in names.drain(..) {
                assert!(source.contains(&format!("fn {name}(")), "{span} has no test {name}");
                found += 1;
            }
        }
        assert!(names.is_empty(), "in which file is {names:?}?");
        assert!(found > 0 || held.contains("no test yet"), "invariant {number} has no test");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A path from the root, as documents write it.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// The crates that a package is built from, itself first; down to `depth`, if there is one.
fn dependencies(package: &str, depth: Option<u32>) -> Vec<String> {
    let depth = depth.map(|depth| format!("--depth={depth}"));
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--package", package, "--all-features", "--edges", "normal,build"])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(depth)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    let mut crates: Vec<String> = names.map(str::to_owned).collect();
    crates.sort();
    crates.dedup();
    crates
}

/// The workspace's packages: the root and every folder with a manifest.
fn packages() -> Vec<String> {
    let manifests = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    // The fuzz targets are a workspace of their own.
    let folders =
        manifests.filter(|folder| folder.join("Cargo.toml").exists() && !folder.ends_with("fuzz"));
    let names = folders.map(|folder| folder.file_name().unwrap().to_string_lossy().into_owned());
    std::iter::once("lithops".to_owned()).chain(names).collect()
}

fn backends() -> Vec<String> {
    packages().into_iter().filter(|name| name.starts_with("lithops-backend-")).collect()
}

fn stands_for(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

fn all_sources() -> Vec<PathBuf> {
    sources_below("")
}

/// The `.rs` files below a folder, by name; builds and hidden folders left out.
fn sources_below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(".rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A file without its comments and its unit tests, which stand at its end.
fn code(source: &Path) -> String {
    let text = read(source);
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn words(code: &str) -> Vec<String> {
    let parts = code.split(|c: char| !c.is_alphanumeric() && c != '_');
    parts.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What stands between single backticks, outside of code blocks.
fn spans(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|prose| prose.split('`').skip(1).step_by(2)).collect()
}

/// Whether a span is a path from the root: it has a slash, and nothing that a path here lacks.
fn is_path(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    span.contains('/') && !span.starts_with('/') && span.chars().all(plain)
}

/// The targets of a document's links.
fn links(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    let targets = prose.flat_map(|prose| prose.split("](").skip(1));
    targets.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

/// The files of the code map: `- ` items below a line that begins with a folder.
fn code_map(text: &str) -> Vec<String> {
    let (_, map) = text.split_once("\n## Code map\n").unwrap();
    let map = map.split("\n## ").next().unwrap();
    let mut folder = "";
    let mut files = Vec::new();
    for line in map.lines() {
        if let Some((name, _)) = line.strip_prefix('`').and_then(|line| line.split_once('`')) {
            folder = name;
        } else if let Some((names, _)) = line.strip_prefix("- ").and_then(|l| l.split_once(": ")) {
            files.extend(spans(names).into_iter().map(|name| format!("{folder}{name}")));
        }
    }
    files
}

/// The pages of the guide, in the order of their names.
fn pages() -> impl Iterator<Item = String> {
    let files = fs::read_dir(root().join("docs")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut pages: Vec<_> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    pages.sort();
    pages.into_iter()
}
