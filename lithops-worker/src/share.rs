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
    if head.job != *job {
        return Err(TaskEnd::OtherJob { ordered: job.clone(), found: head.job });
    }
    let (start, Share { len: length, digest }) = place(&shares, worker)?;
    let end = start.checked_add(length).ok_or(FrameError::Truncated)?;
    let share = if object.is_empty() {
        let behind = |at: u64| preface.checked_add(at).ok_or(FrameError::Truncated);
        storage.get_range(&key, behind(start)?..behind(end)?).await?
    } else {
        let end = usize::try_from(end).ok().filter(|end| *end <= object.len());
        object.slice(start as usize..end.ok_or(FrameError::Truncated)?)
    };
    if !digest.fits(&share) {
        return Err(TaskEnd::Forged(key));
    }
    let messages = Frame::read_all(share)?.into_iter().map(ToWorker::decode);
    Ok((*head, messages.collect::<Result<_, _>>()?))
}

/// Where a worker's calls begin behind the preface, and which they are.
fn place(shares: &[Share], worker: u32) -> Result<(u64, Share), TaskEnd> {
    let (before, rest) =
        shares.split_at_checked(worker as usize).ok_or(TaskEnd::NoShare(worker))?;
    let share = rest.first().ok_or(TaskEnd::NoShare(worker))?;
    let start = before.iter().try_fold(0u64, |sum, share| sum.checked_add(share.len));
    Ok((start.ok_or(FrameError::Truncated)?, share.clone()))
}
