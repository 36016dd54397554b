//! The kinds of resources that a project has.

use crate::settings::Limits;

/// A kind of resource, in the order of IBM's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    AllowedOutboundDestination,
    Binding,
    Build,
    BuildRun,
    ConfigMap,
    Job,
    JobRun,
    PersistentDataStore,
    Secret,
}

impl Kind {
    pub(crate) const ALL: [Kind; 9] = [
        Kind::AllowedOutboundDestination,
        Kind::Binding,
        Kind::Build,
        Kind::BuildRun,
        Kind::ConfigMap,
        Kind::Job,
        Kind::JobRun,
        Kind::PersistentDataStore,
        Kind::Secret,
    ];

    /// The part of the path, and the name of the list.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Kind::AllowedOutboundDestination => "allowed_outbound_destinations",
            Kind::Binding => "bindings",
            Kind::Build => "builds",
            Kind::BuildRun => "build_runs",
            Kind::ConfigMap => "config_maps",
            Kind::Job => "jobs",
            Kind::JobRun => "job_runs",
            Kind::PersistentDataStore => "persistent_data_stores",
            Kind::Secret => "secrets",
        }
    }

    /// The status of a successful creation: 202 where work begins, 201 otherwise.
    pub(crate) fn created(self) -> u16 {
        match self {
            Kind::BuildRun | Kind::JobRun => 202,
            _ => 201,
        }
    }

    /// Whether a resource has an `entity_tag`.
    pub(crate) fn has_tag(self) -> bool {
        !matches!(self, Kind::JobRun | Kind::BuildRun | Kind::Binding)
    }

    /// The query parameter that lists can be narrowed by, and the field that it speaks of.
    pub(crate) fn filter(self) -> Option<&'static str> {
        match self {
            Kind::JobRun => Some("job_name"),
            Kind::BuildRun => Some("build_name"),
            Kind::Secret => Some("format"),
            _ => None,
        }
    }

    /// How many of them a project may have.
    pub(crate) fn limit(self, limits: &Limits) -> usize {
        match self {
            Kind::Job => limits.jobs,
            Kind::JobRun => limits.job_runs,
            Kind::ConfigMap => limits.config_maps,
            Kind::Secret => limits.secrets,
            Kind::Build | Kind::BuildRun => limits.builds,
            Kind::AllowedOutboundDestination | Kind::Binding | Kind::PersistentDataStore => {
                usize::MAX
            }
        }
    }
}
