//! Removing what clients have left on the platform.

use std::collections::HashSet;
use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};
use lithops_worker::Owner;
use tokio::time::Instant;

use crate::client::Client;
use crate::error::ApiError;
use crate::jobs::Forgotten;
use crate::name;
use crate::request::{Listing, Project, Request};
use crate::resource::{Called, Definition, Named, Run};

/// Says in a run's environment whose it is.
pub(crate) const OWNER_VARIABLE: &str = "LITHOPS_OWNER";

/// How many things are removed at a time.
const AT_A_TIME: usize = 8;

/// How long a run that was just made is looked for, to be removed.
const UNSEEN: Duration = Duration::from_secs(10);

/// What dead clients have left in a project, and what nobody uses.
#[derive(Debug)]
pub(crate) struct Leftovers<'a> {
    pub(crate) client: &'a Client,
    pub(crate) project: &'a Project,
    pub(crate) keep: Keep<'a>,
}

/// What is in use although nothing else tells it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keep<'a> {
    /// A definition that has no run yet.
    pub(crate) definition: Option<&'a str>,
    /// Secrets for a definition that is not made yet.
    pub(crate) secrets: &'a [&'a str],
}

impl Leftovers<'_> {
    /// Removes it; gives how many things.
    ///
    /// Runs go that have ended and are not of a live process of this place, and those of dead ones of
    /// this place. Then definitions go that no run is of, and secrets that no definition names: a
    /// client that still counts on them makes them again.
    pub(crate) async fn remove(&self) -> Result<usize, ApiError> {
        let (client, project) = (self.client, self.project);
        let owner = Owner::current().ok();
        let runs: Vec<Run> = ours(client, &project.list_runs()).await?;
        let (dead, alive): (Vec<Run>, Vec<Run>) =
            runs.into_iter().partition(|run| is_leftover(run, owner.as_ref()));
        let of_runs = alive.iter().filter_map(|run| run.job_name.as_deref());
        let used: HashSet<&str> = of_runs.chain(self.keep.definition).collect();
        let dead = dead.iter().map(|run| project.delete_run(&run.name)).collect();
        let mut removal = remove(client, dead).await;

        // Asked for before definitions, so that one that is made meanwhile has its secrets.
        let secrets = project.list_secrets();
        let secrets: Vec<Named> = ours(client, &secrets).await?;
        let definitions = project.list_definitions();
        let definitions: Vec<Definition> = ours(client, &definitions).await?;
        let (kept, unused): (Vec<Definition>, Vec<Definition>) =
            definitions.into_iter().partition(|found| used.contains(found.name.as_str()));
        let named = kept.iter().flat_map(Definition::secrets);
        let named: HashSet<&str> = named.chain(self.keep.secrets.iter().copied()).collect();
        let unnamed = secrets.iter().filter(|secret| !named.contains(secret.name.as_str()));
        let unused = unused.iter().map(|found| project.delete_definition(&found.name)).collect();
        let unnamed = unnamed.map(|secret| project.delete_secret(&secret.name)).collect();
        removal.add(remove(client, unused).await);
        removal.add(remove(client, unnamed).await);
        removal.result()
    }
}

/// Removes everything of ours in a project, whoever may need it; gives how many things.
pub(crate) async fn everything(client: &Client, project: &Project) -> Result<usize, ApiError> {
    let mut removed = Removed::default();
    type Removal = fn(&Project, &str) -> Request;
    let kinds: [(Listing, Removal); 4] = [
        (project.list_runs(), Project::delete_run),
        (project.list_definitions(), Project::delete_definition),
        (project.list_config_maps(), Project::delete_config_map),
        (project.list_secrets(), Project::delete_secret),
    ];
    for (listing, removal) in kinds {
        let found: Vec<Named> = ours(client, &listing).await?;
        let found = found.iter().map(|found| removal(project, &found.name)).collect();
        removed.add(remove(client, found).await);
    }
    removed.result()
}

/// Removes the runs of a job that begin with `prefix`; gives how many.
pub(crate) async fn runs(
    client: &Client,
    project: &Project,
    prefix: &str,
) -> Result<usize, ApiError> {
    let found: Vec<Named> = client.list(&project.list_runs()).await?;
    let found = found.iter().filter(|run| run.name.starts_with(prefix));
    remove(client, found.map(|run| project.delete_run(&run.name)).collect()).await.result()
}

/// Removes the runs that dead clients of this place have left; gives how many.
pub(crate) async fn runs_of_the_dead(
    client: &Client,
    project: &Project,
) -> Result<usize, ApiError> {
    let Ok(owner) = Owner::current() else { return Ok(0) };
    let runs: Vec<Run> = ours(client, &project.list_runs()).await?;
    let of_dead = |run: &&Run| run.variable(OWNER_VARIABLE).is_some_and(|o| owner.is_leftover(o));
    let dead = runs.iter().filter(of_dead).map(|run| project.delete_run(&run.name));
    remove(client, dead.collect()).await.result()
}

/// Runs that could not be removed.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) runs: Vec<Forgotten>,
    /// Why the first of them.
    pub(crate) error: ApiError,
}

/// Removes runs of this process, also such as are not seen yet.
pub(crate) async fn stop(
    client: &Client,
    project: &Project,
    runs: &[Forgotten],
) -> Result<(), Left> {
    let end = Instant::now() + UNSEEN;
    let removals = runs.iter().map(|run| {
        let (request, unseen) = (project.delete_run(&run.name), run.unseen);
        async move {
            let removed = match unseen {
                true => client.remove_when_seen(&request, end).await,
                false => client.remove(&request).await,
            };
            Some((run, removed.err()?))
        }
        .boxed()
    });
    let removals: Vec<_> = removals.collect();
    let removed = futures::stream::iter(removals).buffer_unordered(AT_A_TIME);
    let failed: Vec<_> = removed.filter_map(|failed| async { failed }).collect().await;
    let (runs, errors): (Vec<Forgotten>, Vec<ApiError>) =
        failed.into_iter().map(|(run, error)| (run.clone(), error)).unzip();
    match errors.into_iter().next() {
        Some(error) => Err(Left { runs, error }),
        None => Ok(()),
    }
}

/// What came of removals. All are tried, whatever comes of some.
#[derive(Debug, Default)]
struct Removed {
    count: usize,
    /// The first.
    error: Option<ApiError>,
}

impl Removed {
    fn add(&mut self, more: Self) {
        self.count += more.count;
        self.error = self.error.take().or(more.error);
    }

    fn result(self) -> Result<usize, ApiError> {
        self.error.map_or(Ok(self.count), Err)
    }
}

/// Removes things; counts those that were there.
async fn remove(client: &Client, requests: Vec<Request>) -> Removed {
    // Boxed, because the compiler does not see that the bare ones can be sent to another thread.
    let removal = |request: Request| async move { client.remove(&request).await }.boxed();
    let removals: Vec<_> = requests.into_iter().map(removal).collect();
    let removed = futures::stream::iter(removals).buffer_unordered(AT_A_TIME);
    let answers: Vec<_> = removed.collect().await;
    let mut removed = Removed::default();
    for answer in answers {
        removed.add(match answer {
            Ok(there) => Removed { count: usize::from(there), error: None },
            Err(error) => Removed { count: 0, error: Some(error) },
        });
    }
    removed
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
