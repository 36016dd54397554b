//! A project: the resources that belong together.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::json;

use super::{Kind, Resource, Visible};
use crate::clock::timestamp;
use crate::rules::Fields;

/// A project of the account.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) resource_group: String,
    pub(crate) created: SystemTime,
    pub(crate) life: Life,
    pub(crate) visible: Visible,
    pub(crate) resources: BTreeMap<Kind, BTreeMap<String, Resource>>,
}

/// Where a project is on its way from creation to deletion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Life {
    /// It can be used from then on.
    ActiveFrom(SystemTime),
    /// It never gets beyond its creation.
    Stuck,
    /// Its creation fails at that time.
    FailedFrom(SystemTime),
    /// It was deleted. Its name stays taken.
    SoftDeleted,
}

impl Project {
    /// The status as Code Engine names it.
    pub(crate) fn status(&self, now: SystemTime) -> &'static str {
        match self.life {
            Life::ActiveFrom(from) if now >= from => "active",
            Life::FailedFrom(from) if now >= from => "creation_failed",
            Life::ActiveFrom(_) | Life::FailedFrom(_) | Life::Stuck => "creating",
            Life::SoftDeleted => "soft_deleted",
        }
    }

    pub(crate) fn is_active(&self, now: SystemTime) -> bool {
        matches!(self.life, Life::ActiveFrom(from) if now >= from)
    }

    /// The project as JSON.
    pub(crate) fn shown(&self, url: &str, region: &str, now: SystemTime) -> Fields {
        let Self { id, name, account, resource_group, .. } = self;
        let crn = format!("crn:v1:bluemix:public:codeengine:{region}:a/{account}:{id}::");
        let shown = json!({
            "account_id": account,
            "created_at": timestamp(self.created),
            "crn": crn,
            "href": format!("{url}/v2/projects/{id}"),
            "id": id,
            "name": name,
            "region": region,
            "resource_group_id": resource_group,
            "resource_type": "project_v2",
            "status": self.status(now),
        });
        crate::rules::fields(&shown)
    }

    /// The resources of a kind, deleted ones that can still be seen among them.
    pub(crate) fn all(&self, kind: Kind) -> impl Iterator<Item = &Resource> {
        self.resources.get(&kind).into_iter().flat_map(BTreeMap::values)
    }

    /// A resource that can be seen.
    pub(crate) fn get(&self, kind: Kind, key: &str, now: SystemTime) -> Option<&Resource> {
        self.resources.get(&kind)?.get(key).filter(|resource| resource.is_seen(now))
    }

    /// The same, to change it.
    pub(crate) fn get_mut(
        &mut self,
        kind: Kind,
        key: &str,
        now: SystemTime,
    ) -> Option<&mut Resource> {
        let resources = self.resources.get_mut(&kind)?;
        resources.get_mut(key).filter(|resource| resource.is_seen(now))
    }
}
