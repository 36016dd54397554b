//! A storage's error on its way to another process.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::ports::{StorageError, StorageErrorKind};

/// How many causes of an error are told.
const DEPTH: usize = 32;
/// Names that are not known beforehand: so many are kept, up to so many bytes each.
const NAMES: usize = 64;
const NAME: usize = 64;

/// All of a [`StorageError`] that another process can be told: its causes as texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageFailure {
    /// What happened.
    #[serde(with = "KindHead")]
    pub kind: StorageErrorKind,
    /// The provider's name.
    pub store: String,
    /// The method that failed.
    pub operation: String,
    /// The key, prefix or place it was about.
    pub key: String,
    /// The texts of the provider's own error and of what is behind it, outermost first.
    pub causes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "StorageErrorKind")]
enum KindHead {
    NotFound,
    AlreadyExists,
    NoPlace,
    Changed,
    Full,
    InvalidRange,
    InvalidKey,
    Denied,
    Unavailable,
    Unsupported,
}

/// A cause that was told by another process.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct ToldCause {
    text: String,
    #[source]
    source: Option<Box<ToldCause>>,
}

impl From<&StorageError> for StorageFailure {
    fn from(error: &StorageError) -> Self {
        let first = error.source.as_deref().map(|source| source as &(dyn Error + 'static));
        let causes =
            std::iter::successors(first, |cause: &&'_ (dyn Error + 'static)| Error::source(*cause));
        Self {
            kind: error.kind,
            store: error.store.to_owned(),
            operation: error.operation.to_owned(),
            key: error.key.clone(),
            causes: causes.take(DEPTH).map(ToString::to_string).collect(),
        }
    }
}

impl From<StorageFailure> for StorageError {
    fn from(failure: StorageFailure) -> Self {
        let causes = failure.causes.into_iter().take(DEPTH).rev();
        let source = causes.fold(None, |source, text| Some(Box::new(ToldCause { text, source })));
        Self {
            kind: failure.kind,
            store: kept_name(failure.store),
            operation: kept_name(failure.operation),
            key: failure.key,
            source: source.map(|cause| cause as Box<dyn Error + Send + Sync>),
        }
    }
}

/// Names of stores and methods, kept for the rest of the process: they are few.
///
/// Another process says them, so how many are kept has a bound.
#[derive(Default)]
struct Names(BTreeSet<&'static str>);

impl Names {
    fn keep(&mut self, name: String) -> &'static str {
        if let Some(name) = self.0.get(name.as_str()) {
            return name;
        }
        if self.0.len() >= NAMES || name.len() > NAME {
            return "storage";
        }
        let name: &'static str = Box::leak(name.into_boxed_str());
        self.0.insert(name);
        name
    }
}

fn kept_name(name: String) -> &'static str {
    static KEPT: Mutex<Names> = Mutex::new(Names(BTreeSet::new()));
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).keep(name)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn an_error_arrives_with_its_kind_its_names_and_all_its_causes() {
        let error = StorageError {
            kind: StorageErrorKind::Full,
            store: "file",
            operation: "put",
            key: "a/b".to_owned(),
            source: Some(Box::new(Outer(std::io::Error::other("no space")))),
        };
        let failure = StorageFailure::from(&error);
        assert_eq!(failure.causes, ["outer", "no space"]);
        let told = StorageError::from(failure.clone());
        assert_eq!(told.to_string(), error.to_string());
        assert_eq!((told.kind, told.store, told.operation), (error.kind, "file", "put"));
        assert_eq!(told.source.as_ref().unwrap().source().unwrap().to_string(), "no space");
        assert_eq!(StorageFailure::from(&told), failure);
    }

    #[test]
    fn names_without_end_are_not_kept() {
        let mut names = Names::default();
        assert_eq!(names.keep("n".repeat(NAME + 1)), "storage");
        for number in 0..NAMES {
            assert_eq!(names.keep(format!("name {number}")), format!("name {number}"));
        }
        assert_eq!(names.keep("one more".to_owned()), "storage");
        assert_eq!(names.keep("name 0".to_owned()), "name 0");
    }
}
