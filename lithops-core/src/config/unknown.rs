//! Names in a file that no section and no key has.

use toml::de::{DeTable, DeValue};

use super::keys::{self, Section};
use super::near::near;
use super::raw::line;

/// Refuses a section that no crate of this program has, and a key that a declared section does not have.
///
/// The structures of this crate's own sections refuse what they don't know by themselves.
pub(super) fn refuse(text: &str, file: &DeTable<'_>) -> Result<(), String> {
    for (name, said) in file {
        let (at, name) = (name.span().start, name.get_ref());
        match (keys::section(name), said.get_ref()) {
            (None, _) if keys::left_out(name).is_none() => {
                return Err(format!("line {}: {}", line(text, at), unknown_section(name)));
            }
            (Some(section), DeValue::Table(said)) if keys::declared(name).is_some() => {
                refuse_keys(text, section, said)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn refuse_keys(text: &str, section: &Section, said: &DeTable<'_>) -> Result<(), String> {
    let Some((name, _)) = said.iter().find(|(name, _)| section.key(name.get_ref()).is_none())
    else {
        return Ok(());
    };
    // The words of serde, which refuses those of this crate's own sections.
    let known = section.keys.iter().map(|key| key.name);
    let known = expected(known);
    Err(format!(
        "line {}: unknown field `{}`, {known}",
        line(text, name.span().start),
        name.get_ref()
    ))
}

/// Says that there is no such section, and which name is nearest.
pub(super) fn unknown_section(name: &str) -> String {
    let known = keys::sections().into_iter().map(|section| section.name);
    unknown(&format!("section `{name}`"), name, known)
}

/// Says that there is no `what`, which is called `name`; the names that there are, and the nearest one.
pub(super) fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let near = near(name, known.clone()).first().map(|near| format!("; did you mean `{near}`?"));
    format!("unknown {what}, {}{}", expected(known), near.unwrap_or_default())
}

fn expected<'a>(known: impl Iterator<Item = &'a str>) -> String {
    let listed: Vec<String> = known.map(|name| format!("`{name}`")).collect();
    format!("expected one of {}", listed.join(", "))
}
