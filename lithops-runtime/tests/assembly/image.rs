//! Images of real programs, taken apart again.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use lithops_runtime::{
    Content, GlibcVersion, Image, ImageError, Kind, Program, Recipe, RuntimeFacts, check, closure,
    label,
};
use oci_spec::image::{ImageConfiguration, ImageManifest};
use tempfile::tempdir;

use crate::sources::{STATIC, TABLE, rust, succeed};

fn still(folder: &Path) -> Program {
    Program::read(&rust(folder, "still", TABLE, STATIC)).unwrap()
}

fn moving(folder: &Path) -> Program {
    Program::read(&rust(folder, "moving", TABLE, &[])).unwrap()
}

fn contents(image: &Image) -> Vec<Content> {
    image.layers().iter().map(|layer| layer.content()).collect()
}

fn config(image: &Image) -> ImageConfiguration {
    serde_json::from_slice(&image.config().bytes).unwrap()
}

/// The paths in a layer, with kind, mode, owner, time and size.
fn listed(image: &Image, content: Content) -> Vec<String> {
    let layer = image.layers().iter().find(|layer| layer.content() == content).unwrap();
    let mut archive = tar::Archive::new(&*layer.as_found().bytes);
    let entries = archive.entries().unwrap().map(|entry| {
        let entry = entry.unwrap();
        let header = entry.header();
        let owner = (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap());
        assert_eq!(owner, (0, 0, 0));
        format!("{:04o} /{}", header.mode().unwrap(), entry.path().unwrap().display())
    });
    entries.collect()
}

#[test]
fn a_static_program_has_a_system_and_itself() {
    let folder = tempdir().unwrap();
    let image = Recipe::new(still(folder.path())).build().unwrap();
    assert_eq!(contents(&image), [Content::System, Content::Program]);
    assert_eq!(listed(&image, Content::Program), ["0755 /lithops-program"]);
    let system = listed(&image, Content::System);
    for entry in [
        "1777 /tmp/",
        "0755 /lithops/",
        "0644 /etc/passwd",
        "0644 /etc/group",
        "0644 /etc/nsswitch.conf",
    ] {
        assert!(system.iter().any(|listed| listed == entry), "{entry} {system:?}");
    }
    assert_eq!((image.facts().glibc, image.facts().libraries.len()), (None, 0));
}

#[test]
fn a_dynamic_program_has_its_libraries_below_it() {
    let folder = tempdir().unwrap();
    let program = moving(folder.path());
    let libraries = closure(&program).unwrap();
    let image = Recipe::new(program).build().unwrap();
    assert_eq!(contents(&image), [Content::System, Content::Libraries, Content::Program]);
    let listed = listed(&image, Content::Libraries);
    for library in &libraries {
        let entry = format!("0755 {}", library.at.display());
        assert!(listed.contains(&entry), "{entry} {listed:?}");
    }
    let said = succeed(Command::new("ldd").arg("--version"));
    let version = said.lines().next().unwrap().rsplit(' ').next().unwrap();
    assert_eq!(image.facts().glibc, Some(version.parse::<GlibcVersion>().unwrap()));
    assert_eq!(check(image.needs(), image.facts()), Ok(()));
}

#[test]
fn an_image_is_the_same_whenever_and_from_wherever_it_is_built() {
    let folder = tempdir().unwrap();
    let first = folder.path().join("a");
    let second = folder.path().join("b/c");
    std::fs::create_dir_all(&second).unwrap();
    std::fs::create_dir_all(&first).unwrap();
    let file = rust(&first, "moving", TABLE, &[]);
    std::fs::copy(&file, second.join("moving")).unwrap();
    let old = std::fs::File::options().append(true).open(second.join("moving")).unwrap();
    old.set_modified(std::time::UNIX_EPOCH).unwrap();

    let build = |folder: &Path| {
        let program = Program::read(&folder.join("moving")).unwrap();
        let variables = (0..20).map(|number| (format!("V{number}"), "x"));
        let recipe = Recipe::new(program).label("b", "1").label("a", "2");
        let recipe =
            variables.fold(recipe, |recipe, (name, value)| recipe.environment(name, value));
        recipe.build().unwrap()
    };
    let (one, other) = (build(&first), build(&second));
    assert_eq!(one.reference(), other.reference());
    assert_eq!(one.config_digest(), other.config_digest());
    assert_eq!(one.manifest_digest(), other.manifest_digest());
    assert_eq!(one.archive_manifest_digest(), other.archive_manifest_digest());
    assert!(one.archive().eq(other.archive()));
}

