//! Going on with a job whose client has died.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use futures::StreamExt as _;
use lithops::{
    Error, ExecutorExt as _, FunctionExecutor, Isolation, JobHandle, Progress, StoredJob,
};
use lithops_core::ports::Executor as _;
use lithops_core::wire::{JobId, StorageLocation};

use super::attach::Attach;
use super::follow::{Counts, LOOK, Told};
use super::results::Results;
use crate::failure::Unusable;
use crate::interrupt::unless_interrupted_after;
use crate::output::{Closed, remark};
use crate::settings::{Settings, executor};

/// Takes a job up by what the configured storage has of it, and gives its results once they are there.
///
/// Workers are started from the job's own program: this one has none of its functions. The job's objects
/// go when every call has a value and all are written; until then they stay, whatever happens.
pub(super) async fn take_up(
    stored: StoredJob,
    arguments: &Attach,
    settings: &Settings,
) -> anyhow::Result<()> {
    let job = &stored.job;
    let program = program(&stored, arguments.program.as_deref())?;
    remark(&format!("{job}: taken up, with workers of `{}`", program.display()));
    // A signal leaves the job where it is, and so does not stop it.
    let builder = settings.builder()?.progress(false).handle_signals(false);
    let exec = executor(builder.worker_program(program)).await?;
    let handle = exec.attach_encoded(job).await?;
    let again =
        || format!("job {job} stays in its storage: `lithops job attach {job}` goes on with it");
    let given = give(&handle, arguments.output.as_deref());
    let given = unless_interrupted_after(given, || remark(&format!("\n{}", again()))).await;
    let stays = arguments.keep || !matches!(given, Ok(0));
    if stays {
        exec.keep(job);
    }
    let total = handle.len();
    drop(handle);
    exec.shutdown().await;
    match given {
        Ok(0) if arguments.keep => {
            remark(&again());
            Ok(())
        }
        Ok(0) => Ok(()),
        Ok(failed) => bail!(
            "{failed} of {total} calls failed; job {job} stays in its storage, which `lithops clean --job \
             {job} --yes` takes it out of"
        ),
        // Not as elsewhere: whoever reads no further has not got what the job was about.
        Err(error) if error.is::<Closed>() => {
            bail!("nobody reads the results any more; {}", again())
        }
        Err(error) => Err(error.context(again())),
    }
}

/// What the configured storage has of a job.
pub(super) async fn look_up(job: &JobId, settings: &Settings) -> anyhow::Result<Option<StoredJob>> {
    Ok(looked_up(job, settings).await?.0)
}

/// What the configured storage has of a job that must be there.
pub(super) async fn find(job: &JobId, settings: &Settings) -> anyhow::Result<StoredJob> {
    let (stored, place) = looked_up(job, settings).await?;
    stored.with_context(|| {
        format!(
            "job {job} can't be taken up: it is not in this storage ({place}). It has ended and was \
             removed; or it is in another one, which `--storage` or `--config` names; or it went over a \
             link, and only a job that is sent `.through_storage()` can be taken up"
        )
    })
}

async fn looked_up(
    job: &JobId,
    settings: &Settings,
) -> anyhow::Result<(Option<StoredJob>, StorageLocation)> {
    let exec = executor(settings.builder()?.handle_signals(false)).await?;
    refuse_unable(&exec)?;
    let stored = exec.stored_job(job).await;
    exec.shutdown().await;
    Ok((stored?, exec.storage().location()))
}

/// The program that workers are to be started from.
fn program(stored: &StoredJob, said: Option<&Path>) -> anyhow::Result<PathBuf> {
    let StoredJob { job, function, program, .. } = stored;
    let Some(program) = said.or(program.as_deref()) else {
        bail!(
            "job {job} does not tell which program has `{}`: say it with `--program PATH`",
            function.path
        )
    };
    check(program).with_context(|| {
        format!(
            "job {job} calls `{}` of the program `{}`, which can't be started here; say where that \
             program is with `--program PATH`",
            function.path,
            program.display()
        )
    })?;
    Ok(program.to_owned())
}

/// Refuses settings with which no job can be taken up by this command.
fn refuse_unable(exec: &FunctionExecutor) -> Result<(), Unusable> {
    let capability = exec.capability();
    let refuse =
        |what, hint| Err(Unusable(Error::Unsupported { backend: capability.backend, what, hint }));
    if capability.isolation == Isolation::Thread {
        return refuse(
            "workers of the job's program, but only threads of this command",
            "use `--backend processes`, or another one that starts programs",
        );
    }
    if exec.storage().location().is_in_process() {
        return refuse(
            "job of another process in the storage `memory`",
            "use the storage that the job went through: `--storage file`, or the name of another",
        );
    }
    Ok(())
}

fn check(program: &Path) -> std::io::Result<()> {
    let found = std::fs::metadata(program)?;
    if !found.is_file() || found.permissions().mode() & 0o111 == 0 {
        return Err(std::io::Error::other("it is no program"));
    }
    Ok(())
}

/// Writes each call's result as soon as it and those before it are there, and tells how far the job is.
/// Gives how many calls have none.
async fn give(handle: &JobHandle<Bytes>, output: Option<&Path>) -> anyhow::Result<usize> {
    let mut results = Results::begin(output)?;
    let mut told = Told::new(handle.id(), handle.len() as u64);
    let (mut stream, mut failed) = (handle.stream(), 0);
    let mut next = 0;
    while next < handle.len() {
        match tokio::time::timeout(LOOK, stream.next()).await {
            Ok(Some(outcome)) => {
                failed += usize::from(!results.add(next, handle.result_type(), outcome)?);
                next += 1;
            }
            Ok(None) => break,
            Err(_) => {
                results.show()?;
                told.tell(counts(handle.progress()));
            }
        }
    }
    told.tell(counts(handle.progress()));
    told.end();
    results.finish()?;
    Ok(failed)
}

fn counts(progress: Progress) -> Counts {
    let [done, failed, running] =
        [progress.done, progress.failed, progress.running].map(|calls| calls as u64);
    Counts { done, failed, running }
}
