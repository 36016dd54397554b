//! From a program to all libraries that it needs, in the order of the loader.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::candidates::{Candidate, candidates};
use super::places::Places;
use super::{Closure, ClosureError, Library, Provided, Usual, is_loader_itself};
use crate::program::{Dynamic, Elf};
use crate::{GlibcVersion, Needs, Program, ProgramError};

/// From this version on glibc looks up names in files and by DNS itself, without a library.
const NAMES_BUILT_IN: GlibcVersion = GlibcVersion { major: 2, minor: 34, patch: 0 };
const NAME_LOOKUP: [&str; 3] = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"];

/// The program, its loader, or a library.
pub(super) struct Object {
    name: String,
    /// The path that it was found by, which may be a link.
    pub(super) found: PathBuf,
    needs: Needs,
    /// The libraries that have to be there with it.
    asks_for: Vec<String>,
    pub(super) dynamic: Dynamic,
    /// Who asked for it first.
    pub(super) parent: Option<usize>,
    /// Whether it has the same path in an image.
    pub(super) stays: bool,
}

struct Walk<'a> {
    program: &'a Needs,
    provided: &'a Provided,
    places: &'a Places,
    /// The program first, then its loader.
    objects: Vec<Object>,
    glibc: Option<GlibcVersion>,
}

pub(super) fn walk(
    program: &Program,
    usual: &Usual,
    provided: &Provided,
    places: &Places,
) -> Result<Closure, ClosureError> {
    let root = Object {
        name: program.name().to_owned(),
        found: program.path().to_owned(),
        needs: program.needs().clone(),
        asks_for: [&*program.needs().libraries, &*usual.libraries].concat(),
        dynamic: program.dynamic().clone(),
        parent: None,
        stays: false,
    };
    let program = program.needs();
    let mut walk = Walk { program, provided, places, objects: vec![root], glibc: None };
    for loader in program.interpreter.iter().chain(&usual.loader) {
        let name = loader.file_name().unwrap_or_default().to_string_lossy();
        let only = vec![Candidate { path: loader.clone(), stays: true }];
        walk.add(&name, 0, |_| only)?;
    }
    let mut next = 0;
    while let Some(object) = walk.objects.get(next) {
        for name in object.asks_for.clone() {
            walk.add(&name, next, |walk| match name.contains('/') {
                true => vec![Candidate { path: PathBuf::from(&name), stays: true }],
                false => candidates(&name, next, &walk.objects, places),
            })?;
        }
        next += 1;
    }
    let glibc = walk.glibc;
    Ok(Closure { libraries: walk.libraries()?, glibc })
}

impl Walk<'_> {
    /// Adds a library that the object with the number `by` needs, if nobody has needed it before.
    fn add(
        &mut self,
        name: &str,
        by: usize,
        candidates: impl FnOnce(&Self) -> Vec<Candidate>,
    ) -> Result<(), ClosureError> {
        if self.provided.names.contains(name) || self.objects.iter().skip(1).any(|o| o.is(name)) {
            return Ok(());
        }
        let mut looked_in: Vec<PathBuf> = Vec::new();
        for candidate in candidates(self) {
            if self.load(name, by, &candidate)? {
                return Ok(());
            }
            let folder = candidate.path.parent().unwrap_or(&candidate.path);
            if !looked_in.iter().any(|known| known == folder) {
                looked_in.push(folder.to_owned());
            }
        }
        let name = name.to_owned();
        let needed_by = self.objects.get(by).map(|object| object.name.clone()).unwrap_or_default();
        let architecture = self.program.architecture.to_string();
        Err(ClosureError::Missing { name, needed_by, architecture, looked_in })
    }

    /// Takes a candidate, if it is there and for the program's processor.
    fn load(&mut self, name: &str, by: usize, candidate: &Candidate) -> Result<bool, ClosureError> {
        let path = &candidate.path;
        let bytes = match fs::read(path) {
            // As the loader does: what is not there, or hidden from it, is passed over.
            Err(error) if passed_over(error.kind()) => return Ok(false),
            read => read.map_err(|source| ClosureError::Read { path: path.clone(), source })?,
        };
        let elf = match Elf::read(path, &bytes) {
            Err(ProgramError::ThirtyTwoBits { .. }) => return Ok(false),
            read => read.map_err(|source| ClosureError::Unusable { name: name.into(), source })?,
        };
        if elf.needs.architecture != self.program.architecture {
            return Ok(false);
        }
        let mut asks_for = elf.needs.libraries.clone();
        if name == "libc.so.6" {
            self.glibc = elf.defines;
            if elf.defines.is_some_and(|version| version < NAMES_BUILT_IN) {
                asks_for.extend(NAME_LOOKUP.map(str::to_owned));
            }
        }
        self.objects.push(Object {
            name: name.to_owned(),
            found: path.clone(),
            needs: elf.needs,
            asks_for,
            dynamic: elf.dynamic,
            parent: Some(by),
            stays: candidate.stays,
        });
        Ok(true)
    }

    /// What was found, each with its place in an image.
    fn libraries(self) -> Result<Vec<Library>, ClosureError> {
        let libc = self.objects.iter().find(|object| object.name == "libc.so.6" && object.stays);
        let beside = libc.and_then(|libc| libc.found.parent()).unwrap_or(Path::new("/lib"));
        let home = self.provided.home.as_deref();
        let found = self.objects.iter().skip(1).map(|object| {
            let unread = |source| ClosureError::Read { path: object.found.clone(), source };
            let path = fs::canonicalize(&object.found).map_err(unread)?;
            let at = match home {
                // The loader of a base image may know other folders than this machine's.
                Some(home) if !object.stays || self.is_in_default_folder(object) => {
                    home.join(&object.name)
                }
                None if !object.stays => beside.join(&object.name),
                _ => object.found.clone(),
            };
            Ok(Library { name: object.name.clone(), path, at, needs: object.needs.clone() })
        });
        found.collect()
    }

    fn is_in_default_folder(&self, object: &Object) -> bool {
        let folder = object.found.parent();
        self.places.default.iter().any(|default| folder == Some(default))
    }
}

impl Object {
    /// Whether the loader takes it when it is asked for `name`.
    fn is(&self, name: &str) -> bool {
        self.dynamic.soname.as_deref() == Some(name) || is_loader_itself(&self.name, name)
    }
}

fn passed_over(error: ErrorKind) -> bool {
    matches!(
        error,
        ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
    )
}
