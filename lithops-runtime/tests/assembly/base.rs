//! Images upon others.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use flate2::write::GzEncoder;
use lithops_runtime::{
    Base, BaseError, BaseLayer, BasePart, Content, Digest, Image, ImageError, Incompatible, Layer,
    MediaType, Program, Recipe, closure,
};
use oci_spec::image::ImageConfiguration;
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use tar::{Builder, EntryType, Header};
use tempfile::tempdir;

use crate::sources::{STATIC, TABLE, c, rust};

/// What a layer of a test has at a path.
enum Made {
    Folder,
    Link(&'static str),
    File(Vec<u8>),
}

fn layer(entries: &[(&str, Made)]) -> Bytes {
    let mut tar = Builder::new(Vec::new());
    for (path, made) in entries {
        let mut header = Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(0);
        match made {
            Made::Folder => {
                header.set_entry_type(EntryType::Directory);
                tar.append_data(&mut header, path, std::io::empty()).unwrap();
            }
            Made::Link(target) => {
                header.set_entry_type(EntryType::Symlink);
                tar.append_link(&mut header, path, target).unwrap();
            }
            Made::File(content) => {
                header.set_size(content.len() as u64);
                tar.append_data(&mut header, path, &content[..]).unwrap();
            }
        }
    }
    tar.into_inner().unwrap().into()
}

fn diff_id(tar: &[u8]) -> String {
    let digest = Sha256::digest(tar);
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

fn base(config: &str, tars: &[Bytes]) -> BasePart {
    let diff_ids: Vec<_> = tars.iter().map(|tar| format!("\"{}\"", diff_id(tar))).collect();
    let config = config.replace("DIFF_IDS", &diff_ids.join(","));
    let layers =
        tars.iter().map(|tar| BaseLayer { media_type: MediaType::ImageLayer, bytes: tar.clone() });
    BasePart { name: "test".to_owned(), config: config.into(), layers: layers.collect() }
}

/// A configuration for the architecture of this machine.
fn plain_config() -> String {
    let architecture = lithops_runtime::Architecture::current();
    format!(
        r#"{{"architecture":"{architecture}","os":"linux","rootfs":{{"type":"layers","diff_ids":[DIFF_IDS]}},
        "config":{{"User":"1000","Env":["PATH=/opt/bin","LANG=C"],"WorkingDir":"/work","Cmd":["sh"],
        "Entrypoint":["/init"],"Labels":{{"maker":"us","dev.lithops.version":"0"}},"Healthcheck":{{"Test":["NONE"]}}}}}}"#
    )
}

fn paths(layer: &Layer) -> Vec<String> {
    let mut archive = tar::Archive::new(&*layer.as_found().bytes);
    let entries = archive.entries().unwrap();
    entries.map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect()
}

fn last_paths(image: &Image, content: Content) -> Vec<String> {
    paths(image.layers().iter().find(|layer| layer.content() == content).unwrap())
}

fn still(folder: &Path) -> Program {
    Program::read(&rust(folder, "still", TABLE, STATIC)).unwrap()
}

#[test]
fn what_a_base_says_holds_on_but_for_what_runs() {
    let folder = tempdir().unwrap();
    let tar = layer(&[("etc/", Made::Folder), ("etc/passwd", Made::File(b"root:x:0:0".to_vec()))]);
    let part = base(&plain_config(), std::slice::from_ref(&tar));
    let recipe =
        Recipe::new(still(folder.path())).base(Base::Parts(part)).environment("LANG", "de");
    let image = recipe.build().unwrap();
    let config: ImageConfiguration = serde_json::from_slice(&image.config().bytes).unwrap();
    let runs = config.config().clone().unwrap();
    assert_eq!(runs.user().as_deref(), Some("1000"));
    assert_eq!(runs.working_dir().as_deref(), Some("/work"));
    assert_eq!((runs.cmd(), runs.entrypoint().as_ref().unwrap().len()), (&None, 1));
    let variables = runs.env().clone().unwrap();
    assert_eq!(variables[..2], ["LANG=de".to_owned(), "PATH=/opt/bin".to_owned()]);
    let labels = runs.labels().clone().unwrap();
    assert_eq!((labels["maker"].as_str(), labels["dev.lithops.version"] == "0"), ("us", false));
    assert_eq!(config.history().as_ref().unwrap().len(), image.layers().len());

    assert_eq!(image.layers()[0].as_found().bytes, tar);
    assert_eq!(image.layers()[0].content(), Content::Base);
    let system = last_paths(&image, Content::System);
    assert!(
        !system.contains(&"etc/passwd".to_owned()) && !system.contains(&"etc/".to_owned()),
        "{system:?}"
    );
    assert!(system.contains(&"etc/group".to_owned()), "{system:?}");
}

