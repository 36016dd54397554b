//! What the waves of a job tell of its past, to a client that has not seen it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use futures::{StreamExt, TryStreamExt};

use crate::error::Error;
use crate::ports::{FailedAttempt, StorageBackend, StorageError};
use crate::run::{StoredJob, mark};
use crate::wire::{
    CallInput, DispatchRecord, Frame, FrameError, Input, JobHead, JobId, SealKey, StorageLocation,
    ToWorker, keys,
};

/// Waves that are read at once.
const AT_ONCE: usize = 16;

/// What has become of a job so far, as far as its clients have written it down.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) head: JobHead,
    /// Each call's newest attempt, and its argument.
    pub(super) calls: BTreeMap<u32, (u32, Input)>,
    /// The attempts at calls that their client has found failed.
    pub(super) failed: BTreeMap<u32, Vec<FailedAttempt>>,
    pub(super) shares: Vec<PastShare>,
    /// Names of the variables that the workers were given.
    pub(super) environment: Vec<String>,
    /// The executor that has written the newest wave, and its machine.
    pub(super) writer: Writer,
    /// Path of the program that the workers of the newest wave run; empty where nobody has told it.
    pub(super) program: String,
    /// The number of the next wave.
    pub(super) next: u32,
    /// How many requests it took to learn this.
    pub(super) requests: u64,
}

/// The calls that one worker was given.
#[derive(Debug)]
pub(super) struct PastShare {
    pub(super) place: (u32, u32),
    pub(super) calls: Vec<(u32, u32)>,
    pub(super) writer: Writer,
}

/// An executor that has written a wave, and the mark of its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Writer {
    pub(super) executor: String,
    pub(super) machine: String,
}

/// Why the past of a job can't be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum PastError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(
        "there is no such job in this storage ({place}): it has ended and was removed, or went over a \
         link, of which nothing is in a storage (`.through_storage()` on a job makes it one that can be \
         taken up), or it is in another storage"
    )]
    NoJob { place: StorageLocation },
    #[error(
        "its dispatch {key} is not sealed with this client's key: it is another user's or machine's \
         (set `key_file` to the key that the job was submitted with), or somebody has written to the \
         storage"
    )]
    Seal { key: String },
    #[error("its dispatch {key} can't be read: {source}")]
    Frame { key: String, source: FrameError },
    #[error("its dispatch {key} is not of this version of the wire")]
    Order { key: String },
}

impl PastError {
    /// Why this job can't be taken up.
    pub(super) fn of(self, job: &JobId) -> Error {
        match self {
            Self::Storage(error) => Error::Storage(error),
            other => Error::Attach { job: job.to_string(), reason: other.to_string() },
        }
    }
}

/// One wave, as it was written.
struct Wave {
    number: u32,
    key: String,
    record: DispatchRecord,
    messages: Vec<ToWorker>,
}

/// Reads all waves of a job; changes nothing.
pub(super) async fn read(
    job: &JobId,
    storage: &dyn StorageBackend,
    key: &SealKey,
) -> Result<Past, PastError> {
    let (found, listings) = list(storage, &keys::waves(job)).await?;
    let requests = listings + found.len() as u64;
    let waves: Vec<Wave> = futures::stream::iter(found)
        .map(|(number, name)| read_wave(job, storage, key, number, name))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut messages = waves.iter().flat_map(|wave| &wave.messages);
    let head = messages.find_map(|message| match message {
        ToWorker::Job(head) => Some(head.as_ref().clone()),
        _ => None,
    });
    let mut past = Past {
        head: head.ok_or_else(|| PastError::NoJob { place: storage.location() })?,
        calls: BTreeMap::new(),
        failed: BTreeMap::new(),
        shares: Vec::new(),
        environment: Vec::new(),
        writer: Writer::default(),
        program: String::new(),
        next: 0,
        requests,
    };
    for wave in waves {
        past.next = wave.number.saturating_add(1);
        past.add(wave)?;
    }
    Ok(past)
}

