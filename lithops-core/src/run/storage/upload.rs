//! Writes the object of a wave.

use bytes::{Bytes, BytesMut};

use super::driver::Surroundings;
use crate::data::put_referenced;
use crate::ports::{PutMode, StorageError};
use crate::run::job::RunningJob;
use crate::wire::{CallInput, Input, JobHead, PROTOCOL, Payload, ToWorker, WorkOrder, keys};

/// An argument larger than this gets an object of its own.
const OWN_OBJECT: u64 = 8 << 20;

/// Uploads the calls of one wave, dealt to workers, and gives the order to start those with, and how
/// many requests it took.
pub(super) async fn upload(
    job: &RunningJob,
    wave: u32,
    shares: &[Vec<(u32, u32)>],
    around: &Surroundings,
) -> Result<(WorkOrder, u64), StorageError> {
    let mut object = encode(ToWorker::Job(Box::new(JobHead::clone(&job.head))));
    let mut requests = 1;
    let mut packed = BytesMut::new();
    let mut lengths = Vec::with_capacity(shares.len());
    for share in shares {
        let start = packed.len();
        let mut calls = Vec::with_capacity(share.len());
        for (index, attempt) in share {
            let Some(input) = job.input(*index) else { continue };
            let input = large_apart(job, *index, input, around, &mut requests).await?;
            calls.push(CallInput { index: *index, attempt: *attempt, input });
        }
        packed.unsplit(encode(ToWorker::Run { ticket: job.head.ticket, calls }));
        lengths.push((packed.len() - start) as u64);
    }
    object.unsplit(encode(ToWorker::Shares(lengths)));
    let preface = object.len() as u64;
    object.unsplit(packed);
    let len = object.len() as u64;
    let key = keys::wave(job.id(), wave);
    around.storage.put(&key, object.freeze(), PutMode::Overwrite).await?;
    let order = WorkOrder {
        protocol: PROTOCOL,
        storage: around.storage.location(),
        job: job.id().clone(),
        preface,
        len,
        workers: shares.len() as u32,
        wave,
        heartbeat_ms: (around.settings.silence_bound / 4).as_millis() as u64,
    };
    Ok((order, requests))
}

fn encode(message: ToWorker) -> BytesMut {
    let mut out = BytesMut::new();
    message.encode().iter().for_each(|part: &Bytes| out.extend_from_slice(part));
    out
}

async fn large_apart(
    job: &RunningJob,
    index: u32,
    input: Input,
    around: &Surroundings,
    requests: &mut u64,
) -> Result<Input, StorageError> {
    match input {
        Input::One(Payload::Inline(bytes)) if bytes.len() as u64 > OWN_OBJECT => {
            let key = keys::argument(job.id(), index);
            *requests += 1;
            let object = put_referenced(around.storage.as_ref(), key, bytes).await?;
            Ok(Input::One(Payload::Stored(Box::new(object))))
        }
        input => Ok(input),
    }
}
