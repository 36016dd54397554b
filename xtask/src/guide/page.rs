//! What a page tells its reader to do: its fenced blocks.

use anyhow::bail;

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A file: its name stands behind the language, as in `toml Cargo.toml`.
    File { name: String, content: String },
    /// `sh`: commands.
    Commands(String),
    /// `text`: what the commands before it print.
    Printed(String),
}

/// The blocks of a page, each with the heading that it stands below.
pub(super) fn blocks(page: &str) -> anyhow::Result<Vec<(String, Block)>> {
    let mut found = Vec::new();
    let mut heading = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut heading);
        }
        let Some(told) = line.strip_prefix("```") else { continue };
        let within = lines.by_ref().take_while(|line| *line != "```");
        let content: String = within.map(|line| format!("{line}\n")).collect();
        let block = match told.split_once(' ') {
            Some((_, name)) => Block::File { name: name.to_owned(), content },
            None if told == "sh" => Block::Commands(content),
            None if told == "text" => Block::Printed(content),
            None => bail!("below `{heading}`: a block `{told}` is no file, no `sh` and no `text`"),
        };
        found.push((heading.clone(), block));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_in_order_with_their_headings() -> anyhow::Result<()> {
        let page =
            "# T\n## A\n```sh\na\nb\n```\n```text\nc\n```\n## B\n```rust src/main.rs\nd\n```\n";
        let file = Block::File { name: "src/main.rs".to_owned(), content: "d\n".to_owned() };
        let expected = [
            ("A".to_owned(), Block::Commands("a\nb\n".to_owned())),
            ("A".to_owned(), Block::Printed("c\n".to_owned())),
            ("B".to_owned(), file),
        ];
        assert_eq!(blocks(page)?, expected);
        assert!(blocks("```rust\n```\n").is_err());
        Ok(())
    }
}
