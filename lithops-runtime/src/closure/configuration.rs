//! The folders that `/etc/ld.so.conf` names.

use std::path::{Path, PathBuf};

use super::ClosureError;

/// How deep files may include each other.
const DEPTH: usize = 8;

/// Reads the folders that the file at `path` and those that it includes name, in order; none if it
/// is not there.
pub(super) fn folders(path: &Path) -> Result<Vec<PathBuf>, ClosureError> {
    let mut found = Vec::new();
    read(path, DEPTH, &mut found)?;
    Ok(found)
}

fn read(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), ClosureError> {
    let unread = |source| ClosureError::Read { path: path.to_owned(), source };
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(unread)?,
    };
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        match line.strip_prefix("include").filter(|rest| rest.starts_with(char::is_whitespace)) {
            Some(patterns) if depth > 0 => {
                for pattern in patterns.split_whitespace() {
                    let place = path.parent().unwrap_or(path).join(pattern);
                    for file in matching(&place).map_err(unread)? {
                        read(&file, depth - 1, found)?;
                    }
                }
            }
            Some(_) => {}
            // A folder may say for which version it is: `/opt/lib=libc6`.
            None => {
                let folders = line.split([':', ',', ' ', '\t']);
                let folders = folders.map(|folder| folder.split('=').next().unwrap_or_default());
                found.extend(folders.filter(|folder| !folder.is_empty()).map(PathBuf::from));
            }
        }
    }
    Ok(())
}

/// The files that a pattern names, sorted; `*` may stand once, in the file's name.
fn matching(pattern: &Path) -> std::io::Result<Vec<PathBuf>> {
    let name = pattern.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some((start, end)) = name.split_once('*') else { return Ok(vec![pattern.to_owned()]) };
    let Some(folder) = pattern.parent().filter(|folder| folder.is_dir()) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let long_enough = name.len() >= start.len() + end.len();
        if long_enough && name.starts_with(start) && name.ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_included_come_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("d")).unwrap();
        write("conf", "# all\ninclude d/*.conf\n/last # comment\n");
        write("d/b.conf", "/b1:/b2\n");
        write("d/a.conf", "/a=libc6\ninclude none.conf\n");
        write("d/c.txt", "/never\n");
        let found = super::folders(&folder.path().join("conf")).unwrap();
        assert_eq!(found, ["/a", "/b1", "/b2", "/last"].map(PathBuf::from));
        assert_eq!(
            super::folders(&folder.path().join("missing")).unwrap(),
            [""; 0].map(PathBuf::from)
        );
    }
}
