//! Environment variables of jobs and runs.

use serde::{Deserialize, Serialize};

use super::Invalid;
use super::name::{KEY, PREFIX, SUBDOMAIN};

/// The most characters of a value.
pub(super) const LONGEST_VALUE: usize = 1_048_576;

/// One entry of `run_env_variables`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Variable {
    /// What kind of entry it is; a literal if nothing is said.
    #[serde(rename = "type", default)]
    pub(crate) kind: VariableKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
}

/// Where the value comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VariableKind {
    #[default]
    Literal,
    ConfigMapKeyReference,
    SecretKeyReference,
    ConfigMapFullReference,
    SecretFullReference,
}

impl Variable {
    /// Checks one entry. What its kind doesn't use is ignored, as Code Engine does.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        use VariableKind as Kind;

        match self.kind {
            Kind::Literal => {
                self.check_name()?;
                let value = self.value.as_deref().unwrap_or_default();
                if value.chars().count() > LONGEST_VALUE {
                    let why = format!("more than {LONGEST_VALUE} characters");
                    return Err(Invalid::value("run_env_variables.value", why));
                }
            }
            Kind::ConfigMapKeyReference | Kind::SecretKeyReference => {
                self.check_name()?;
                self.check_reference()?;
                let field = "run_env_variables.key";
                KEY.check(field, self.key.as_deref().ok_or(Invalid::Missing(field))?)?;
            }
            Kind::ConfigMapFullReference | Kind::SecretFullReference => {
                self.check_reference()?;
                // An empty one is none.
                if let Some(prefix) = self.prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
                    PREFIX.check("run_env_variables.prefix", prefix)?;
                }
            }
        }
        Ok(())
    }

    fn check_name(&self) -> Result<(), Invalid> {
        let field = "run_env_variables.name";
        KEY.check(field, self.name.as_deref().ok_or(Invalid::Missing(field))?)
    }

    fn check_reference(&self) -> Result<(), Invalid> {
        let field = "run_env_variables.reference";
        SUBDOMAIN.check(field, self.reference.as_deref().ok_or(Invalid::Missing(field))?)
    }

    fn is_full(&self) -> bool {
        let full = [VariableKind::ConfigMapFullReference, VariableKind::SecretFullReference];
        full.contains(&self.kind)
    }

    /// Whether one of them takes the place of the other.
    fn same_variable(&self, other: &Self) -> bool {
        match (self.is_full(), other.is_full()) {
            (true, true) => {
                self.kind == other.kind
                    && self.reference == other.reference
                    && self.prefix == other.prefix
            }
            (false, false) => self.name == other.name,
            _ => false,
        }
    }
}

/// The variables of a run: those of its job, each replaced by the run's of the same name, then what
/// the run adds.
pub(crate) fn merged(job: &[Variable], run: &[Variable]) -> Vec<Variable> {
    let kept = job.iter().filter(|old| !run.iter().any(|new| new.same_variable(old)));
    kept.chain(run).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(name: &str, value: &str) -> Variable {
        Variable {
            kind: VariableKind::Literal,
            name: Some(name.to_owned()),
            value: Some(value.to_owned()),
            key: None,
            prefix: None,
            reference: None,
        }
    }

    #[test]
    fn a_run_replaces_variables_of_its_job_by_name() {
        let job = [literal("A", "a"), literal("B", "b")];
        let run = [literal("B", "BB"), literal("C", "c")];
        let expected = [literal("A", "a"), literal("B", "BB"), literal("C", "c")];
        assert_eq!(merged(&job, &run), expected);
    }

    #[test]
    fn what_a_kind_does_not_use_is_ignored() {
        let mut variable = literal("A", "a");
        variable.key = Some("not a key".to_owned());
        variable.reference = Some("NOT A REFERENCE".to_owned());
        assert_eq!(variable.check(), Ok(()));
        variable.kind = VariableKind::SecretKeyReference;
        assert!(variable.check().is_err());
        variable.reference = None;
        let missing = Err(Invalid::Missing("run_env_variables.reference"));
        assert_eq!(variable.check(), missing);
    }
}
