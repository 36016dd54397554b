//! Invariant: `lithops-core` depends on no HTTP, container or cloud crate.

use anyhow::bail;

use crate::command::{cargo, read};
use crate::steps::Steps;

/// Crates that core must not use; a name ending in `*` stands for all that begin so.
const FORBIDDEN: &[&str] = &[
    "aws-*",
    "axum",
    "bollard",
    "h2",
    "hyper",
    "hyper-*",
    "kube",
    "kube-*",
    "object_store",
    "reqwest",
    "rusoto*",
    "tonic",
];

pub(crate) fn check(steps: &mut Steps) -> anyhow::Result<()> {
    steps.run("layering", |_| {
        let tree = read(cargo([
            "tree",
            "--package",
            "lithops-core",
            "--all-features",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]))?;
        let found = forbidden_in(&tree);
        if !found.is_empty() {
            bail!("lithops-core must not depend on {}", found.join(", "));
        }
        println!("    lithops-core depends on none of {}", FORBIDDEN.join(", "));
        Ok(())
    });
    Ok(())
}

fn forbidden_in(tree: &str) -> Vec<&str> {
    let mut found: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| FORBIDDEN.iter().any(|pattern| stands_for(pattern, name)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn stands_for(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_crates_are_named_once() {
        let tree = "lithops-core v0.1.0 (/somewhere)\nhyper v1.0.0\nhyperx v1.0.0\n\
                    aws-config v1.0.0\nhyper v1.0.0 (*)\n";
        assert_eq!(forbidden_in(tree), ["aws-config", "hyper"]);
    }
}
