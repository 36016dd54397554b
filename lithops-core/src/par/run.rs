//! Sends the pieces of a parallel iterator off, and waits for what they come to.

use std::any::type_name;
use std::sync::Arc;

use futures::StreamExt;

use super::chain::Chain;
use super::kernel::Kernels;
use super::source::ParSource;
use super::terminal::Terminal;
use crate::api::{JobHandle, submit_packed};
use crate::error::{Error, Result};
use crate::plan::JobOptions;
use crate::ports::Executor;
use crate::run::wait_here;
use crate::wire::Split;

/// A client keeps some hundred bytes for each piece.
const MOST_PIECES: usize = 1 << 24;

/// Where the executor of a parallel iterator comes from.
#[derive(Clone)]
pub enum Provider {
    /// It was given.
    Given(Arc<dyn Executor>),
    /// It is asked for when there is something to run.
    Asked(fn() -> Result<Arc<dyn Executor>>),
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Provider")
    }
}

/// What a job of pieces is sent off with.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) provider: Provider,
    pub(super) options: JobOptions,
    pub(super) least: usize,
    pub(super) most: usize,
}

impl Terms {
    pub(super) fn new(provider: Provider) -> Self {
        Self { provider, options: JobOptions::default(), least: 1, most: usize::MAX }
    }

    /// What each piece comes to, in the order of the items; of a terminal that may end early those
    /// that came until then, in any order.
    pub(super) fn run<S, C, R>(self, source: S) -> Result<Vec<R::Partial>>
    where
        S: ParSource<Item = C::In>,
        C: Chain,
        R: Terminal<C::Out>,
    {
        let items = source.items();
        if items == 0 {
            return Ok(Vec::new());
        }
        let executor = match self.provider {
            Provider::Given(executor) => executor,
            Provider::Asked(ask) => ask()?,
        };
        let options = self.options.over(executor.job_options());
        let workers = executor.capability().max_workers;
        let split = Split::new(items, workers, self.least, self.most);
        if split.pieces > MOST_PIECES {
            let (pieces, most) = (split.pieces, MOST_PIECES);
            return Err(Error::TooManyPieces { pieces, most });
        }
        let inputs = source.pack(split)?;
        let handle: JobHandle<R::Partial> =
            submit_packed::<Kernels<S, C, R>, _, _>(executor, inputs, split, options)?;
        wait_here(async move {
            if R::SHORT { until_enough::<C, R>(handle).await } else { handle.await }
        })
    }
}

async fn until_enough<C: Chain, R: Terminal<C::Out>>(
    handle: JobHandle<R::Partial>,
) -> Result<Vec<R::Partial>> {
    let mut partials = Vec::new();
    let mut stream = handle.stream_unordered();
    while let Some((index, outcome)) = stream.next().await {
        let partial = outcome.map_err(|cause| Error::Call {
            job: handle.id().to_string(),
            function: type_name::<(C, R)>().to_owned(),
            index,
            cause,
        })?;
        let enough = R::is_enough(&partial);
        partials.push(partial);
        if enough {
            break;
        }
    }
    Ok(partials)
}
