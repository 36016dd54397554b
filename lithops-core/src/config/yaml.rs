//! Files of Lithops for Python, which are YAML.

use std::collections::BTreeMap;

use serde_saphyr::{Span, Spanned};
use toml::{Table, Value};

use super::ConfigError;
use super::document::Document;
use super::keys::{self, Key, Kind, Section};
use super::setting::Note;
use super::unknown::{unknown, unknown_section};
use super::{python, raw};

/// Sections of keys; either may be left empty, which is how YAML says nothing.
type Sections = BTreeMap<String, Option<Keys>>;
type Keys = BTreeMap<String, Option<Spanned<Value>>>;

/// Reads YAML; `path` is what errors call it.
///
/// Keys that mean nothing here are noted, as long as Lithops for Python knows them.
pub(super) fn document(path: &str, text: &str) -> Result<Document, ConfigError> {
    let malformed = |reason| ConfigError::Malformed { path: path.to_owned(), reason };
    let sections = parse(text).map_err(malformed)?;
    let mut document = Document::default();
    // A section of a provider, such as `aws`, leaves alone what that of its storage says.
    let (own, borrowed): (Vec<_>, Vec<_>) =
        sections.into_iter().partition(|(name, _)| python::section(name) == name);
    for (name, keys) in own.into_iter().chain(borrowed) {
        let keys = keys.unwrap_or_default();
        take(&mut document, text, &name, keys).map_err(malformed)?;
    }
    Ok(document)
}

fn parse(text: &str) -> Result<Sections, String> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#')) {
        return Ok(Sections::new());
    }
    let options = serde_saphyr::options! {
        // It would show the line, which may hold a secret.
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| match error.location() {
        // Its words may hold a value, too.
        Some(location) => format!(
            "line {}: this is no YAML of sections with a key and a value in each line",
            location.line()
        ),
        None => "it is no YAML of sections with a key and a value in each line".to_owned(),
    })
}

fn take(document: &mut Document, text: &str, name: &str, said: Keys) -> Result<(), String> {
    let Some(section) = keys::section(python::section(name)) else {
        if let Some(note) = Note::of_left_out(name) {
            document.notes.push(note);
            return Ok(());
        }
        let why = python::why_no_section(name).ok_or_else(|| unknown_section(name))?;
        document.notes.push(Note { what: format!("[{name}]"), why: why.to_owned() });
        return Ok(());
    };
    for (python_name, value) in said {
        let Some(key) = section.key(python::key(&python_name)) else {
            let Some(why) = python::why_no_key(section.name, &python_name) else {
                let known = section.keys.iter().map(|key| key.name);
                let what = format!("key `{python_name}` in `{name}`");
                return Err(unknown(&what, &python_name, known));
            };
            let what = format!("{name}.{python_name}");
            document.notes.push(Note { what, why: why.to_owned() });
            continue;
        };
        // A section that is left empty says nothing, not even that it is there.
        let Some(value) = value else { continue };
        let value = checked(section, key, text, value)?;
        let place = document.table.entry(section.name).or_insert_with(|| Table::new().into());
        if let Value::Table(place) = place {
            place.entry(key.name).or_insert(value);
        }
    }
    Ok(())
}

/// The same settings as TOML, with comments on what was left out.
pub(super) fn to_toml(path: &str, text: &str) -> Result<String, ConfigError> {
    let Document { table, notes } = document(path, text)?;
    let mut written = format!("# From `{path}`, a file of Lithops for Python.\n");
    if !notes.is_empty() {
        written.push_str("#\n# Left out, for it has nothing to do here:\n");
    }
    for Note { what, why } in notes {
        written.push_str(&format!("# - `{what}`: {why}\n"));
    }
    for section in keys::sections() {
        let Some(Value::Table(said)) = table.get(section.name) else { continue };
        written.push_str(&format!("\n[{}]\n", section.name));
        for key in section.keys {
            if let Some(value) = said.get(key.name) {
                written.push_str(&format!("{} = {value}\n", key.name));
            }
        }
    }
    Ok(written)
}