#[test]
fn another_program_changes_the_last_layer_alone() {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "1 2 3").unwrap();
    let build = |source: &str| {
        let program = Program::read(&rust(folder.path(), "moving", source, &[])).unwrap();
        Recipe::new(program).file(folder.path().join("data"), "/data").build().unwrap()
    };
    let (one, other) = (build(TABLE), build(&TABLE.replace("works", "toils")));
    let all = [Content::System, Content::Libraries, Content::Files, Content::Program];
    assert_eq!(contents(&one), all);
    assert_eq!(contents(&other), all);
    let same = one.layers().iter().zip(other.layers()).map(|(one, other)| {
        assert_eq!(one.diff_id() == other.diff_id(), one.packed().digest == other.packed().digest);
        one.diff_id() == other.diff_id()
    });
    assert_eq!(same.collect::<Vec<_>>(), [true, true, true, false]);
    assert_ne!(one.tag(), other.tag());
}

#[test]
fn a_static_launcher_brings_what_dynamic_programs_usually_need() {
    let folder = tempdir().unwrap();
    let (still, moving) = (still(folder.path()), moving(folder.path()));
    let alone = Recipe::new(still.clone()).kind(Kind::Launcher).build().unwrap();
    check(moving.needs(), alone.facts()).unwrap_err();
    let recipe = Recipe::new(still).kind(Kind::Launcher).usual_libraries();
    let image = recipe.build().unwrap();
    assert_eq!(contents(&image), [Content::System, Content::Libraries, Content::Program]);
    check(moving.needs(), image.facts()).unwrap();
    let config = config(&image);
    assert_eq!(RuntimeFacts::from_config(&config).unwrap(), *image.facts());
    // All that a program would have in an image of its own is there, at the same places.
    let there = listed(&image, Content::Libraries);
    for library in closure(&moving).unwrap() {
        assert!(
            there.contains(&format!("0755 {}", library.at.display())),
            "{library:?}: {there:?}"
        );
    }
    let names = &image.facts().libraries;
    for name in ["libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"] {
        assert!(names.iter().any(|there| there == name), "{name}: {names:?}");
    }
    assert!(image.needs().is_static());
}

#[test]
fn the_configuration_says_what_runs_and_what_is_inside() {
    let folder = tempdir().unwrap();
    let program = moving(folder.path());
    let (digest, build_id) = (program.digest().to_string(), program.needs().build_id.clone());
    let recipe = Recipe::new(program).kind(Kind::Launcher).label("team", "blue");
    let image = recipe.environment("RUST_LOG", "info").environment("PATH", "/opt").build().unwrap();
    let config = config(&image);
    let runs = config.config().clone().unwrap();
    assert_eq!(runs.entrypoint().as_deref(), Some(&["/lithops-program".to_owned()][..]));
    assert_eq!((runs.cmd(), runs.user().as_deref()), (&None, Some("65532:65532")));
    let variables = runs.env().clone().unwrap();
    assert!(
        variables.contains(&"PATH=/opt".to_owned())
            && variables.contains(&"RUST_LOG=info".to_owned())
    );
    let labels: BTreeMap<_, _> = runs.labels().clone().unwrap().into_iter().collect();
    assert_eq!(labels[label::RUNTIME], "launcher");
    assert_eq!(labels[label::PROGRAM], "moving");
    assert_eq!(labels[label::PROGRAM_DIGEST], digest);
    assert_eq!(labels[label::BUILD_ID].len(), build_id.len() * 2);
    assert_eq!(labels["team"], "blue");
    assert_eq!(RuntimeFacts::from_config(&config).unwrap(), *image.facts());
    let diff_ids: Vec<_> = image.layers().iter().map(|layer| layer.diff_id().to_string()).collect();
    assert_eq!(*config.rootfs().diff_ids(), diff_ids);
    assert_eq!(config.history().as_ref().unwrap().len(), diff_ids.len());
    assert_eq!(
        image.reference(),
        format!("lithops/moving:{}", &image.config_digest().digest()[..16])
    );
}

