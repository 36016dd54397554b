//! Finding what there is to be removed.

use std::collections::HashSet;

use lithops_core::ports::Leftover;
use lithops_worker::Owner;

use super::{Leftovers, OWNER_VARIABLE};
use crate::client::Client;
use crate::error::ApiError;
use crate::name;
use crate::request::{Listing, Project, Request};
use crate::resource::{Called, Definition, Named, Run};

/// What kind of thing is removed. Each goes after what may name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Run,
    Definition,
    ConfigMap,
    Secret,
}

/// Something of ours in a project.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) kind: Kind,
    name: String,
    created: Option<u64>,
}

impl Thing {
    fn of(kind: Kind, found: &impl Called) -> Self {
        let created = found.created_at().and_then(seconds);
        Self { kind, name: found.name().to_owned(), created }
    }

    /// The request that removes it.
    pub(super) fn removal(&self, project: &Project) -> Request {
        match self.kind {
            Kind::Run => project.delete_run(&self.name),
            Kind::Definition => project.delete_definition(&self.name),
            Kind::ConfigMap => project.delete_config_map(&self.name),
            Kind::Secret => project.delete_secret(&self.name),
        }
    }

    /// What users are told of it.
    pub(super) fn told(self) -> Leftover {
        let kind = match self.kind {
            Kind::Run => "job run",
            Kind::Definition => "job definition",
            Kind::ConfigMap => "config map",
            Kind::Secret => "secret",
        };
        Leftover { changed: self.created, ..Leftover::named(kind, self.name) }
    }
}

/// A time as RFC 3339 writes it, in seconds since 1970.
fn seconds(time: &str) -> Option<u64> {
    chrono::DateTime::parse_from_rfc3339(time).ok()?.timestamp().try_into().ok()
}

/// What nobody needs.
///
/// Runs that have ended and are not of a live process of this place, and those of dead ones of this
/// place. Then definitions that no run is of, and secrets that no definition names: a client that
/// still counts on them makes them again.
pub(super) async fn unneeded(leftovers: &Leftovers<'_>) -> Result<Vec<Thing>, ApiError> {
    let Leftovers { client, project, keep } = leftovers;
    let owner = Owner::current().ok();
    let runs: Vec<Run> = ours(client, &project.list_runs()).await?;
    let (dead, alive): (Vec<Run>, Vec<Run>) =
        runs.into_iter().partition(|run| is_leftover(run, owner.as_ref()));
    let of_runs = alive.iter().filter_map(|run| run.job_name.as_deref());
    let used: HashSet<&str> = of_runs.chain(keep.definition).collect();

    // Asked for before definitions, so that one that is made meanwhile has its secrets.
    let secrets: Vec<Named> = ours(client, &project.list_secrets()).await?;
    let definitions: Vec<Definition> = ours(client, &project.list_definitions()).await?;
    let (kept, unused): (Vec<Definition>, Vec<Definition>) =
        definitions.into_iter().partition(|found| used.contains(found.name.as_str()));
    let named = kept.iter().flat_map(Definition::secrets);
    let named: HashSet<&str> = named.chain(keep.secrets.iter().copied()).collect();
    let unnamed = secrets.iter().filter(|secret| !named.contains(secret.name.as_str()));

    let dead = dead.iter().map(|run| Thing::of(Kind::Run, run));
    let unused = unused.iter().map(|found| Thing::of(Kind::Definition, found));
    let unnamed = unnamed.map(|secret| Thing::of(Kind::Secret, secret));
    Ok(dead.chain(unused).chain(unnamed).collect())
}

/// Everything of ours in a project, whoever may need it.
pub(super) async fn everything(client: &Client, project: &Project) -> Result<Vec<Thing>, ApiError> {
    let kinds = [
        (Kind::Run, project.list_runs()),
        (Kind::Definition, project.list_definitions()),
        (Kind::ConfigMap, project.list_config_maps()),
        (Kind::Secret, project.list_secrets()),
    ];
    let mut things = Vec::new();
    for (kind, listing) in kinds {
        let found: Vec<Named> = ours(client, &listing).await?;
        things.extend(found.iter().map(|found| Thing::of(kind, found)));
    }
    Ok(things)
}

/// The runs that begin with `prefix`.
pub(super) async fn runs(
    client: &Client,
    project: &Project,
    prefix: &str,
) -> Result<Vec<Thing>, ApiError> {
    let found: Vec<Named> = client.list(&project.list_runs()).await?;
    let found = found.iter().filter(|run| run.name.starts_with(prefix));
    Ok(found.map(|run| Thing::of(Kind::Run, run)).collect())
}

/// The runs that dead clients of this place have left.
pub(super) async fn runs_of_the_dead(
    client: &Client,
    project: &Project,
) -> Result<Vec<Thing>, ApiError> {
    let Ok(owner) = Owner::current() else { return Ok(Vec::new()) };
    let runs: Vec<Run> = ours(client, &project.list_runs()).await?;
    let of_dead = |run: &&Run| run.variable(OWNER_VARIABLE).is_some_and(|o| owner.is_leftover(o));
    Ok(runs.iter().filter(of_dead).map(|run| Thing::of(Kind::Run, run)).collect())
}

/// The things of a list that are ours by their name.
async fn ours<T: serde::de::DeserializeOwned + Called>(
    client: &Client,
    listing: &Listing,
) -> Result<Vec<T>, ApiError> {
    let found = client.list::<T>(listing).await?;
    Ok(found.into_iter().filter(|found| found.name().starts_with(name::PREFIX)).collect())
}

fn is_leftover(run: &Run, owner: Option<&Owner>) -> bool {
    let told = run.variable(OWNER_VARIABLE);
    let Some((owner, told)) = owner.zip(told) else { return run.has_ended() };
    owner.is_leftover(told) || (run.has_ended() && !owner.is_neighbour(told))
}

impl Definition {
    /// The secrets that it names.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        let mounted = self.run_volume_mounts.iter().map(|mount| mount.reference.as_str());
        mounted.chain(self.image_secret.as_deref())
    }
}