async fn read_wave(
    job: &JobId,
    storage: &dyn StorageBackend,
    key: &SealKey,
    number: u32,
    name: String,
) -> Result<Wave, PastError> {
    let object = storage.get(&name).await?;
    let Some(object) = key.unseal(job, number, object) else {
        return Err(PastError::Seal { key: name });
    };
    let broken = |source| PastError::Frame { key: name.clone(), source };
    let mut frames = Frame::read_all(object).map_err(broken)?;
    let record = frames.pop().ok_or(FrameError::Truncated).and_then(|f| DispatchRecord::decode(&f));
    let record = record.map_err(broken)?;
    let messages = frames.into_iter().map(ToWorker::decode).collect::<Result<_, _>>();
    Ok(Wave { number, record, messages: messages.map_err(broken)?, key: name })
}

impl Past {
    /// Adds a wave, later than all before.
    fn add(&mut self, wave: Wave) -> Result<(), PastError> {
        let Wave { number, key, record, messages } = wave;
        self.writer = Writer { executor: record.writer, machine: record.machine };
        self.environment = record.environment;
        self.program = record.program;
        for call in record.failed {
            let failed = |(attempt, worker, cause)| FailedAttempt { attempt, worker, cause };
            self.failed.insert(call.index, call.attempts.into_iter().map(failed).collect());
        }
        let mut worker = 0;
        for message in messages {
            match message {
                ToWorker::Job(_) | ToWorker::Shares(_) => {}
                ToWorker::Run { calls, .. } => {
                    self.add_share((number, worker), calls);
                    worker += 1;
                }
                ToWorker::Recall | ToWorker::Forget { .. } => return Err(PastError::Order { key }),
            }
        }
        Ok(())
    }

    fn add_share(&mut self, place: (u32, u32), calls: Vec<CallInput>) {
        let given = calls.iter().map(|call| (call.index, call.attempt)).collect();
        self.shares.push(PastShare { place, calls: given, writer: self.writer.clone() });
        for CallInput { index, attempt, input } in calls {
            let newest = self.calls.entry(index).or_insert_with(|| (attempt, input.clone()));
            if attempt > newest.0 {
                *newest = (attempt, input);
            }
        }
    }
}

/// What the waves of a job tell of it; `None` if there are none.
pub(in crate::run) async fn look_up(
    job: &JobId,
    storage: &dyn StorageBackend,
    key: &SealKey,
) -> Result<Option<StoredJob>, Error> {
    let Past { head, program, writer, .. } = match read(job, storage, key).await {
        Ok(past) => past,
        Err(PastError::NoJob { .. }) => return Ok(None),
        Err(error) => return Err(error.of(job)),
    };
    Ok(Some(StoredJob {
        job: head.job,
        function: head.function,
        calls: head.calls,
        result_type: head.result_type,
        program: Some(program).filter(|program| !program.is_empty()).map(PathBuf::from),
        client_lives: mark::is_of(&writer.executor, &mark::living()),
    }))
}

/// The waves that are there, in their order, and how many listings it took.
async fn list(
    storage: &dyn StorageBackend,
    prefix: &str,
) -> Result<(Vec<(u32, String)>, u64), StorageError> {
    let (mut found, mut listings) = (Vec::new(), 0);
    let mut after: Option<String> = None;
    loop {
        listings += 1;
        let page = storage.list(prefix, after.as_deref()).await?;
        after = page.next_after(prefix, after.as_deref())?;
        let keys = page.objects.into_iter().map(|object| object.key);
        found.extend(keys.filter_map(|key| Some((keys::parse_wave(&key)?, key))));
        if after.is_none() {
            return Ok((found, listings));
        }
    }
}

/// Whether there are waves of a job from this number on.
pub(in crate::run) async fn has_waves_from(
    storage: &dyn StorageBackend,
    job: &JobId,
    first: u32,
) -> Result<bool, StorageError> {
    let after = first.checked_sub(1).map(|last| keys::wave(job, last));
    let page = storage.list(&keys::waves(job), after.as_deref()).await?;
    Ok(!page.objects.is_empty())
}
