//! The map call of a shuffle: it takes pairs, and writes runs.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::StreamExt;

use super::buffer::{PairBuffer, Run};
use super::{Combine, PairSource, context, storage_error, storage_of, wait};
use crate::api::CallContext;
use crate::function::{BlockOn, Data, Entry, Kernel, entry, shared_of};
use crate::ports::PutMode;
use crate::wire::{Block, CallError, CallRuns, ShuffleTerms, encode_value, keys};

/// After so many pairs a call looks whether it is still wanted.
const LOOK: u32 = 1024;

/// A map call that writes the pairs of `S`, after `C` has combined them.
#[derive(Debug)]
pub struct WriteRuns<S, C>(PhantomData<(S, C)>);

impl<S, C> Kernel for WriteRuns<S, C>
where
    S: PairSource,
    S::Key: Ord,
    C: Combine<S::Key, S::Value>,
{
    fn entry() -> Entry {
        let signature = format!("{}{}", S::signature(), C::signature());
        entry::<S::Named, Self>(signature, |call| {
            let mut writer = RunWriter::new(shared_of(call)?, call.runtime)?;
            let mut combine = C::default();
            let mut pairs = 0u32;
            S::run(call, |key, value| {
                pairs = pairs.wrapping_add(1);
                if pairs.is_multiple_of(LOOK) && writer.context.is_stopped() {
                    return Err(CallError::Cancelled);
                }
                combine.take(key, value, &mut writer)
            })?;
            combine.finish(&mut writer)?;
            let written = writer.finish()?;
            encode_value(written, call.output).map_err(CallError::Output)
        })
    }
}

/// Collects the pairs of a call, and writes a run whenever its budget is full.
#[expect(missing_debug_implementations, reason = "holds a borrowed runtime")]
pub struct RunWriter<'a, K> {
    budget: u64,
    buffer: PairBuffer<K>,
    context: CallContext,
    runtime: &'a dyn BlockOn,
    written: CallRuns,
}

impl<'a, K: Data + Ord> RunWriter<'a, K> {
    fn new(terms: &ShuffleTerms, runtime: &'a dyn BlockOn) -> Result<Self, CallError> {
        let context = context()?;
        storage_of(&context)?;
        let written = CallRuns { attempt: context.attempt(), runs: Vec::new() };
        let buffer = PairBuffer::new(terms);
        Ok(Self { budget: terms.budget, buffer, context, runtime, written })
    }

    /// How many bytes the call may fill with pairs.
    pub(super) fn budget(&self) -> u64 {
        self.budget
    }

    pub(super) fn push<V: Data>(&mut self, key: K, value: &V) -> Result<(), CallError> {
        self.buffer.push(key, value).map_err(CallError::Output)?;
        if self.buffer.is_full() { self.write_run() } else { Ok(()) }
    }

    /// Writes what has been collected since the last run.
    pub(super) fn write_run(&mut self) -> Result<(), CallError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        if self.context.is_stopped() {
            return Err(CallError::Cancelled);
        }
        let (index, number) = (self.context.index() as u32, self.written.runs.len() as u32);
        let key = keys::run(self.context.job_id(), index, self.written.attempt, number);
        let run = self.buffer.take_run();
        let (run, blocks) = self.put(&key, run)?;
        self.buffer.reuse(run);
        self.written.runs.push(blocks);
        Ok(())
    }

    fn put(&self, key: &str, mut run: Run) -> Result<(Run, Vec<Block>), CallError> {
        let storage = storage_of(&self.context)?;
        let first = run.next_piece().unwrap_or_default();
        let stored = if run.is_given_out() {
            wait(self.runtime, storage.put(key, first, PutMode::Overwrite))?
        } else {
            let shared = Arc::new(Mutex::new(run));
            let rest = Arc::clone(&shared);
            let next = move || rest.lock().unwrap_or_else(PoisonError::into_inner).next_piece();
            let pieces = std::iter::once(first).chain(std::iter::from_fn(next));
            let stream = futures::stream::iter(pieces.map(Ok::<Bytes, _>)).boxed();
            let stored = wait(self.runtime, storage.put_stream(key, stream))?;
            let taken = Arc::try_unwrap(shared).map_err(|_| CallError::WorkerLost {
                reason: "the storage keeps a stream that has ended".to_owned(),
            })?;
            run = taken.into_inner().unwrap_or_else(PoisonError::into_inner);
            stored.map(drop)
        };
        stored.map_err(|error| storage_error(&error))?;
        if self.context.is_stopped() {
            // On a thread of the client the call outlives its job, whose objects may have been
            // removed already: this one came too late for that.
            let removed = wait(self.runtime, storage.delete(&[key.to_owned()]))?;
            removed.map_err(|error| storage_error(&error))?;
            return Err(CallError::Cancelled);
        }
        let blocks = std::mem::take(&mut run.blocks);
        Ok((run, blocks))
    }

    fn finish(mut self) -> Result<CallRuns, CallError> {
        self.write_run()?;
        Ok(self.written)
    }
}
