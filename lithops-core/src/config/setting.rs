//! Settings one by one: what holds, and who has said it.

use toml::{Table, Value};

use super::Config;
use super::environment::Variables;
use super::keys::{self, Key, Kind, Section};

/// What stands for a secret.
pub(super) const HIDDEN: &str = "***";

/// Settings, and where each is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// The settings.
    pub config: Config,
    /// Each key of [`sections`](keys::sections), in that order.
    pub settings: Vec<Setting>,
}

/// One key: what holds, and who has said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its section.
    pub section: &'static Section,
    /// The key.
    pub key: &'static Key,
    /// Its value, `***` for a secret; `None` if nothing is said and there is no default.
    pub value: Option<String>,
    /// Who has said it.
    pub origin: Origin,
}

/// Who has said a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: it is the default.
    Default,
    /// The configuration file.
    File,
    /// This environment variable.
    Environment(String),
}

/// Something in a file that holds nothing here, though it is no mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What: a section, or a section and a key.
    pub what: String,
    /// Why it holds nothing, and what to say instead if there is something.
    pub why: String,
}

impl Note {
    /// That a section holds nothing in this program, which was built without what it is about; `None`
    /// for one that is here, and for one that nobody knows.
    pub(super) fn of_left_out(section: &str) -> Option<Self> {
        let feature = keys::left_out(section)?;
        let why = format!("it comes with the feature `{feature}`, which this build lacks");
        Some(Self { what: format!("[{section}]"), why })
    }
}

/// Each key: what `table` says, where the variables that were `heard` are in it already.
pub(super) fn settings(table: &Table, heard: &Variables) -> Vec<Setting> {
    let sections = keys::sections();
    let keys =
        sections.into_iter().flat_map(|section| section.keys.iter().map(move |key| (section, key)));
    keys.map(|(section, key)| {
        let names = std::iter::once(&key.name).chain(key.other_names);
        let said = table
            .get(section.name)
            .and_then(|section| names.into_iter().find_map(|name| section.get(name)));
        let origin = match (heard.get(&(section.name, key.name)), said) {
            (Some(variable), _) => Origin::Environment(variable.clone()),
            (None, Some(_)) => Origin::File,
            (None, None) => Origin::Default,
        };
        let default = || Some(key.default).filter(|text| !text.is_empty()).map(str::to_owned);
        let value = said.map(|value| shown(key.kind, value)).or_else(default);
        Setting { section, key, value, origin }
    })
    .collect()
}

/// A value as it may be seen: nothing of a secret, nor of a map's values.
pub(super) fn shown(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Secret, _) => HIDDEN.to_owned(),
        (_, Value::String(text)) => without_password(text),
        (_, Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| shown(kind, item)).collect();
            items.join(", ")
        }
        // Of an environment nobody knows what is a secret.
        (_, Value::Table(pairs)) => {
            let names: Vec<String> = pairs.keys().map(|name| format!("{name}={HIDDEN}")).collect();
            names.join(", ")
        }
        (_, Value::Integer(number)) => number.to_string(),
        (_, Value::Float(number)) => number.to_string(),
        (_, Value::Boolean(switch)) => switch.to_string(),
        (_, Value::Datetime(time)) => time.to_string(),
    }
}

/// An address without the user and password that somebody may have put into it.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{HIDDEN}{}", &rest[at..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn traced(text: &str, variables: &[(&str, &str)]) -> Traced {
        let environment = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::resolve_traced("lithops.toml", text, environment).unwrap()
    }

    fn setting(traced: &Traced, section: &str, key: &str) -> (Option<String>, Origin) {
        let of = |setting: &&Setting| setting.section.name == section && setting.key.name == key;
        let found = traced.settings.iter().find(of).unwrap();
        (found.value.clone(), found.origin.clone())
    }

    #[test]
    fn each_setting_tells_who_has_said_it() {
        let text = "[lithops]\nbackend = \"threads\"\n[redis]\nport = 1";
        let traced = traced(text, &[("LITHOPS_REDIS_PORT", "2")]);
        let of = |section, key| setting(&traced, section, key);
        assert_eq!(of("lithops", "backend"), (Some("threads".to_owned()), Origin::File));
        let variable = Origin::Environment("LITHOPS_REDIS_PORT".to_owned());
        assert_eq!(of("redis", "port"), (Some("2".to_owned()), variable));
        assert_eq!(of("redis", "db"), (Some("0".to_owned()), Origin::Default));
        assert_eq!(of("ibm", "region"), (None, Origin::Default));
        let keys: usize = keys::sections().iter().map(|section| section.keys.len()).sum();
        assert_eq!(traced.settings.len(), keys);
    }

    #[test]
    fn no_secret_is_shown_whoever_has_said_it() {
        let text = "[ibm_cos]\niam_api_key = \"s3cr3t\"\nendpoint = \"https://u:s3cr3t@x/y\"\n\
                    [containers]\nenvironment = { TOKEN = \"s3cr3t\" }";
        let traced = traced(text, &[("LITHOPS_REDIS_PASSWORD", "s3cr3t")]);
        assert!(!format!("{:?}", traced.settings).contains("s3cr3t"));
        let of = |section, key| setting(&traced, section, key).0.unwrap();
        assert_eq!(of("ibm_cos", "api_key"), "***");
        assert_eq!(of("ibm_cos", "endpoint"), "https://***@x/y");
        assert_eq!(of("containers", "environment"), "TOKEN=***");
        assert_eq!(of("redis", "password"), "***");
    }
}
