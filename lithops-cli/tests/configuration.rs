//! `docs/configuration.md` has the table of keys that the code has.
//!
//! `cargo xtask configuration` writes it anew.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

// The command has all backends, each with its section.
use lithops as _;
use lithops_core::config::keys::{self, Key, Kind, sections};

const BEGIN: &str = "<!-- keys: begin -->\n";
const END: &str = "<!-- keys: end -->";

fn in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::Count => "whole number",
        Kind::Switch => "switch",
        Kind::List => "list",
        Kind::Map => "map",
        Kind::Path => "path",
        Kind::Secret => "secret",
    }
}

fn row(key: &Key) -> String {
    let others: Vec<String> = key.other_names.iter().map(|name| format!("`{name}`")).collect();
    let others = match others.is_empty() {
        true => String::new(),
        false => format!(" (or {})", others.join(", ")),
    };
    let default = match key.default {
        "" => String::new(),
        default => format!("`{default}`"),
    };
    let (name, kind, meaning) = (key.name, in_words(key.kind), key.meaning);
    assert!(!meaning.contains('|'), "{meaning}");
    format!("| `{name}`{others} | {kind} | {default} | {meaning} |\n")
}

fn table() -> String {
    let mut text = String::new();
    for section in sections() {
        write!(text, "\n### `[{}]`\n\nFor {}.\n\n", section.name, section.about).unwrap();
        text.push_str("| Key | Takes | Default | Meaning |\n|---|---|---|---|\n");
        text.extend(section.keys.iter().map(row));
    }
    text.push('\n');
    text
}

#[test]
fn a_section_that_a_backend_brings_is_known_where_that_is_left_out() {
    // The last one of the core.
    let behind = sections().into_iter().skip_while(|section| section.name != "redis").skip(1);
    let brought: Vec<_> = behind.collect();
    assert!(brought.iter().any(|section| section.name == "slurm"), "{brought:?}");
    for section in brought {
        let feature = keys::feature_of(section.name).unwrap();
        assert!(section.about.ends_with(&format!("(feature `{feature}`)")), "{section:?}");
    }
}

#[test]
fn the_document_has_the_table_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    if std::env::var_os("LITHOPS_TEST_REWRITE").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
    }
    let same = written == table();
    assert!(same, "the keys have changed: write them anew by `cargo xtask configuration`");
}
