//! Words for a shell, each taken as it is.

/// A word that a shell takes as `text`, whatever is in it.
pub(crate) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,:/@+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_takes_each_word_as_it_was() {
        for text in
            ["", "a", "a b", "it's", "$(exit 3)", "`x`", "a\nb", "\\", "'", "*", "~", "ü", "!x"]
        {
            let line = format!("printf %s {}", quote(text));
            let said = Command::new("/bin/sh").args(["-c", &line]).output().unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), text);
        }
    }
}
