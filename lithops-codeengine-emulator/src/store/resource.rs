//! One resource, and how it is shown.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::Kind;
use crate::clock::timestamp;
use crate::rules::Fields;

/// A resource of a project.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) resource_type: &'static str,
    pub(crate) created: SystemTime,
    /// Changes with each update.
    pub(crate) tag: Option<String>,
    pub(crate) fields: Fields,
    pub(crate) visible: Visible,
    /// Whether it is complete: a run is not before it was taken on.
    pub(crate) ready: bool,
}

/// When something can be seen. All at once, unless a fault makes it eventual.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visible {
    from: SystemTime,
    until: Option<SystemTime>,
}

impl Visible {
    pub(crate) fn from(now: SystemTime, hidden_for: Duration) -> Self {
        Self { from: now + hidden_for, until: None }
    }

    pub(crate) fn end(&mut self, now: SystemTime, lingers_for: Duration) {
        // A second deletion doesn't prolong it.
        self.until.get_or_insert(now + lingers_for);
    }

    pub(crate) fn at(self, now: SystemTime) -> bool {
        now >= self.from && !self.over(now)
    }

    pub(crate) fn over(self, now: SystemTime) -> bool {
        self.until.is_some_and(|until| now >= until)
    }

    pub(crate) fn is_deleted(self) -> bool {
        self.until.is_some()
    }
}

/// Where resources are, as their descriptions say it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) url: &'a str,
    pub(crate) region: &'a str,
    pub(crate) project: &'a str,
}

impl Resource {
    /// Whether clients see it.
    pub(crate) fn is_seen(&self, now: SystemTime) -> bool {
        self.ready && self.visible.at(now)
    }

    /// What it is addressed by.
    pub(crate) fn key(&self) -> &str {
        if self.kind == Kind::Binding { &self.id } else { &self.name }
    }

    /// The resource as JSON.
    pub(crate) fn shown(&self, place: Place<'_>) -> Fields {
        let mut shown = self.fields.clone();
        let Place { url, region, project } = place;
        let href = format!("{url}/v2/projects/{project}/{}/{}", self.kind.plural(), self.key());
        shown.insert("created_at".to_owned(), timestamp(self.created).into());
        shown.insert("href".to_owned(), href.into());
        shown.insert("id".to_owned(), self.id.clone().into());
        if self.kind != Kind::Binding {
            shown.insert("name".to_owned(), self.name.clone().into());
        }
        shown.insert("project_id".to_owned(), json!(project));
        shown.insert("region".to_owned(), json!(region));
        shown.insert("resource_type".to_owned(), json!(self.resource_type));
        if let Some(tag) = &self.tag {
            shown.insert("entity_tag".to_owned(), tag.clone().into());
        }
        shown
    }
}
