//! Failures by their kind.

use std::collections::BTreeMap;

use lithops_core::wire::JobRecord;

/// Calls that failed in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureGroup {
    /// One word for the cause, such as `panicked`.
    pub kind: String,
    /// How many calls.
    pub calls: u32,
    /// The first of them by index.
    pub first: u32,
    /// What was said of that one.
    pub message: String,
}

/// The failures of a job, grouped by kind: the most frequent first, then by name.
pub fn failure_groups(record: &JobRecord) -> Vec<FailureGroup> {
    let mut groups: BTreeMap<&str, FailureGroup> = BTreeMap::new();
    for call in &record.calls {
        let Some(failure) = &call.failure else { continue };
        let (kind, first) = (failure.kind.clone(), call.index);
        let group = groups.entry(&failure.kind).or_insert_with(|| FailureGroup {
            kind,
            calls: 0,
            first,
            message: failure.message.clone(),
        });
        group.calls += 1;
        if call.index < group.first {
            (group.first, group.message) = (call.index, failure.message.clone());
        }
    }
    let mut groups: Vec<FailureGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.calls));
    groups
}