#[test]
fn a_packed_layer_of_a_base_stays_as_it_is() {
    let folder = tempdir().unwrap();
    let tar = layer(&[("opt/", Made::Folder)]);
    let mut part = base(&plain_config(), std::slice::from_ref(&tar));
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::new(9));
    gzip.write_all(&tar).unwrap();
    let packed = Bytes::from(gzip.finish().unwrap());
    let docker = MediaType::from("application/vnd.docker.image.rootfs.diff.tar.gzip");
    part.layers[0] = BaseLayer { media_type: docker, bytes: packed.clone() };
    let image = Recipe::new(still(folder.path())).base(Base::Parts(part)).build().unwrap();
    let lowest = &image.layers()[0];
    assert_eq!((&lowest.packed().bytes, &lowest.as_found().bytes), (&packed, &packed));
    assert_eq!(lowest.packed().media_type, MediaType::ImageLayerGzip);
    assert_eq!(lowest.diff_id().to_string(), diff_id(&tar));
}

/// A base in which the folders of libraries are links, as in Debian and Fedora, with the libraries
/// of this machine but for those left out.
fn merged(folder: &Path, left_out: &[&str], libc: Option<PathBuf>) -> BasePart {
    let program = Program::read(&rust(folder, "any", TABLE, &[])).unwrap();
    let mut made = vec![
        ("usr/lib/".to_owned(), Made::Folder),
        ("lib".to_owned(), Made::Link("usr/lib")),
        ("lib64".to_owned(), Made::Link("usr/lib")),
    ];
    for library in closure(&program).unwrap() {
        if left_out.contains(&library.name.as_str()) {
            continue;
        }
        let at = Path::new("usr/lib").join(&library.name).display().to_string();
        let file = libc.as_ref().filter(|_| library.name == "libc.so.6").unwrap_or(&library.path);
        made.push((at, Made::File(std::fs::read(file).unwrap())));
    }
    let made: Vec<_> = made.iter().map(|(path, made)| (path.as_str(), made)).collect();
    let owned: Vec<(&str, Made)> = made
        .into_iter()
        .map(|(path, made)| {
            let made = match made {
                Made::Folder => Made::Folder,
                Made::Link(target) => Made::Link(target),
                Made::File(content) => Made::File(content.clone()),
            };
            (path, made)
        })
        .collect();
    base(&plain_config(), &[layer(&owned)])
}

#[test]
fn libraries_that_a_base_has_are_not_brought_again() {
    let folder = tempdir().unwrap();
    let part = merged(folder.path(), &[], None);
    let program = Program::read(&rust(folder.path(), "moving", TABLE, &[])).unwrap();
    let image = Recipe::new(program).base(Base::Parts(part)).build().unwrap();
    assert!(image.layers().iter().all(|layer| layer.content() != Content::Libraries));
    assert!(image.facts().libraries.contains(&"libc.so.6".to_owned()));
    assert!(image.facts().glibc.is_some());
}

#[test]
fn usual_libraries_are_those_of_the_base_and_of_this_machine_where_it_lacks_them() {
    let folder = tempdir().unwrap();
    let part = merged(folder.path(), &[], None);
    let recipe = Recipe::new(still(folder.path())).base(Base::Parts(part)).usual_libraries();
    let image = recipe.build().unwrap();
    let beside = ["libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1"];
    let beside = beside.map(|name| format!("usr/lib/{name}"));
    assert_eq!(last_paths(&image, Content::Libraries), beside);
    let moving = Program::read(&rust(folder.path(), "moving", TABLE, &[])).unwrap();
    lithops_runtime::check(moving.needs(), image.facts()).unwrap();
}

#[test]
fn a_library_that_a_base_lacks_goes_beside_its_c_library_and_replaces_no_link() {
    let folder = tempdir().unwrap();
    let part = merged(folder.path(), &["libgcc_s.so.1"], None);
    let program = Program::read(&rust(folder.path(), "moving", TABLE, &[])).unwrap();
    assert!(program.needs().libraries.contains(&"libgcc_s.so.1".to_owned()));
    let recipe =
        Recipe::new(program).base(Base::Parts(part)).file("/etc/passwd", "/lib64/extra/file");
    let image = recipe.build().unwrap();
    assert_eq!(last_paths(&image, Content::Libraries), ["usr/lib/libgcc_s.so.1"]);
    assert_eq!(last_paths(&image, Content::Files), ["usr/lib/extra/", "usr/lib/extra/file"]);
}

