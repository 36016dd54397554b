//! What a worker that goes by an order reads before it begins.

use lithops_core::ports::StorageBackend;
use lithops_core::wire::{Frame, FrameError, JobHead, PROTOCOL, Share, ToWorker, WorkOrder, keys};

use crate::storage::TaskEnd;

/// The preface of a job's object and all its calls are read in one request up to this size.
const READ_WHOLE: u64 = 64 * 1024;

/// Reads the job's head and the calls of worker number `worker`: two requests, or one of a small
/// object.
///
/// # Errors
/// [`TaskEnd`] if the order is not for this version, has no such share, or what it names can't be
/// read.
pub async fn read_share(
    storage: &dyn StorageBackend,
    order: &WorkOrder,
    worker: u32,
) -> Result<(JobHead, Vec<ToWorker>), TaskEnd> {
    let WorkOrder { job, wave, preface, digest, len, workers, .. } = order;
    if order.protocol != PROTOCOL {
        return Err(TaskEnd::Protocol(order.protocol));
    }
    if worker >= *workers {
        return Err(TaskEnd::NoShare(worker));
    }
    let key = keys::wave(job, *wave);
    let at_once = if *len <= READ_WHOLE { *len } else { *preface };
    let mut object = storage.get_range(&key, 0..at_once).await?;
    let length = usize::try_from(*preface).ok().filter(|preface| *preface <= object.len());
    let head = object.split_to(length.ok_or(FrameError::Truncated)?);
    if !digest.fits(&head) {
        return Err(TaskEnd::Forged(key));
    }
    let mut frames = Frame::read_all(head)?.into_iter();
    let mut next = || frames.next().ok_or(FrameError::Truncated).and_then(ToWorker::decode);
    let (ToWorker::Job(head), ToWorker::Shares(shares)) = (next()?, next()?) else {
        return Err(FrameError::Truncated.into());
    };
    let mine = worker as usize;
    let Share { len: length, digest } = shares.get(mine).ok_or(TaskEnd::NoShare(worker))?;
    let start = shares[..mine].iter().map(|share| share.len).sum::<u64>();
    let share = if object.is_empty() {
        let start = preface + start;
        storage.get_range(&key, start..start + length).await?
    } else {
        let end = usize::try_from(start + length).ok().filter(|end| *end <= object.len());
        object.slice(start as usize..end.ok_or(FrameError::Truncated)?)
    };
    if !digest.fits(&share) {
        return Err(TaskEnd::Forged(key));
    }
    let messages = Frame::read_all(share)?.into_iter().map(ToWorker::decode);
    Ok((*head, messages.collect::<Result<_, _>>()?))
}
