//! What a base image offers to dynamic programs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Node, Tree};
use crate::closure::{Provided, default_folders};
use crate::program::Elf;
use crate::{Architecture, GlibcVersion};

/// The libraries of a base image, where its loader finds them without a cache.
pub(crate) struct Offer {
    pub(crate) names: BTreeSet<String>,
    pub(crate) glibc: Option<GlibcVersion>,
    /// The folder with the C library.
    home: Option<PathBuf>,
}

impl Offer {
    pub(crate) fn of(tree: &Tree, architecture: &Architecture) -> Self {
        let folders = default_folders(architecture);
        let names = folders.iter().flat_map(|folder| tree.names_in(folder));
        let names = names.filter(|name| name.contains(".so")).collect();
        let mut offer = Self { names, glibc: None, home: None };
        for folder in folders {
            let libc = folder.join("libc.so.6");
            let Some(Node::File(content)) = tree.find(&libc) else { continue };
            let read = content.as_deref().map(|content| Elf::read(&libc, content));
            // One for another architecture has another class or machine; its loader passes over it.
            let Some(Ok(elf)) = read else { continue };
            if elf.needs.architecture == *architecture {
                offer.glibc = elf.defines;
                offer.home = Some(folder);
                break;
            }
        }
        offer
    }

    /// What need not be brought along for programs with this loader: all, if it is there; else
    /// nothing, because a loader has to be of the same version as its C library.
    pub(crate) fn provided(&self, tree: &Tree, loader: &Path) -> Option<Provided> {
        tree.find(loader)?;
        let name = loader.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut names = self.names.clone();
        names.insert(name);
        let beside = || loader.parent().unwrap_or(Path::new("/lib")).to_owned();
        Some(Provided { names, home: Some(self.home.clone().unwrap_or_else(beside)) })
    }
}
