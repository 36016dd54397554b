//! What environment variables say: each key by its own, over what the file says.

use std::collections::BTreeMap;
use std::ffi::OsString;

use toml::{Table, Value};

use super::keys::{Key, Kind, Section, section, sections};
use super::near::near;
use super::setting::HIDDEN;
use super::{ConfigError, raw};

/// The bucket of whichever storage jobs use.
const STORAGE_BUCKET: &str = "LITHOPS_STORAGE_BUCKET";

/// Which variable has said a key, by section and key.
pub(super) type Variables = BTreeMap<(&'static str, &'static str), String>;

/// Puts what the environment says over `table`; gives which variables have been heard.
pub(super) fn overlay(
    table: &mut Table,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Variables, ConfigError> {
    let mut heard = Variables::new();
    for section in sections() {
        for key in section.keys {
            let names = section.variables(key);
            let said = names.into_iter().find_map(|name| {
                let text = environment(&name)?;
                (!is_of_kubernetes(&name, &text)).then_some((text, name))
            });
            if let Some((text, variable)) = said {
                let value = value(section, key, &variable, &text)?;
                set(table, section, key, value);
                heard.insert((section.name, key.name), variable);
            }
        }
    }
    if let Some(bucket) = environment(STORAGE_BUCKET)
        && let Some((section, key)) = bucket_in_use(table)
        && !heard.contains_key(&(section.name, key.name))
    {
        set(table, section, key, Value::String(bucket));
        heard.insert((section.name, key.name), STORAGE_BUCKET.to_owned());
    }
    Ok(heard)
}

/// The bucket's key in the section of the storage that jobs use; nothing if that has none.
fn bucket_in_use(table: &Table) -> Option<(&'static Section, &'static Key)> {
    let storage = table.get("lithops")?.get("storage")?.as_str()?;
    let section = section(if storage == "s3" { "aws_s3" } else { storage })?;
    Some((section, section.key("storage_bucket")?))
}

/// Puts a value in the place of what `table` says, by whichever name.
fn set(table: &mut Table, section: &Section, key: &Key, value: Value) {
    let place = table.entry(section.name).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(place) = place {
        for other in key.other_names {
            place.remove(*other);
        }
        place.insert(key.name.to_owned(), value);
    }
}

/// What a variable says, as its key takes it.
fn value(section: &Section, key: &Key, variable: &str, text: &str) -> Result<Value, ConfigError> {
    // Of a map nobody knows what is a secret.
    let is_shown = !matches!(key.kind, Kind::Map | Kind::Secret);
    let invalid = |reason: String| ConfigError::Invalid {
        key: variable.to_owned(),
        value: format!("`{}`", if is_shown { text } else { HIDDEN }),
        reason,
    };
    let value = parsed(key.kind, text)
        .ok_or_else(|| invalid(format!("it must be {}", in_words(key.kind))))?;
    // A number may be of the right kind, and too large for its place.
    match raw::take(section, key, value.clone()) {
        Ok(()) => Ok(value),
        Err(error) if is_shown => Err(invalid(error.message().to_owned())),
        Err(_) => Err(invalid(format!("it must be {}", in_words(key.kind)))),
    }
}

fn parsed(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Text | Kind::Path | Kind::Secret => Some(Value::String(text.to_owned())),
        Kind::Number => text.trim().parse().ok().map(Value::Float),
        Kind::Count => {
            let count: i64 = text.trim().parse().ok()?;
            (count >= 0).then_some(Value::Integer(count))
        }
        Kind::Switch => match text.trim() {
            "true" | "yes" => Some(Value::Boolean(true)),
            "false" | "no" => Some(Value::Boolean(false)),
            _ => None,
        },
        Kind::List => Some(Value::Array(items(text).map(|item| item.to_owned().into()).collect())),
        Kind::Map => {
            let pairs = items(text).map(|item| {
                let (name, value) = item.split_once('=')?;
                (!name.is_empty()).then(|| (name.to_owned(), Value::String(value.to_owned())))
            });
            pairs.collect::<Option<Table>>().map(Value::Table)
        }
    }
}

/// What stands between commas.
fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Count => "a whole number from 0 on",
        Kind::Map => "`NAME=VALUE`, with commas between several",
        kind => kind.wanted(),
    }
}

/// Whether Kubernetes has set this variable, for a service that is called like a section.
///
/// It does so in every container of the service's namespace.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    // `.._PORT_6379_TCP` and what follows it.
    let has_port = |(_, rest): (&str, &str)| {
        rest.split_once('_').is_some_and(|(number, _)| number.parse::<u16>().is_ok())
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || name.split_once("_PORT_").is_some_and(has_port)
        || (name.ends_with("_PORT")
            && ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme)))
}

