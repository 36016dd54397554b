//! A section that is declared as those of other crates are, said in every way that there is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::*;
use crate::config::{Note, Origin, Traced};
use crate::secret::Secret;

/// `[moon]`: a place for calls that only these tests have.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MoonSection {
    #[serde(alias = "basin")]
    crater: Option<String>,
    gravity: Option<f64>,
    port: Option<u16>,
    link: Option<bool>,
    landers: Vec<String>,
    environment: BTreeMap<String, String>,
    folder: Option<PathBuf>,
    token: Option<Secret>,
}

static MOON: Section = Section {
    name: "moon",
    about: "the tests of declared sections",
    keys: crate::keys! {
        crater or basin: Text = "", "Where calls land.";
        gravity: Number = "1.6", "What holds them there.";
        port: Count = "", "The port of the ground station.";
        link: Switch = "true", "Whether there is one.";
        landers: List = "", "What they land with.";
        environment: Map = "", "What they are told.";
        folder: Path = "", "Where the way back is written.";
        token: Secret = "", "What lets them in.";
    },
};
crate::declare_section!(MOON: MoonSection);

fn traced(text: &str, variables: &[(&str, &str)]) -> Result<Traced, ConfigError> {
    Config::resolve_traced("lithops.toml", text, |name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn moon(text: &str, variables: &[(&str, &str)]) -> Result<MoonSection, ConfigError> {
    traced(text, variables)?.config.section(&MOON)
}

fn refusal(text: &str) -> String {
    moon(text, &[]).unwrap_err().to_string()
}

#[test]
fn a_declared_section_stands_behind_those_of_this_crate() {
    let sections = keys::sections();
    assert_eq!((sections[0].name, *sections.last().unwrap()), ("lithops", &MOON));
    assert_eq!(sections.iter().filter(|section| section.name == "moon").count(), 1);
    assert_eq!(keys::section("moon"), Some(&MOON));
}

#[test]
fn nothing_said_is_the_default() {
    assert_eq!(moon("", &[]), Ok(MoonSection::default()));
    assert_eq!(Config::default().section(&MOON), Ok(MoonSection::default()));
    assert_eq!(moon("[moon]", &[]), Ok(MoonSection::default()));
}

#[test]
fn the_file_says_it_and_the_environment_goes_before() {
    let text = "[moon]\nbasin = \"Tycho\"\ngravity = 2\nport = 1\nlanders = [\"a\"]\nfolder = \"/f\"\n\
                environment = { A = \"1\" }\ntoken = \"t\"";
    let said = MoonSection {
        crater: Some("Tycho".to_owned()),
        gravity: Some(2.0),
        port: Some(1),
        link: None,
        landers: vec!["a".to_owned()],
        environment: BTreeMap::from([("A".to_owned(), "1".to_owned())]),
        folder: Some("/f".into()),
        token: Some(Secret::new("t")),
    };
    assert_eq!(moon(text, &[]), Ok(said.clone()));
    let variables = [
        ("LITHOPS_MOON_CRATER", "Copernicus"),
        ("LITHOPS_MOON_PORT", "2"),
        ("LITHOPS_MOON_LINK", "no"),
        ("LITHOPS_MOON_LANDERS", "b, c"),
    ];
    let over = MoonSection {
        crater: Some("Copernicus".to_owned()),
        port: Some(2),
        link: Some(false),
        landers: vec!["b".to_owned(), "c".to_owned()],
        ..said
    };
    assert_eq!(moon(text, &variables), Ok(over));
}

#[test]
fn an_unknown_key_is_refused_by_its_line_and_the_known_ones_are_listed() {
    let told = "lithops.toml: line 3: unknown field `creater`, expected one of `crater`, `gravity`, `port`, \
                `link`, `landers`, `environment`, `folder`, `token`";
    assert_eq!(refusal("[moon]\nport = 1\ncreater = \"s3cr3t\""), told);
}

#[test]
fn a_value_that_its_key_does_not_take_is_refused_by_its_line_and_not_shown() {
    for (text, told) in [
        ("[moon]\ncrater = 12345678", "line 2: `moon.crater` has to be a text"),
        ("[moon]\nport = \"12345678\"", "line 2: `moon.port` has to be a whole number"),
        ("[moon]\n\ntoken = 12345678", "line 3: `moon.token` has to be a text"),
        ("[moon]\ntoken = [\"12345678\"]", "line 2: `moon.token` has to be a text"),
        (
            "[moon.environment]\nTOKEN = 12345678",
            "line 2: `moon.environment` has to be texts by name",
        ),
        ("moon = \"12345678\"", "line 1: `moon` has to be a section with keys"),
    ] {
        let error = moon(text, &[]).unwrap_err();
        assert_eq!(error.to_string(), format!("lithops.toml: {told}"));
        assert!(!format!("{error:?}").contains("12345678"), "{error:?}");
    }
    let told = refusal("[moon]\nport = 99999");
    let expected = "lithops.toml: line 2: invalid value: integer `99999`, expected u16";
    assert!(told.starts_with(expected), "{told}");
    let told = refusal("[moon]\ncrater = \"a\"\nbasin = \"b\"");
    assert_eq!(told, "lithops.toml: line 1: duplicate field `crater`");
}

#[test]
fn a_variable_that_its_key_does_not_take_is_refused_by_its_name() {
    for (variable, value, told) in [
        ("LITHOPS_MOON_PORT", "many", "`many`: it must be a whole number from 0 on"),
        ("LITHOPS_MOON_PORT", "99999", "`99999`: invalid value: integer `99999`, expected u16"),
        ("LITHOPS_MOON_ENVIRONMENT", "s3cr3t", "`***`: it must be `NAME=VALUE`, with commas"),
    ] {
        let error = moon("", &[(variable, value)]).unwrap_err();
        let told = format!("`{variable}` is {told}");
        assert!(error.to_string().starts_with(&told), "{error}");
        assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
    }
}

#[test]
fn a_section_that_nobody_has_declared_is_refused_with_the_nearest_name() {
    let told = refusal("[lithops]\n\n[mon]\ntoken = \"s3cr3t\"");
    let expected =
        "lithops.toml: line 3: unknown section `mon`, expected one of `lithops`, `localhost`, ";
    assert!(told.starts_with(expected), "{told}");
    assert!(told.ends_with("`redis`, `moon`; did you mean `moon`?"), "{told}");
    let told = refusal("backend = \"threads\"");
    let expected = "lithops.toml: line 1: unknown section `backend`, expected one of `lithops`, ";
    assert!(told.starts_with(expected), "{told}");
}

#[test]
fn no_secret_of_a_declared_section_is_shown() {
    let text =
        "[moon]\ntoken = \"s3cr3t\"\nenvironment = { TOKEN = \"s3cr3t\" }\ncrater = \"Tycho\"";
    for traced in [traced(text, &[]), traced("[moon]", &[("LITHOPS_MOON_TOKEN", "s3cr3t")])] {
        let traced = traced.unwrap();
        let shown = format!("{traced:?} {traced:#?}");
        assert!(shown.contains(r#""token": "***""#), "{shown}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
    let shown = format!("{:?}", traced(text, &[]).unwrap().config.declared);
    let expected = r#"{"moon": {"crater": "Tycho", "environment": "TOKEN=***", "token": "***"}}"#;
    assert_eq!(shown, expected);
}

#[test]
fn each_of_its_settings_tells_who_has_said_it() {
    let text = "[moon]\nbasin = \"Tycho\"\ntoken = \"s3cr3t\"";
    let traced = traced(text, &[("LITHOPS_MOON_PORT", "2")]).unwrap();
    let told: Vec<_> = traced
        .settings
        .into_iter()
        .filter(|setting| setting.section == &MOON)
        .map(|setting| (setting.key.name, setting.value, setting.origin))
        .filter(|(name, ..)| ["crater", "gravity", "port", "token"].contains(name))
        .collect();
    let text = |text: &str| Some(text.to_owned());
    let variable = Origin::Environment("LITHOPS_MOON_PORT".to_owned());
    let expected = [
        ("crater", text("Tycho"), Origin::File),
        ("gravity", text("1.6"), Origin::Default),
        ("port", text("2"), variable),
        ("token", text("***"), Origin::File),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_variable_that_names_the_section_but_no_key_of_it_is_refused() {
    let variable = ("LITHOPS_MOON_PROT".into(), "1".into());
    let error = crate::config::environment::refuse_unknown(std::iter::once(variable)).unwrap_err();
    let told = "the environment variable `LITHOPS_MOON_PROT` says nothing that is known; did you mean \
                `LITHOPS_MOON_PORT`";
    assert!(error.to_string().starts_with(told), "{error}");
}

#[test]
fn a_section_that_is_not_declared_can_not_be_asked_for() {
    static SUN: Section = Section { name: "sun", about: "nothing", keys: &[] };
    let error = Config::default().section::<MoonSection>(&SUN).unwrap_err();
    assert_eq!(error, ConfigError::Undeclared { section: "sun".to_owned() });
}

#[test]
fn a_structure_that_was_not_declared_may_not_take_what_is_said() {
    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Other {
        token: Option<u32>,
    }
    let other = |text| traced(text, &[]).unwrap().config.section::<Other>(&MOON);
    let error = other("[moon]\ntoken = \"s3cr3t\"").unwrap_err();
    assert_eq!(error.to_string(), "`moon.token` is `***`: it must be a text");
    assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
}

/// What is told of a section that only other programs can use.
const LEFT_OUT: &str = "it comes with the feature `slurm`, which this build lacks";

#[test]
fn a_section_that_this_program_was_built_without_is_noted_and_fails_nothing() {
    let text = "[lithops]\nbackend = \"threads\"\n[slurm]\npartition = \"short\"";
    let config = traced(text, &[("LITHOPS_SLURM_FOLDER", "/f")]).unwrap().config;
    let notes = vec![Note { what: "[slurm]".to_owned(), why: LEFT_OUT.to_owned() }];
    assert_eq!(config, Config { backend: "threads".to_owned(), notes, ..Config::default() });
}

#[cfg(feature = "yaml")]
#[test]
fn such_a_section_is_noted_in_a_file_of_lithops_for_python_too() {
    let document = crate::config::yaml::document("a.yaml", "slurm:\n  partition: short\n").unwrap();
    assert_eq!(document.notes, [Note { what: "[slurm]".to_owned(), why: LEFT_OUT.to_owned() }]);
    assert!(document.table.is_empty());
}

#[cfg(feature = "yaml")]
#[test]
fn a_file_of_lithops_for_python_may_have_it_too() {
    let document = |text| crate::config::yaml::document("a.yaml", text);
    let read = |text| document(text)?.resolve("a.yaml", &|_| None)?.config.section(&MOON);
    let text = "moon:\n  basin: Tycho\n  port: 7\n  token: 1234\n";
    let said = MoonSection {
        crater: Some("Tycho".to_owned()),
        port: Some(7),
        token: Some(Secret::new("1234")),
        ..MoonSection::default()
    };
    assert_eq!(read(text), Ok(said.clone()));
    let written = crate::config::yaml::to_toml("a.yaml", text).unwrap();
    assert_eq!(moon(&written, &[]), Ok(said));
    for (text, told) in [
        ("moon:\n  port: s3cr3t", "a.yaml: `moon.port` has to be a whole number"),
        ("moon:\n  prot: 1", "a.yaml: unknown key `prot` in `moon`, expected one of `crater`"),
        ("mon:\n  port: 1", "a.yaml: unknown section `mon`, expected one of `lithops`"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.to_string().starts_with(told), "{error}");
    }
}
