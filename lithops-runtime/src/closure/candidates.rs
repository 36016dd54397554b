//! Where the loader looks for a library, in order.

use std::path::{Path, PathBuf};

use super::places::Places;
use super::walk::Object;

/// A file that may be the library that is looked for.
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    /// Whether the loader finds it in an image at the same path.
    pub(super) stays: bool,
}

/// The candidates for `name`, which the object with the number `by` needs.
///
/// `DT_RPATH` of the object and of those that it was needed by, unless it has a `DT_RUNPATH`; then
/// `LD_LIBRARY_PATH`, its own `DT_RUNPATH`, the cache, and the default folders.
pub(super) fn candidates(
    name: &str,
    by: usize,
    objects: &[Object],
    places: &Places,
) -> Vec<Candidate> {
    let Some(asking) = objects.get(by) else { return Vec::new() };
    let mut found = Vec::new();
    if asking.dynamic.runpath.is_none() {
        let parent = |object: &&Object| object.parent.and_then(|number| objects.get(number));
        for object in std::iter::successors(Some(asking), parent) {
            found.extend(object.dynamic.rpath.iter().map(|folder| named(folder, name, object)));
        }
    }
    found.extend(places.library_path.iter().map(|folder| known(folder.join(name), places)));
    for folder in asking.dynamic.runpath.iter().flatten() {
        found.push(named(folder, name, asking));
    }
    if !asking.dynamic.no_default_folders {
        let cached = places.cached.get(name).into_iter().flatten();
        found.extend(cached.map(|path| known(path.clone(), places)));
        let folders = places.configured.iter().chain(&places.default);
        found.extend(folders.map(|folder| known(folder.join(name), places)));
    }
    found
}

/// In a folder that an object names, which may depend on where the object itself is.
fn named(folder: &str, name: &str, object: &Object) -> Candidate {
    let origin = object.found.parent().unwrap_or(Path::new("/")).to_string_lossy();
    let expanded = folder.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin);
    let stays = object.stays || expanded == folder;
    Candidate { path: Path::new(&expanded).join(name), stays }
}

/// In a folder that holds for every program; an image has the default ones only.
fn known(path: PathBuf, places: &Places) -> Candidate {
    let stays = path.parent().is_some_and(|folder| places.default.iter().any(|d| d == folder));
    Candidate { path, stays }
}
