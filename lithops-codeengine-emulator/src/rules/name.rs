//! Names of resources, keys and variables.

use std::sync::LazyLock;

use regex::Regex;

use super::Invalid;

/// A pattern with the longest text that it may match.
pub(crate) struct Rule {
    pattern: LazyLock<Regex>,
    longest: usize,
}

macro_rules! rule {
    ($longest:expr, $pattern:expr) => {
        Rule {
            pattern: LazyLock::new(|| Regex::new($pattern).expect("a pattern that is tested")),
            longest: $longest,
        }
    };
}

/// Names of jobs, job runs, builds and the like.
pub(crate) static RESOURCE: Rule = rule!(63, "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$");

/// Names of config maps, secrets and persistent data stores: a DNS subdomain.
pub(crate) static SUBDOMAIN: Rule =
    rule!(253, r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$");

/// Names of projects.
pub(crate) static PROJECT: Rule = rule!(128, r"^([^\x00-\x7F]|[a-zA-Z0-9\-._: ])+$");

/// Ids of resource groups.
pub(crate) static RESOURCE_GROUP: Rule = rule!(32, "^[a-z0-9]{32}$");

/// Keys in config maps and secrets, and names of environment variables.
pub(crate) static KEY: Rule = rule!(253, r"^[-._a-zA-Z0-9]+$");

/// What names of variables begin with when a whole config map or secret becomes variables.
pub(crate) static PREFIX: Rule = rule!(253, "^[a-zA-Z_][a-zA-Z0-9_]*$");

/// Images.
pub(super) static IMAGE: Rule = rule!(
    256,
    r"^([a-z0-9][a-z0-9\-_.]+[a-z0-9](:[0-9]{1,5})?[/])?([a-z0-9][a-z0-9\-_]+[a-z0-9][/])?[a-z0-9][a-z0-9\-_./]+[a-z0-9](:[\w][\w.\-]{0,127})?(@sha256:[a-fA-F0-9]{64})?$"
);

/// Where volumes are mounted.
pub(super) static MOUNT_PATH: Rule = rule!(256, r"^/([^/\x00]+/?)+$");

/// Sizes of memory and processors.
pub(super) static SIZE: Rule = rule!(10, "^([0-9.]+)([eEinumkKMGTPB]*)$");

/// Which indices a run has. No leading zero, no space.
pub(super) static ARRAY: Rule = rule!(
    253,
    r"^(?:0|[1-9][0-9]{0,6})(?:-(?:0|[1-9][0-9]{0,6}))?(?:,(?:0|[1-9][0-9]{0,6})(?:-(?:0|[1-9][0-9]{0,6}))?)*$"
);

impl Rule {
    /// Checks the value of a field.
    pub(crate) fn check(&self, field: &'static str, value: &str) -> Result<(), Invalid> {
        if value.is_empty() || value.chars().count() > self.longest {
            let why = format!("it must have 1 to {} characters", self.longest);
            return Err(Invalid::value(field, why));
        }
        if !self.pattern.is_match(value) {
            let why = format!("'{value}' does not match {}", self.pattern.as_str());
            return Err(Invalid::value(field, why));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(rule: &Rule, value: &str) -> bool {
        rule.check("name", value).is_ok()
    }

    #[test]
    fn names_of_resources_are_labels_of_dns() {
        for good in ["a", "a-b", "0", &"a".repeat(63)] {
            assert!(matches(&RESOURCE, good), "{good}");
        }
        for wrong in ["", "-a", "a-", "A", "a_b", "a.b", &"a".repeat(64)] {
            assert!(!matches(&RESOURCE, wrong), "{wrong}");
        }
        assert!(matches(&SUBDOMAIN, "a.b-c.d"));
        assert!(!matches(&SUBDOMAIN, "a..b"));
    }

    #[test]
    fn every_pattern_compiles() {
        for rule in [&PROJECT, &RESOURCE_GROUP, &KEY, &PREFIX, &MOUNT_PATH, &SIZE] {
            assert!(!matches(rule, ""));
        }
        assert!(matches(&PROJECT, "Ein Projekt: ä"));
        assert!(matches(&MOUNT_PATH, "/mnt/job"));
        assert!(!matches(&MOUNT_PATH, "mnt"));
    }
}