/// A value as its key takes it.
fn checked(
    section: &Section,
    key: &Key,
    text: &str,
    said: Spanned<Value>,
) -> Result<Value, String> {
    let value = match (key.kind, said.value) {
        // To YAML a name of digits alone is a number. Written otherwise, such as `0o17` or `007`, it
        // would come out as another text.
        (Kind::Text | Kind::Secret, Value::Integer(number))
            if written(text, said.defined.span()) == number.to_string() =>
        {
            Value::String(number.to_string())
        }
        (Kind::Text | Kind::Secret, Value::Integer(_) | Value::Float(_) | Value::Boolean(_)) => {
            let (section, key) = (section.name, key.name);
            return Err(format!("`{section}.{key}` has to be a text: put it in quotes"));
        }
        (Kind::Text, Value::String(text)) => {
            Value::String(python::value(section.name, key.name, &text).to_owned())
        }
        (_, value) => value,
    };
    match raw::take(section, key, value.clone()) {
        Ok(()) => Ok(value),
        // The reason may hold the value, which may be a secret in the wrong place.
        Err(_) => Err(format!("`{}.{}` has to be {}", section.name, key.name, key.kind.wanted())),
    }
}

/// What stands at a place of the file.
fn written(text: &str, span: Span) -> String {
    let [skipped, taken] = [span.offset(), span.len()].map(|n| usize::try_from(n).unwrap_or(0));
    text.chars().skip(skipped).take(taken).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::config::Config;

    fn resolve(text: &str) -> Result<Config, ConfigError> {
        document("a.yaml", text)?.resolve("a.yaml", &|_| None).map(|traced| traced.config)
    }

    fn refusal(text: &str) -> String {
        resolve(text).unwrap_err().to_string()
    }

    #[test]
    fn a_file_of_lithops_is_read_and_what_is_pythons_alone_is_told() {
        let config = resolve(
            "lithops:\n  backend: code_engine\n  storage: ibm_cos\n  execution_timeout: 900\n  \
             log_level: DEBUG\n  include_modules: [numpy]\n\nlocalhost:\n\nibm:\n  \
             iam_api_key: s3cr3t\n  region: eu-de\ncode_engine:\n  runtime_cpu: 1\n  \
             docker_password: 1234\nibm_cos:\n  storage_bucket: jobs\n  access_key: a\n  \
             secret_key: s3cr3t\nk8s:\n  cpu: 1\n",
        )
        .unwrap();
        assert_eq!(
            (config.backend.as_str(), config.storage.as_deref()),
            ("code_engine", Some("ibm_cos"))
        );
        assert_eq!(config.jobs.execution_timeout.unwrap().as_secs(), 900);
        assert_eq!(config.code_engine.runtime_cpu, Some(1.0));
        assert_eq!(config.code_engine.docker_password.as_ref().unwrap().expose(), "1234");
        let cos = config.storages.ibm_cos.as_ref().unwrap();
        assert_eq!(cos.access_key_id.as_deref(), Some("a"));
        assert_eq!(cos.secret_access_key.as_ref().unwrap().expose(), "s3cr3t");
        let told: Vec<&str> = config.notes.iter().map(|note| note.what.as_str()).collect();
        assert_eq!(told, ["[k8s]", "lithops.include_modules", "lithops.log_level"]);
        assert!(config.notes.iter().all(|note| !note.why.is_empty()));
    }

    #[test]
    fn what_a_provider_says_is_taken_by_its_storage_unless_that_says_it() {
        let text = "aws:\n  region: a\n  access_key_id: k\naws_s3:\n  region: b\n";
        let section = resolve(text).unwrap().storages.aws_s3.unwrap();
        assert_eq!(
            (section.region.as_deref(), section.access_key_id.as_deref()),
            (Some("b"), Some("k"))
        );
        let config = resolve("lithops:\n  storage: localhost").unwrap();
        assert_eq!(config.storage.as_deref(), Some("file"));
    }

    #[test]
    fn what_is_written_as_toml_says_the_same() {
        let text = "lithops:\n  backend: code_engine\n  log_level: DEBUG\nlocalhost:\nibm:\n  \
                    iam_api_key: 's3c\"r3t'\ncode_engine:\n  runtime_cpu: 0.5\n  launcher: true\n\
                    containers:\n  volumes: [\"/a:/b\"]\n  environment: {A: b}\n";
        let written = to_toml("a.yaml", text).unwrap();
        let read = Config::resolve("a.yaml", &written, |_| None).unwrap();
        assert_eq!(read, Config { notes: Vec::new(), ..resolve(text).unwrap() });
        assert_eq!(read.ibm.iam_api_key.unwrap().expose(), "s3c\"r3t");
        let left_out = "# From `a.yaml`, a file of Lithops for Python.\n#\n# Left out, for it has nothing \
                        to do here:\n# - `lithops.log_level`: ";
        assert!(written.starts_with(left_out), "{written}");
        assert!(!written.contains("[localhost]"), "{written}");
    }

    #[test]
    fn an_empty_file_says_nothing() {
        for text in ["", "# lithops:\n\n  # backend: x\n", "lithops:\n"] {
            let config = resolve(text).unwrap();
            assert_eq!(config, Config::default());
        }
    }

    #[test]
    fn a_key_or_section_that_no_lithops_knows_is_refused_with_the_nearest_name() {
        let told = refusal("lithops:\n  bakend: x");
        assert!(told.starts_with("a.yaml: unknown key `bakend` in `lithops`, expected one of "));
        assert!(told.ends_with("; did you mean `backend`?"), "{told}");
        let told = refusal("code_engin:\n  region: x");
        assert!(
            told.starts_with("a.yaml: unknown section `code_engin`, expected one of `lithops`")
        );
        assert!(told.ends_with("; did you mean `code_engine`?"), "{told}");
    }

    #[test]
    fn a_secret_of_digits_is_the_text_that_is_written() {
        let key = |said: &str| {
            let text = format!("# é\nredis: {{db: 1}}\nibm:\n  iam_api_key: {said}");
            resolve(&text).map(|config| config.ibm.iam_api_key.unwrap().expose().to_owned())
        };
        for said in ["1234", "-5", "1234 # so", "0", "\"0o17\"", "'007'", "12\n"] {
            let expected = said.split([' ', '\n']).next().unwrap().trim_matches(['"', '\'']);
            assert_eq!(key(said).unwrap(), expected);
        }
        let text = "redis: {password: 123, db: 1}\nibm: &a\n  iam_api_key: 45\n";
        let config = resolve(text).unwrap();
        assert_eq!(config.storages.redis.unwrap().password.unwrap().expose(), "123");
        assert_eq!(config.ibm.iam_api_key.unwrap().expose(), "45");
    }

    #[test]
    fn a_mistake_shows_no_value() {
        for (text, told) in [
            ("ibm:\n  iam_api_key: [s3cr3t]", "a.yaml: `ibm.iam_api_key` has to be a text"),
            ("redis:\n  port: s3cr3t", "a.yaml: `redis.port` has to be a whole number"),
            (
                "redis:\n  password: 0o17",
                "a.yaml: `redis.password` has to be a text: put it in quotes",
            ),
            (
                "redis:\n  password: 007",
                "a.yaml: `redis.password` has to be a text: put it in quotes",
            ),
            (
                "redis:\n  password: true",
                "a.yaml: `redis.password` has to be a text: put it in quotes",
            ),
            (
                "redis:\n  password: 0x1f",
                "a.yaml: `redis.password` has to be a text: put it in quotes",
            ),
            (
                "redis:\n  password: 1_000",
                "a.yaml: `redis.password` has to be a text: put it in quotes",
            ),
            ("ibm: s3cr3t", "a.yaml: line 1: this is no YAML of sections"),
            ("ibm:\n  iam_api_key: \"s3cr3t", "a.yaml: line 2: this is no YAML of sections"),
            ("ibm:\n  region: a\n  region: s3cr3t", "a.yaml: line 3: this is no YAML of sections"),
        ] {
            let error = resolve(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
            assert!(error.to_string().starts_with(told), "{error}");
        }
    }
}