#[test]
fn a_base_with_an_older_glibc_is_refused_with_both_versions() {
    let folder = tempdir().unwrap();
    let versions = folder.path().join("versions");
    std::fs::write(&versions, "GLIBC_2.2.5 {}; GLIBC_2.17 {} GLIBC_2.2.5;").unwrap();
    let script = format!("-Wl,--version-script={}", versions.display());
    let old = ["-shared", "-fPIC", "-nostdlib", script.as_str()];
    let libc = c(folder.path(), "libc.so.6", "int one() { return 1; }", &old);
    let part = merged(folder.path(), &[], Some(libc));
    let program = Program::read(&rust(folder.path(), "moving", TABLE, &[])).unwrap();
    let needed = program.needs().glibc.unwrap();
    let error = Recipe::new(program).base(Base::Parts(part)).build().unwrap_err();
    let ImageError::Incompatible(found) = &error else { panic!("{error:?}") };
    let has = Some("2.17".parse().unwrap());
    assert_eq!(*found, Incompatible::Glibc { needed, has });
    assert!(error.to_string().contains("the runtime has 2.17; link it statically"), "{error}");
}

#[test]
fn a_damaged_base_is_told_by_what_is_wrong() {
    let folder = tempdir().unwrap();
    let program = still(folder.path());
    let build = |part: BasePart| {
        let error = Recipe::new(program.clone()).base(Base::Parts(part)).build().unwrap_err();
        let ImageError::Base(error) = error else { panic!("{error:?}") };
        error
    };
    let tar = layer(&[("opt/", Made::Folder)]);
    let whole = || base(&plain_config(), std::slice::from_ref(&tar));

    let other =
        BasePart { config: whole().config, ..base("", &[layer(&[("usr/", Made::Folder)])]) };
    assert!(matches!(build(other), BaseError::Digest { .. }));
    let fewer = BasePart { layers: Vec::new(), ..whole() };
    assert!(matches!(build(fewer), BaseError::LayerCount { expected: 1, found: 0, .. }));
    let no_config = BasePart { config: "{}".into(), ..whole() };
    assert!(matches!(build(no_config), BaseError::Document { document: "configuration", .. }));
    let riscv =
        plain_config().replace(&lithops_runtime::Architecture::current().to_string(), "riscv64");
    assert!(matches!(
        build(base(&riscv, std::slice::from_ref(&tar))),
        BaseError::Architecture { .. }
    ));
    let mut zstd = whole();
    zstd.layers[0].media_type = MediaType::ImageLayerZstd;
    let error = build(zstd);
    assert!(matches!(error, BaseError::Compression { .. }), "{error:?}");
    assert!(error.to_string().contains("skopeo copy --dest-compress-format gzip"), "{error}");
    let mut cut = whole();
    cut.layers[0] = BaseLayer { media_type: MediaType::ImageLayerGzip, bytes: tar.slice(..100) };
    assert!(matches!(build(cut), BaseError::Layer { number: 0, .. }));
}

#[test]
fn a_layout_on_disk_is_a_base_unless_a_blob_is_damaged() {
    let folder = tempdir().unwrap();
    let program = still(folder.path());
    let layout = folder.path().join("layout");
    let below = Recipe::new(program.clone()).label("maker", "us").build().unwrap();
    below.write_layout(&layout).unwrap();
    let image = Recipe::new(program.clone()).base(Base::Layout(layout.clone())).build().unwrap();
    let ids = |image: &Image, count: usize| -> Vec<Digest> {
        image.layers().iter().take(count).map(|layer| layer.diff_id().clone()).collect()
    };
    assert_eq!(ids(&image, 2), ids(&below, 2));
    assert_eq!(image.layers().len(), 3);

    let blob = layout.join("blobs/sha256").join(below.layers()[0].packed().digest.digest());
    std::fs::write(&blob, "damaged").unwrap();
    let error = Recipe::new(program.clone()).base(Base::Layout(layout)).build().unwrap_err();
    assert!(matches!(error, ImageError::Base(BaseError::Digest { .. })), "{error:?}");
    let nowhere = Base::Layout(folder.path().join("nowhere"));
    let error = Recipe::new(program).base(nowhere).build().unwrap_err();
    assert!(
        error.to_string().contains("nowhere/index.json of the base image can't be read"),
        "{error}"
    );
}
