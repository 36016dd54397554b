//! All that an account has: projects, and the resources in them.

use std::collections::BTreeMap;
use std::time::SystemTime;

mod kind;
mod project;
mod resource;

pub(crate) use kind::Kind;
pub(crate) use project::{Life, Project};
pub(crate) use resource::{Place, Resource, Visible};

/// The account. Guarded by one lock, which is never held while the runs are asked for something:
/// they in turn ask for config maps and secrets.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) projects: BTreeMap<String, Project>,
    tags: u64,
}

impl Store {
    /// A tag that no state of a resource has had yet.
    pub(crate) fn new_tag(&mut self) -> String {
        self.tags += 1;
        format!("{}", 2_385_407_408 + self.tags)
    }

    /// A project that can be seen and was not deleted.
    pub(crate) fn project(&self, id: &str, now: SystemTime) -> Option<&Project> {
        let found = self.projects.get(id).filter(|project| project.visible.at(now));
        found.filter(|project| project.life != Life::SoftDeleted)
    }

    /// The same, to change it.
    pub(crate) fn project_mut(&mut self, id: &str, now: SystemTime) -> Option<&mut Project> {
        let found = self.projects.get_mut(id).filter(|project| project.visible.at(now));
        found.filter(|project| project.life != Life::SoftDeleted)
    }

    /// Forgets what was deleted long enough ago.
    pub(crate) fn forget_deleted(&mut self, now: SystemTime) {
        for project in self.projects.values_mut() {
            for resources in project.resources.values_mut() {
                resources.retain(|_, resource| !resource.visible.over(now));
            }
        }
    }
}
