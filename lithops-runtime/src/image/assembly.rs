//! From a recipe to an image.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::config::{PROGRAM, config};
use super::files::{Files, TarError};
use super::system::{MOUNT, system};
use super::{Content, Image, ImageError, Layer, Note, Recipe, name};
use crate::base::{Offer, Opened, Tree};
use crate::closure::{Closure, Provided, Usual};
use crate::{ClosureError, Incompatible, RuntimeFacts, check};

pub(super) fn assemble(mut recipe: Recipe) -> Result<Image, ImageError> {
    check_names(&recipe)?;
    let needs = recipe.program.needs().clone();
    let base = recipe.base.take().map(|base| Opened::of(base, &needs.architecture)).transpose()?;
    let nothing = Tree::default();
    let below = base.as_ref().map_or(&nothing, |base| &base.tree);

    let offer = Offer::of(below, &needs.architecture);
    let usual = usual(&recipe)?;
    let loader = needs.interpreter.as_deref().or(usual.loader.as_deref());
    let provided = loader.and_then(|loader| offer.provided(below, loader));
    let none = Provided::default();
    let mut closure = Closure::of(&recipe.program, &usual, provided.as_ref().unwrap_or(&none))?;
    let names: Vec<String> = closure.libraries.iter().map(|library| library.name.clone()).collect();
    if provided.is_some() {
        // In a folder that the program names, the base may have its own.
        closure.libraries.retain(|library| below.find(&library.at).is_none());
        // Libraries of this machine that go along have to get on with the glibc of the base.
        let newest = closure.libraries.iter().filter_map(|library| library.needs.glibc).max();
        if let Some(needed) = newest.filter(|needed| offer.glibc.is_none_or(|has| has < *needed)) {
            return Err(Incompatible::Glibc { needed, has: offer.glibc }.into());
        }
    }
    let mut libraries: BTreeSet<String> = offer.names;
    libraries.extend(provided.map(|provided| provided.names).unwrap_or_default());
    libraries.extend(names);
    let facts = RuntimeFacts {
        architecture: needs.architecture.clone(),
        glibc: closure.glibc.or(offer.glibc),
        libraries: libraries.into_iter().collect(),
    };
    check(&needs, &facts)?;

    let (system, has_certificates) = system(below)?;
    let mut of_libraries = Files::default();
    for library in &closure.libraries {
        if below.find(&library.at).is_some() {
            let problem = "the base image has another library there, but not the program's loader";
            return Err(ImageError::Place { at: library.at.clone(), problem });
        }
        of_libraries.copy_as(&library.path, &library.at, 0o755)?;
    }
    let mut of_recipe = Files::default();
    for (source, at) in &recipe.files {
        of_recipe.copy(source, at)?;
    }
    let mut of_program = Files::default();
    of_program.file(PROGRAM, 0o755, recipe.program.bytes());

    let (mut layers, base_config) = match base {
        Some(Opened { layers, config, tree }) => (layers, Some((config, tree))),
        None => (Vec::new(), None),
    };
    let below = base_config.as_ref().map_or(&nothing, |(_, tree)| tree);
    let ours = [
        (Content::System, system),
        (Content::Libraries, of_libraries),
        (Content::Files, of_recipe),
        (Content::Program, of_program),
    ];
    for (content, files) in ours.into_iter().filter(|(_, files)| !files.is_empty()) {
        let tar = files.into_tar(below).map_err(|error| told(content, error))?;
        layers.push(Layer::of_tar(content, tar));
    }
    let base_config = base_config.as_ref().map(|(config, _)| config);
    let config = config(&recipe, base_config, &facts, has_certificates, &layers);
    let notes = if has_certificates { Vec::new() } else { vec![Note::NoCertificates] };
    let name = name::of_program(recipe.program.name());
    Ok(Image::new(name, needs, facts, notes, config, layers))
}

/// The libraries that go in beside those of the program.
fn usual(recipe: &Recipe) -> Result<Usual, ClosureError> {
    if !recipe.usual_libraries {
        return Ok(Usual::default());
    }
    let architecture = recipe.program.needs().architecture.clone();
    Usual::of(&architecture).ok_or(ClosureError::NothingUsual { architecture })
}

fn check_names(recipe: &Recipe) -> Result<(), ImageError> {
    for (_, at) in &recipe.files {
        if let Some(problem) = problem_of(at) {
            return Err(ImageError::Place { at: at.clone(), problem });
        }
    }
    let wrong = |name: &str| name.is_empty() || name.contains(['=', '\0']);
    match recipe.environment.iter().find(|(name, _)| wrong(name)) {
        Some((name, _)) => Err(ImageError::Variable { name: name.clone() }),
        None => Ok(()),
    }
}

fn problem_of(at: &Path) -> Option<&'static str> {
    if !at.is_absolute() {
        return Some("it has to begin with a slash");
    }
    if at.components().any(|part| part == Component::ParentDir) {
        return Some("it must not have `..` in it");
    }
    if at == Path::new("/") {
        return Some("name a folder below it");
    }
    if at.starts_with(PROGRAM) {
        return Some("the program is there");
    }
    at.starts_with(MOUNT).then_some("what is there is hidden by what engines mount over it")
}

fn told(content: Content, error: TarError) -> ImageError {
    match error {
        TarError::Write(source) => ImageError::Layer { content, source },
        TarError::Circle(at) => {
            ImageError::Place { at, problem: "links of the base image lead to each other there" }
        }
        TarError::NotAFolder(at) => {
            ImageError::Place { at, problem: "the base image has a file where a folder has to be" }
        }
    }
}
