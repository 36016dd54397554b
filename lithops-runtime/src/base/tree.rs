//! What a base image has where.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::Bound;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;

/// The files of an image, by their path without the first slash.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: BTreeMap<PathBuf, Node>,
}

/// What is at a path.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Folder,
    /// A file, with its content if it may be the C library.
    File(Option<Bytes>),
    Link(PathBuf),
}

/// How many links may lead to each other.
const LINKS: usize = 40;
/// What hides a file of a lower layer, or all that is in a folder.
const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

impl Tree {
    /// Puts a layer, an unpacked tar file, upon what there is.
    pub(super) fn add_layer(&mut self, tar: impl Read) -> io::Result<()> {
        let mut added = BTreeMap::new();
        let mut archive = tar::Archive::new(tar);
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = plain(&entry.path()?);
            let kind = entry.header().entry_type();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name == OPAQUE {
                self.remove_below(path.parent().unwrap_or(Path::new("")));
            } else if let Some(hidden) = name.strip_prefix(WHITEOUT) {
                let hidden = path.with_file_name(hidden);
                self.remove_below(&hidden);
                self.nodes.remove(&hidden);
            } else if kind.is_dir() {
                added.insert(path, Node::Folder);
            } else if kind.is_symlink() {
                let target = entry.link_name()?.unwrap_or_default().into_owned();
                added.insert(path, Node::Link(target));
            } else if kind.is_hard_link() {
                // To a file of the same layer, which came before.
                let target = plain(&entry.link_name()?.unwrap_or_default());
                let node = added.get(&target).cloned().unwrap_or(Node::File(None));
                added.insert(path, node);
            } else {
                let mut content = None;
                if name.starts_with("libc.so.6") || name.starts_with("libc-2.") {
                    let mut bytes = Vec::new();
                    entry.read_to_end(&mut bytes)?;
                    content = Some(bytes.into());
                }
                added.insert(path, Node::File(content));
            }
        }
        for (path, node) in added {
            if !matches!(node, Node::Folder) {
                self.remove_below(&path);
            }
            self.nodes.insert(path, node);
        }
        Ok(())
    }

    fn remove_below(&mut self, folder: &Path) {
        let inside: Vec<PathBuf> = self.below(folder).cloned().collect();
        inside.iter().for_each(|path| drop(self.nodes.remove(path)));
    }

    /// All that is in a folder and in those in it.
    fn below<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
        let from = (Bound::Excluded(folder), Bound::Unbounded);
        let paths = self.nodes.range::<Path, _>(from).map(|(path, _)| path);
        // Paths are ordered part by part, so what is in a folder follows it.
        paths.take_while(move |path| path.starts_with(folder))
    }

    /// What is at `path`, with all links followed.
    pub(crate) fn find(&self, path: &Path) -> Option<&Node> {
        self.nodes.get(&self.follow(&plain(path), true)?)
    }

    /// Where something that is written to `path` ends up: links of its folders are followed, so that
    /// none is replaced. `None` if they lead nowhere.
    pub(crate) fn place(&self, path: &Path) -> Option<PathBuf> {
        self.follow(&plain(path), false)
    }

    fn follow(&self, path: &Path, last_too: bool) -> Option<PathBuf> {
        let mut left = LINKS;
        let mut ahead: Vec<PathBuf> = path.iter().rev().map(PathBuf::from).collect();
        let mut at = PathBuf::new();
        while let Some(part) = ahead.pop() {
            let here = at.join(&part);
            match self.nodes.get(&here) {
                Some(Node::Link(target)) if last_too || !ahead.is_empty() => {
                    left = left.checked_sub(1)?;
                    if target.is_absolute() {
                        at = PathBuf::new();
                    }
                    for component in target.components().rev() {
                        match component {
                            Component::Normal(part) => ahead.push(part.into()),
                            Component::ParentDir => ahead.push("..".into()),
                            _ => {}
                        }
                    }
                }
                _ if part.as_os_str() == ".." => {
                    at.pop();
                }
                _ => at = here,
            }
        }
        Some(at)
    }

    /// The names of what is in a folder.
    pub(super) fn names_in(&self, folder: &Path) -> Vec<String> {
        let Some(folder) = self.follow(&plain(folder), true) else { return Vec::new() };
        let inside = self.below(&folder).filter(|path| path.parent() == Some(&folder));
        let names = inside.filter_map(|path| path.file_name());
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    }
}

/// A path without its first slash, and without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
    parts.collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use tar::{Builder, EntryType, Header};

    use super::*;

    /// A layer of paths: folders end in `/`, links have ` -> ` in them.
    fn layer(paths: &[&str]) -> Vec<u8> {
        let mut tar = Builder::new(Vec::new());
        for path in paths {
            let mut header = Header::new_gnu();
            header.set_size(0);
            if let Some((path, target)) = path.split_once(" -> ") {
                header.set_entry_type(EntryType::Symlink);
                tar.append_link(&mut header, path, target).unwrap();
            } else {
                let folder = path.ends_with('/');
                header.set_entry_type(if folder {
                    EntryType::Directory
                } else {
                    EntryType::Regular
                });
                tar.append_data(&mut header, path, io::empty()).unwrap();
            }
        }
        tar.into_inner().unwrap()
    }

    fn tree(layers: &[&[&str]]) -> Tree {
        let mut tree = Tree::default();
        layers.iter().for_each(|paths| tree.add_layer(&*layer(paths)).unwrap());
        tree
    }

    #[test]
    fn a_folder_that_is_a_link_is_followed_and_not_replaced() {
        let tree =
            tree(&[&["usr/", "usr/lib/", "lib -> usr/lib", "lib64 -> /lib", "usr/lib/a.so"]]);
        let place = |path: &str| tree.place(Path::new(path)).unwrap();
        assert_eq!(place("/lib/x/b.so"), Path::new("usr/lib/x/b.so"));
        assert_eq!(place("/lib64/b.so"), Path::new("usr/lib/b.so"));
        assert_eq!(place("/lib"), Path::new("lib"));
        assert!(matches!(tree.find(Path::new("/lib64/a.so")), Some(Node::File(None))));
        assert!(matches!(tree.find(Path::new("/lib64")), Some(Node::Folder)));
        assert_eq!(tree.names_in(Path::new("/lib64")), ["a.so"]);
    }

    #[test]
    fn links_upwards_are_followed_and_links_in_a_circle_lead_nowhere() {
        let tree = tree(&[&["a/b/", "a/b/up -> ../c", "a/c/file", "x -> y", "y -> x"]]);
        assert_eq!(tree.place(Path::new("/a/b/up/new")).unwrap(), Path::new("a/c/new"));
        assert!(matches!(tree.find(Path::new("/a/b/up/file")), Some(Node::File(None))));
        assert_eq!(tree.place(Path::new("/x/new")), None);
    }

    #[test]
    fn a_later_layer_hides_what_it_removes() {
        let first: &[&str] = &["etc/", "etc/passwd", "etc/group", "opt/", "opt/old"];
        let tree = tree(&[first, &["etc/.wh.passwd", "opt/.wh..wh..opq", "opt/new"]]);
        let is_there = |path: &str| tree.find(Path::new(path)).is_some();
        let paths = ["/etc/passwd", "/etc/group", "/opt", "/opt/old", "/opt/new"];
        assert_eq!(paths.map(is_there), [false, true, true, false, true]);
    }
}
