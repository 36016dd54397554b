//! The shared folder: what is where in it.

use std::path::Path;

use crate::login::quote;

/// The folder as a shell takes it where it has not been seen yet: `~` is at home there.
pub(crate) fn as_said(folder: &Path) -> String {
    let text = folder.to_string_lossy();
    match text.strip_prefix('~') {
        Some("") => "\"$HOME\"".to_owned(),
        Some(rest) if rest.starts_with('/') => format!("\"$HOME\"{}", quote(rest)),
        _ => quote(&text),
    }
}

/// A shared folder that is there, by the full path that nodes see it under too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folder(String);

impl Folder {
    pub(crate) fn at(path: &str) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &str {
        &self.0
    }

    /// The program of this digest.
    pub(crate) fn program(&self, digest: &str) -> String {
        format!("{}/programs/{digest}", self.0)
    }

    /// What the executor called `client` has.
    pub(crate) fn client(&self, client: &str) -> String {
        format!("{}/clients/{client}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_is_where_the_shell_is() {
        assert_eq!(as_said(Path::new("~")), "\"$HOME\"");
        assert_eq!(as_said(Path::new("~/a b")), "\"$HOME\"'/a b'");
        assert_eq!(as_said(Path::new("/a b")), "'/a b'");
        assert_eq!(as_said(Path::new("/a")), "/a");
    }
}
