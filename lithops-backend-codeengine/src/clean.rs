//! Removing what clients have left on the platform.

use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};
use lithops_core::ports::Leftover;
use tokio::time::Instant;

use crate::client::Client;
use crate::error::ApiError;
use crate::jobs::Forgotten;
use crate::request::{Project, Request};

mod find;

use find::Thing;

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
    /// Finds what nobody needs.
    pub(crate) async fn find(&self) -> Result<Vec<Leftover>, ApiError> {
        Ok(told(find::unneeded(self).await?))
    }

    /// Removes what nobody needs; gives how many things.
    pub(crate) async fn remove(&self) -> Result<usize, ApiError> {
        remove_things(self.client, self.project, &find::unneeded(self).await?).await
    }
}

/// Finds everything of ours in a project, whoever may need it.
pub(crate) async fn find_everything(
    client: &Client,
    project: &Project,
) -> Result<Vec<Leftover>, ApiError> {
    Ok(told(find::everything(client, project).await?))
}

/// Removes everything of ours in a project, whoever may need it; gives how many things.
pub(crate) async fn everything(client: &Client, project: &Project) -> Result<usize, ApiError> {
    remove_things(client, project, &find::everything(client, project).await?).await
}

/// Finds the runs of a job that begin with `prefix`.
pub(crate) async fn find_runs(
    client: &Client,
    project: &Project,
    prefix: &str,
) -> Result<Vec<Leftover>, ApiError> {
    Ok(told(find::runs(client, project, prefix).await?))
}

/// Removes the runs of a job that begin with `prefix`; gives how many.
pub(crate) async fn runs(
    client: &Client,
    project: &Project,
    prefix: &str,
) -> Result<usize, ApiError> {
    remove_things(client, project, &find::runs(client, project, prefix).await?).await
}

/// Removes the runs that dead clients of this place have left; gives how many.
pub(crate) async fn runs_of_the_dead(
    client: &Client,
    project: &Project,
) -> Result<usize, ApiError> {
    remove_things(client, project, &find::runs_of_the_dead(client, project).await?).await
}

fn told(things: Vec<Thing>) -> Vec<Leftover> {
    things.into_iter().map(Thing::told).collect()
}

/// Removes things, kind after kind.
async fn remove_things(
    client: &Client,
    project: &Project,
    things: &[Thing],
) -> Result<usize, ApiError> {
    let mut removed = Removed::default();
    for of_a_kind in things.chunk_by(|a, b| a.kind == b.kind) {
        let requests = of_a_kind.iter().map(|thing| thing.removal(project)).collect();
        removed.add(remove(client, requests).await);
    }
    removed.result()
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
