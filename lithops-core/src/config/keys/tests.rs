//! The table of keys, held against the structures that settings are read into.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use super::*;
use crate::config::raw::RawConfig;

/// The names that serde would take in the place of one that it does not know.
fn accepted(text: &str) -> BTreeSet<String> {
    let error = toml::from_str::<RawConfig>(text).unwrap_err();
    let message = error.message();
    let (refused, known) = message.split_once(", expected ").unwrap();
    assert_eq!(refused, "unknown field `no_such`");
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_table_has_every_section_that_the_file_may_have_and_no_other() {
    let listed: BTreeSet<String> = OWN.iter().map(|section| section.name.to_owned()).collect();
    assert_eq!(listed.len(), OWN.len());
    assert_eq!(accepted("no_such = 1"), listed);
}

#[test]
fn the_table_has_every_key_that_a_section_may_have_and_no_other() {
    for section in OWN {
        let names = section
            .keys
            .iter()
            .flat_map(|key| std::iter::once(key.name).chain(key.other_names.iter().copied()));
        let listed: BTreeSet<String> = names.map(str::to_owned).collect();
        assert_eq!(accepted(&format!("[{}]\nno_such = 1", section.name)), listed, "{section:?}");
    }
}

#[test]
fn every_key_takes_what_the_table_says_and_nothing_else() {
    let samples = [
        ("\"a\"", &[Kind::Text, Kind::Path, Kind::Secret][..]),
        ("0.5", &[Kind::Number]),
        ("7", &[Kind::Number, Kind::Count]),
        ("true", &[Kind::Switch]),
        ("[\"a\"]", &[Kind::List]),
        ("{ a = \"b\" }", &[Kind::Map]),
    ];
    for section in OWN {
        for key in section.keys {
            for (value, takers) in samples {
                let text = format!("[{}]\n{} = {value}", section.name, key.name);
                let read = toml::from_str::<RawConfig>(&text);
                assert_eq!(read.is_ok(), takers.contains(&key.kind), "{text}: {read:?}");
            }
        }
    }
}

#[test]
fn a_default_is_a_value_that_the_key_takes() {
    for section in OWN {
        for key in section.keys.iter().filter(|key| !key.default.is_empty()) {
            let default = match key.kind {
                Kind::Text | Kind::Path => format!("{:?}", key.default),
                _ => key.default.to_owned(),
            };
            let text = format!("[{}]\n{} = {default}", section.name, key.name);
            toml::from_str::<RawConfig>(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }
}

#[test]
fn no_variable_stands_for_two_keys() {
    let all = sections().into_iter().flat_map(|s| s.keys.iter().flat_map(|key| s.variables(key)));
    let all: Vec<String> = all.collect();
    let different: BTreeSet<&String> = all.iter().collect();
    assert_eq!(different.len(), all.len());
    // It is the bucket of whichever storage jobs use.
    assert!(!all.contains(&"LITHOPS_STORAGE_BUCKET".to_owned()));
}
