//! What the file says, key by key.

use std::path::PathBuf;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, Deserializer, Error};
use toml::{Spanned, Table, Value};

use super::keys::{self, Key, Kind, Section};
use super::{
    AzureSection, CodeEngineSection, ContainersSection, CosSection, GcpSection, IbmSection,
    RedisSection, S3Section, StorageSections,
};

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConfig {
    pub(super) lithops: RawLithops,
    pub(super) localhost: RawLocalhost,
    pub(super) file: RawFile,
    pub(super) code_engine: CodeEngineSection,
    pub(super) containers: ContainersSection,
    pub(super) ibm: IbmSection,
    aws_s3: Option<S3Section>,
    ibm_cos: Option<CosSection>,
    minio: Option<S3Section>,
    ceph: Option<S3Section>,
    gcp_storage: Option<GcpSection>,
    azure_storage: Option<AzureSection>,
    redis: Option<RedisSection>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLithops {
    pub(super) backend: Option<String>,
    pub(super) storage: Option<String>,
    pub(super) progress: Option<bool>,
    pub(super) journal: Option<bool>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) retries: Option<u32>,
    pub(super) worker_deaths: Option<u32>,
    pub(super) backoff: Option<f64>,
    pub(super) execution_timeout: Option<u64>,
    pub(super) start_bound: Option<u64>,
    pub(super) silence_bound: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLocalhost {
    pub(super) worker_processes: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawFile {
    pub(super) root: Option<PathBuf>,
}

impl RawConfig {
    pub(super) fn storages(&mut self) -> StorageSections {
        StorageSections {
            aws_s3: self.aws_s3.take(),
            ibm_cos: self.ibm_cos.take(),
            minio: self.minio.take(),
            ceph: self.ceph.take(),
            gcp_storage: self.gcp_storage.take(),
            azure_storage: self.azure_storage.take(),
            redis: self.redis.take(),
        }
    }
}

/// Whether the structure of a key's section takes this value.
pub(super) fn take(section: &Section, key: &Key, value: Value) -> Result<(), Error> {
    let alone = |name: &str, value| Value::Table(Table::from_iter([(name.to_owned(), value)]));
    let keys = alone(key.name, value);
    match keys::declared(section.name) {
        Some(declared) => declared.takes(keys),
        None => RawConfig::deserialize(alone(section.name, keys)).map(drop),
    }
}

/// Whether the structures of all sections take what a file says; the error tells where they don't.
///
/// Sections that this program was built without are passed over.
pub(super) fn take_file(file: Spanned<DeTable<'_>>) -> Result<(), Error> {
    let span = file.span();
    let mut own = DeTable::new();
    for (name, keys) in file.into_inner() {
        match keys::declared(name.get_ref()) {
            Some(declared) => declared.takes_lines(keys)?,
            None if keys::left_out(name.get_ref()).is_some() => {}
            None => drop(own.insert(name, keys)),
        }
    }
    RawConfig::deserialize(Deserializer::from(Spanned::new(span, own))).map(drop)
}

/// The number of the line that this place of the text is in.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Says what is wrong and in which line, without the line itself and without a value that may be a
/// secret.
pub(super) fn explain(text: &str, error: &Error) -> String {
    let Some(span) = error.span() else { return error.message().to_owned() };
    let line = line(text, span.start);
    let wanted = DeTable::parse(text).ok().and_then(|file| wanted(file.get_ref(), span.start));
    format!("line {line}: {}", wanted.unwrap_or_else(|| error.message().to_owned()))
}

/// What the value at this place has to be; nothing if the place is no value, or if the value is a
/// number where one belongs: then the error tells its limit.
fn wanted(file: &DeTable<'_>, at: usize) -> Option<String> {
    for (section_name, said) in file {
        let section_name = section_name.get_ref();
        let DeValue::Table(said) = said.get_ref() else {
            if said.span().contains(&at) {
                return Some(format!("`{section_name}` has to be a section with keys"));
            }
            continue;
        };
        for (name, value) in said {
            if !holds(value, at) {
                continue;
            }
            let key = keys::section(section_name).and_then(|section| section.key(name.get_ref()));
            let is_number = matches!(value.get_ref(), DeValue::Integer(_) | DeValue::Float(_));
            let wanted = match key.map(|key| key.kind) {
                Some(Kind::Count | Kind::Number) if is_number => return None,
                Some(kind) => kind.wanted(),
                None => "something else",
            };
            return Some(format!("`{section_name}.{}` has to be {wanted}", name.get_ref()));
        }
    }
    None
}

/// Whether this place is in the value: a table's own span may be that of its header alone.
fn holds(value: &Spanned<DeValue<'_>>, at: usize) -> bool {
    value.span().contains(&at)
        || match value.get_ref() {
            DeValue::Table(table) => table.values().any(|value| holds(value, at)),
            DeValue::Array(items) => items.iter().any(|value| holds(value, at)),
            _ => false,
        }
}