#[test]
fn a_layout_has_all_that_its_index_names_and_is_written_twice_to_the_same() {
    let folder = tempdir().unwrap();
    let image = Recipe::new(still(folder.path())).build().unwrap();
    let layout = folder.path().join("layout");
    image.write_layout(&layout).unwrap();
    image.write_layout(&layout).unwrap();
    let blob = |digest: &str| std::fs::read(layout.join("blobs/sha256").join(digest)).unwrap();
    let manifest: ImageManifest =
        serde_json::from_slice(&blob(image.manifest_digest().digest())).unwrap();
    for (layer, ours) in manifest.layers().iter().zip(image.layers()) {
        let packed = blob(layer.digest().digest());
        assert_eq!(packed.len() as u64, layer.size());
        let mut tar = Vec::new();
        GzDecoder::new(&*packed).read_to_end(&mut tar).unwrap();
        assert_eq!(tar, ours.as_found().bytes);
    }
    let index = std::fs::read_to_string(layout.join("index.json")).unwrap();
    assert!(index.contains(&format!("docker.io/{}", image.reference())), "{index}");
    // The manifest, the configuration and two layers.
    assert_eq!(std::fs::read_dir(layout.join("blobs/sha256")).unwrap().count(), 4);
}

#[test]
fn an_archive_has_the_size_that_it_says_and_a_list_for_docker() {
    let folder = tempdir().unwrap();
    let image = Recipe::new(still(folder.path())).build().unwrap();
    let mut bytes = Vec::new();
    image.write_archive(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, image.archive().size());
    assert!(image.archive().all(|piece| !piece.is_empty() && piece.len() <= 1 << 20));
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(&*bytes).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.insert(entry.path().unwrap().display().to_string(), content);
    }
    let list: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(list[0]["RepoTags"][0], image.reference());
    assert_eq!(files[list[0]["Config"].as_str().unwrap()], image.config().bytes);
    let layers = list[0]["Layers"].as_array().unwrap();
    for (path, layer) in layers.iter().zip(image.layers()) {
        assert_eq!(files[path.as_str().unwrap()], layer.as_found().bytes);
    }
}

#[test]
fn a_folder_goes_in_with_all_that_is_in_it() {
    let folder = tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(data.join("deep/empty")).unwrap();
    std::fs::write(data.join("deep/file"), "1").unwrap();
    std::os::unix::fs::symlink("deep/file", data.join("link")).unwrap();
    let long = "x".repeat(150);
    std::fs::write(data.join(&long), "2").unwrap();
    succeed(Command::new("chmod").arg("0700").arg(data.join("deep/file")));
    let recipe = Recipe::new(still(folder.path())).file(&data, "/opt/data");
    let image = recipe.build().unwrap();
    let mut expected = [
        "0755 /opt/",
        "0755 /opt/data/",
        "0755 /opt/data/deep/",
        "0755 /opt/data/deep/empty/",
        "0755 /opt/data/deep/file",
        "0777 /opt/data/link",
    ]
    .map(str::to_owned)
    .to_vec();
    expected.push(format!("0644 /opt/data/{long}"));
    assert_eq!(listed(&image, Content::Files), expected);
}

#[test]
fn a_file_can_t_go_where_others_are_or_nowhere() {
    let folder = tempdir().unwrap();
    let program = still(folder.path());
    for at in ["relative", "/", "/../etc", "/lithops-program", "/lithops/socket"] {
        let error = Recipe::new(program.clone()).file("/etc/passwd", at).build().unwrap_err();
        assert!(matches!(error, ImageError::Place { .. }), "{at}: {error:?}");
    }
    let error = Recipe::new(program.clone()).file("/no/such/file", "/file").build().unwrap_err();
    assert!(
        error.to_string().starts_with("/no/such/file can't be taken into the image: "),
        "{error}"
    );
    let error = Recipe::new(program).environment("A=B", "").build().unwrap_err();
    assert!(matches!(error, ImageError::Variable { .. }), "{error:?}");
}
