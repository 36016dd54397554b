//! Writes the object of a wave.

use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};

use super::driver::Driver;
use crate::data::put_referenced;
use crate::ports::{ComputeBackend, PutMode, StorageBackend, StorageError, StorageErrorKind};
use crate::run::job::RunningJob;
use crate::run::mark;
use crate::wire::{
    CallInput, Digest, DispatchRecord, Encoded, FailedCall, Input, JobHead, PROTOCOL, Payload,
    Share, ToWorker, WorkOrder, keys,
};

/// An argument larger than this gets an object of its own.
const OWN_OBJECT: u64 = 8 << 20;

/// Why a wave's object is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum UploadError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Another client has taken the job up: it writes the waves from here on.
    #[error("another client has taken the job up")]
    TakenUp,
}

/// A wave's object, and what its workers are told of it.
struct Packed {
    object: BytesMut,
    preface: u64,
    digest: Digest,
}

/// Uploads the calls of one wave, dealt to workers, and gives the order to start those with, and how
/// many requests it took.
pub(super) async fn upload(
    driver: &Driver,
    wave: u32,
    shares: &[Vec<(u32, u32)>],
) -> Result<(WorkOrder, u64), UploadError> {
    let (job, around) = (&driver.job, &driver.around);
    let storage = around.storage.as_ref();
    let mut requests = 0;
    let mut calls = Vec::with_capacity(shares.len());
    for share in shares {
        let mut inputs = Vec::with_capacity(share.len());
        for (index, attempt) in share {
            let Some(input) = job.input(*index) else { continue };
            let input = large_apart(job, *index, input, storage, &mut requests).await?;
            inputs.push(CallInput { index: *index, attempt: *attempt, input });
        }
        calls.push(inputs);
    }
    let Packed { mut object, preface, digest } = pack(&job.head, calls);
    let len = object.len() as u64;
    append(&mut object, record(driver, shares).encode());
    driver.key.seal(job.id(), wave, &mut object);
    requests += write(driver, wave, object.freeze()).await?;
    let order = WorkOrder {
        protocol: PROTOCOL,
        storage: storage.location(),
        job: job.id().clone(),
        preface,
        digest,
        len,
        workers: shares.len() as u32,
        wave,
        heartbeat_ms: (around.settings.silence_bound / 4).as_millis() as u64,
    };
    Ok((order, requests))
}

/// Writes a wave without calls: from then on no other client starts any.
pub(super) async fn claim(driver: &Driver, wave: u32) -> Result<u64, UploadError> {
    let mut object = BytesMut::new();
    append(&mut object, record(driver, &[]).encode());
    driver.key.seal(driver.job.id(), wave, &mut object);
    write(driver, wave, object.freeze()).await
}

/// The head, where each worker's calls are, and the calls.
fn pack(head: &JobHead, calls: Vec<Vec<CallInput>>) -> Packed {
    let mut packed = BytesMut::new();
    let mut shares = Vec::with_capacity(calls.len());
    for calls in calls {
        let start = packed.len();
        append(&mut packed, ToWorker::Run { ticket: head.ticket, calls }.encode());
        let share = &packed[start..];
        shares.push(Share { len: share.len() as u64, digest: Digest::of(share) });
    }
    let mut object = BytesMut::new();
    append(&mut object, ToWorker::Job(Box::new(head.clone())).encode());
    append(&mut object, ToWorker::Shares(shares).encode());
    let (preface, digest) = (object.len() as u64, Digest::of(&object));
    object.unsplit(packed);
    Packed { object, preface, digest }
}

/// What another client must know to go on from this wave.
fn record(driver: &Driver, shares: &[Vec<(u32, u32)>]) -> DispatchRecord {
    let ledger = &driver.job.ledger;
    let calls = shares.iter().flatten().map(|(index, _)| *index);
    let failed = calls.filter_map(|index| {
        let failed = ledger.failed_attempts(index).iter();
        let attempts: Vec<_> =
            failed.map(|failed| (failed.attempt, failed.worker, failed.cause.clone())).collect();
        (!attempts.is_empty()).then_some(FailedCall { index, attempts })
    });
    DispatchRecord {
        writer: driver.around.writer.clone(),
        machine: mark::machine().unwrap_or_default(),
        program: program(driver.around.backend.as_ref()),
        environment: driver.job.profile.environment.keys().cloned().collect(),
        failed: failed.collect(),
    }
}

/// The path of the program that workers run; empty where it can't be told, or written as text.
fn program(backend: &dyn ComputeBackend) -> String {
    let own = || std::env::current_exe().ok();
    // Of a path that depends on the folder this process is in, nobody else makes anything.
    let program = backend.program().map_or_else(own, |program| std::path::absolute(program).ok());
    program.and_then(|program| program.into_os_string().into_string().ok()).unwrap_or_default()
}

/// Writes the object of a wave, unless another client has; gives how many requests it took.
///
/// Only who submits a job writes its first wave. Every other is created, so that of several clients
/// that go on with a job one does. Some stores can't create: there the last one that writes goes on
/// undisturbed, and the others run calls in vain, but each takes every outcome once all the same.
async fn write(driver: &Driver, wave: u32, object: Bytes) -> Result<u64, UploadError> {
    let storage = driver.around.storage.as_ref();
    let key = keys::wave(driver.job.id(), wave);
    // Its own from now on: it may be stored although nobody waits for it.
    driver.around.waves.store(wave + 1, Ordering::Relaxed);
    if wave > 0 {
        match storage.put(&key, object.clone(), PutMode::Create).await {
            Ok(()) => return Ok(1),
            Err(error) if error.kind == StorageErrorKind::Unsupported => {}
            Err(error) => {
                // Also of a request whose answer was lost nobody else knows whether it was done.
                let there = match error.kind {
                    StorageErrorKind::AlreadyExists | StorageErrorKind::Unavailable => {
                        storage.get(&key).await
                    }
                    _ => return Err(error.into()),
                };
                return match there {
                    Ok(there) if there == object => Ok(2),
                    Ok(_) => {
                        driver.around.waves.store(wave, Ordering::Relaxed);
                        Err(UploadError::TakenUp)
                    }
                    Err(_) => Err(error.into()),
                };
            }
        }
    }
    storage.put(&key, object, PutMode::Overwrite).await?;
    Ok(1)
}

fn append(object: &mut BytesMut, message: Encoded) {
    message.iter().for_each(|part| object.extend_from_slice(part));
}

async fn large_apart(
    job: &RunningJob,
    index: u32,
    input: Input,
    storage: &dyn StorageBackend,
    requests: &mut u64,
) -> Result<Input, StorageError> {
    match input {
        Input::One(Payload::Inline(bytes)) if bytes.len() as u64 > OWN_OBJECT => {
            let key = keys::argument(job.id(), index);
            *requests += 1;
            let object = put_referenced(storage, key, bytes).await?;
            Ok(Input::One(Payload::Stored(Box::new(object))))
        }
        input => Ok(input),
    }
}