/// Refuses variables that say a key of a section which that section does not have, and those whose
/// values are no Unicode: nobody would hear them.
///
/// Those that name no section are others' affair, or this library's own.
pub(super) fn refuse_unknown(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<(), ConfigError> {
    let sections = sections();
    let known: Vec<String> =
        sections.iter().flat_map(|s| s.keys.iter().flat_map(|key| s.variables(key))).collect();
    for (name, value) in variables {
        // Names that are no Unicode name no key.
        let Ok(name) = name.into_string() else { continue };
        if is_of_kubernetes(&name, &value.to_string_lossy()) {
            continue;
        }
        if value.to_str().is_none() && (known.contains(&name) || name == STORAGE_BUCKET) {
            let (value, reason) = ("no Unicode".to_owned(), "say it in UTF-8".to_owned());
            return Err(ConfigError::Invalid { key: name, value, reason });
        }
        let of_a_section = sections.iter().any(|section| {
            let rest = name.strip_prefix("LITHOPS_");
            let rest = rest.and_then(|rest| rest.strip_prefix(&section.name.to_uppercase()));
            rest.is_some_and(|rest| rest.starts_with('_'))
        });
        if of_a_section && !known.contains(&name) {
            let near = near(&name, known.iter().map(String::as_str));
            let near = near.into_iter().map(str::to_owned).collect();
            return Err(ConfigError::UnknownVariable { name, near });
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::config::Config;

    use super::*;

    fn resolve(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::resolve("lithops.toml", text, |name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_key_of_the_table_can_be_said_by_its_variables() {
        for section in sections() {
            for key in section.keys {
                let text = match key.kind {
                    Kind::Text | Kind::Path | Kind::Secret => "said",
                    Kind::Number => "0.5",
                    Kind::Count => "7",
                    Kind::Switch => "true",
                    Kind::List => "a:/a,b:/b:ro",
                    Kind::Map => "A=1,B=x=y",
                };
                for variable in section.variables(key) {
                    let mut table = Table::new();
                    let environment = |name: &str| (name == variable).then(|| text.to_owned());
                    let heard = overlay(&mut table, &environment).unwrap();
                    assert_eq!(heard[&(section.name, key.name)], variable);
                    let said = &table[section.name][key.name];
                    assert_eq!(Some(said.clone()), parsed(key.kind, text), "{variable}");
                    raw::take(section, key, said.clone()).unwrap();
                }
            }
        }
    }

    #[test]
    fn a_variable_goes_before_the_file_by_whichever_name_that_calls_the_key() {
        let text = "[ibm_cos]\niam_api_key = \"file\"\n[code_engine]\nruntime_cpu = 1";
        let variables = [
            ("LITHOPS_IBM_COS_API_KEY", "variable"),
            ("LITHOPS_CODE_ENGINE_RUNTIME_CPU", "0.5"),
            ("LITHOPS_CONTAINERS_VOLUMES", "/a:/b, /c:/d:ro"),
            ("LITHOPS_CONTAINERS_ENVIRONMENT", "A=1,B="),
        ];
        let config = resolve(text, &variables).unwrap();
        let key = config.storages.ibm_cos.unwrap().api_key.unwrap();
        assert_eq!(key.expose(), "variable");
        assert_eq!(config.code_engine.runtime_cpu, Some(0.5));
        assert_eq!(config.containers.volumes, ["/a:/b", "/c:/d:ro"]);
        let environment: Vec<_> = config.containers.environment.into_iter().collect();
        assert_eq!(environment, [("A", "1"), ("B", "")].map(|(n, v)| (n.into(), v.into())));
    }

    #[test]
    fn the_variable_of_a_storage_goes_before_that_of_any_bucket() {
        let text = "[lithops]\nstorage = \"s3\"\n[aws_s3]\nstorage_bucket = \"file\"";
        let bucket = |variables: &[(&str, &str)]| {
            resolve(text, variables).unwrap().storages.aws_s3.unwrap().storage_bucket.unwrap()
        };
        let (any, own) = ("LITHOPS_STORAGE_BUCKET", "LITHOPS_AWS_S3_STORAGE_BUCKET");
        assert_eq!(bucket(&[]), "file");
        assert_eq!(bucket(&[(any, "any")]), "any");
        assert_eq!(bucket(&[(any, "any"), (own, "own")]), "own");
    }

    #[test]
    fn a_wrong_value_is_refused_by_the_name_of_its_variable() {
        for (variable, value, reason) in [
            ("LITHOPS_PROGRESS", "perhaps", "it must be `true` or `false`"),
            ("LITHOPS_CODE_ENGINE_RUNTIME_CPU", "half", "it must be a number"),
            ("LITHOPS_REDIS_DB", "-1", "it must be a whole number from 0 on"),
            ("LITHOPS_REDIS_PORT", "99999", "invalid value: integer `99999`, expected u16"),
        ] {
            let error = resolve("", &[(variable, value)]).unwrap_err();
            let expected = format!("`{variable}` is `{value}`: {reason}");
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn a_wrong_map_does_not_show_the_values_in_it() {
        let variable = ("LITHOPS_CONTAINERS_ENVIRONMENT", "TOKEN=s3cr3t,extra");
        let error = resolve("", &[variable]).unwrap_err();
        let told = "`LITHOPS_CONTAINERS_ENVIRONMENT` is `***`: it must be `NAME=VALUE`, with commas \
                    between several";
        assert_eq!(error.to_string(), told);
        assert!(!format!("{error:?}").contains("s3cr3t"));
    }

    #[test]
    fn what_kubernetes_says_of_services_is_left_alone() {
        let injected = [
            ("LITHOPS_REDIS_SERVICE_HOST", "10.0.0.1"),
            ("LITHOPS_REDIS_SERVICE_PORT", "6379"),
            ("LITHOPS_REDIS_SERVICE_PORT_CLIENTS", "6379"),
            ("LITHOPS_REDIS_PORT", "tcp://10.0.0.1:6379"),
            ("LITHOPS_REDIS_PORT_6379_TCP", "tcp://10.0.0.1:6379"),
            ("LITHOPS_REDIS_PORT_6379_TCP_PORT", "6379"),
            ("LITHOPS_REDIS_PORT_6379_TCP_ADDR", "10.0.0.1"),
        ];
        assert_eq!(refuse_unknown(injected.map(|(n, v)| (n.into(), v.into())).into_iter()), Ok(()));
        let config = resolve("[redis]\nport = 7", &injected).unwrap();
        assert_eq!(config.storages.redis.unwrap().port, Some(7));
        let error = resolve("", &[("LITHOPS_REDIS_PORT", "http://x")]).unwrap_err();
        assert!(error.to_string().starts_with("`LITHOPS_REDIS_PORT` is `http://x`: "), "{error}");
    }

    #[test]
    fn a_variable_of_a_key_that_is_no_unicode_is_refused() {
        use std::os::unix::ffi::OsStringExt;
        let refused = |name: &str| {
            refuse_unknown(std::iter::once((name.into(), OsString::from_vec(vec![b'a', 0xff]))))
        };
        for name in ["LITHOPS_BACKEND", "LITHOPS_REDIS_PASSWORD", "LITHOPS_STORAGE_BUCKET"] {
            let told = format!("`{name}` is no Unicode: say it in UTF-8");
            assert_eq!(refused(name).unwrap_err().to_string(), told);
        }
        assert_eq!(refused("LITHOPS_CONFIG"), Ok(()));
    }

    #[test]
    fn a_variable_that_names_a_section_but_no_key_of_it_is_refused_with_the_nearest_name() {
        let refused = |name: &str| refuse_unknown(std::iter::once((name.into(), "".into())));
        let error = refused("LITHOPS_CODE_ENGINE_RUNTIME_CPUS").unwrap_err();
        let near = vec!["LITHOPS_CODE_ENGINE_RUNTIME_CPU".to_owned()];
        let name = "LITHOPS_CODE_ENGINE_RUNTIME_CPUS".to_owned();
        assert_eq!(error, ConfigError::UnknownVariable { name, near });
        assert!(error.to_string().contains("did you mean `LITHOPS_CODE_ENGINE_RUNTIME_CPU`?"));
        for others in [
            "LITHOPS_CONFIG",
            "LITHOPS_WORKER_ORDER",
            "LITHOPS_WORKERS",
            "LITHOPS_STORAGE_BUCKET",
            "LITHOPS_TEST_REGISTRY",
            "LITHOPS_LAUNCH_CACHE",
            "LITHOPS_IBM_COS_REGION",
            "LITHOPS_LITHOPS_BACKEND",
            "LITHOPSX_REDIS_PORTS",
            "REDIS_PASSWORD",
        ] {
            assert_eq!(refused(others), Ok(()), "{others}");
        }
    }
}
