//! The table of keys, held against the structure that settings are read into.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use lithops_core::config::keys::{Kind, section};
use lithops_core::config::{Config, ConfigError};

use super::*;

fn read(text: &str) -> Result<SlurmSection, ConfigError> {
    Config::resolve("lithops.toml", text, |_| None)?.section(&SLURM)
}

#[test]
fn the_section_is_known_as_soon_as_this_crate_is_linked() {
    assert_eq!(section("slurm"), Some(&SLURM));
    assert_eq!(read("[slurm]\nidle = 7"), Ok(SlurmSection { idle: Some(7), ..Default::default() }));
}

#[test]
fn the_table_has_every_key_that_the_section_may_have_and_no_other() {
    let error = toml::from_str::<SlurmSection>("no_such = 1").unwrap_err();
    let (refused, known) = error.message().split_once(", expected ").unwrap();
    assert_eq!(refused, "unknown field `no_such`");
    let known: BTreeSet<&str> = known.split('`').skip(1).step_by(2).collect();
    let listed: BTreeSet<&str> = SLURM.keys.iter().map(|key| key.name).collect();
    assert_eq!(known, listed);
    assert!(SLURM.keys.iter().all(|key| key.other_names.is_empty()));
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
    for key in SLURM.keys {
        for (value, takers) in samples {
            let read = read(&format!("[slurm]\n{} = {value}", key.name));
            assert_eq!(read.is_ok(), takers.contains(&key.kind), "{}: {read:?}", key.name);
        }
    }
}

#[test]
fn a_default_is_a_value_that_the_key_takes() {
    for key in SLURM.keys.iter().filter(|key| !key.default.is_empty()) {
        let default = match key.kind {
            Kind::Text | Kind::Path => format!("{:?}", key.default),
            _ => key.default.to_owned(),
        };
        let read = read(&format!("[slurm]\n{} = {default}", key.name));
        assert!(read.is_ok(), "{}: {read:?}", key.name);
    }
}
