//! Texts of jobs on a terminal.

/// A text in one line, without characters that a terminal would obey; cut at a length.
pub(super) fn line(text: &str, most: usize) -> String {
    let mut characters = text.lines().next().unwrap_or_default().trim_end().chars();
    let mut shown = String::new();
    for character in characters.by_ref().take(most) {
        match character.is_control() {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_text_is_one_line_that_does_nothing_to_the_terminal() {
        assert_eq!(line("two\nlines", 80), "two");
        assert_eq!(line("\u{1b}[31mred", 80), "\\u{1b}[31mred");
        assert_eq!(line("four", 3), "fou…");
    }
}
