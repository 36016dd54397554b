//! From calls that are due to workers that have them: one wave.

use std::pin::pin;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::deaths::DEATHS;
use super::driver::{Driver, Order, Share, Successor};
use super::upload::{UploadError, upload};
use crate::plan::shares;
use crate::ports::{ComputeError, JobEvent, Launch};
use crate::wire::{CallError, CallRange};

/// Why a wave was not started.
#[derive(Debug, thiserror::Error)]
enum NotStarted {
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error(transparent)]
    Platform(#[from] ComputeError),
}

impl NotStarted {
    /// Whether another try is in vain: storage has its own.
    fn is_final(&self) -> bool {
        match self {
            Self::Upload(_) => true,
            Self::Platform(error) => error.is_final(),
        }
    }
}

impl Driver {
    /// How many workers may be started beside those that work.
    pub(super) fn room(&self) -> usize {
        let most = self.around.backend.capability().max_workers.max(1);
        most.saturating_sub(self.working.len())
    }

    /// Whether a wave may be started once a call is due.
    pub(super) fn can_launch(&self) -> bool {
        self.awaited.is_empty() && !self.due.is_empty() && self.room() > 0
    }

    /// Starts a wave with the calls that are due; one whose arguments come later waits for all.
    pub(super) async fn launch(&mut self, orders: &mut mpsc::UnboundedReceiver<Order>) {
        let now = Instant::now();
        let ripe = self.due.iter().filter(|(_, when)| **when <= now);
        let calls: Vec<u32> = ripe.map(|(index, _)| *index).collect();
        if !self.can_launch() || calls.is_empty() || now < self.not_before {
            return;
        }
        let (calls, alone) = self.apart(calls);
        let dealt = self.deal(&calls, alone);
        if dealt.is_empty() {
            return;
        }
        for (index, _) in dealt.iter().flatten() {
            self.due.remove(index);
        }
        let wave = self.wave;
        self.wave += 1;
        let mut supplied = Vec::new();
        let started = {
            let mut start = pin!(self.start(wave, &dealt, alone));
            loop {
                tokio::select! {
                    started = &mut start => break Ok(started),
                    order = orders.recv() => match order {
                        Some(Order::Supply(inputs)) => supplied.push(inputs),
                        // A platform may take minutes to begin: nobody waits for that now.
                        order => break Err(order),
                    },
                }
            }
        };
        supplied.into_iter().for_each(|inputs| self.obey(Some(Order::Supply(inputs))));
        match started {
            Err(order) => return self.obey(order),
            Ok(Err(error)) => return self.put_back(&dealt, &error),
            Ok(Ok(requests)) => self.sent += requests,
        }
        self.workers += dealt.len() as u32;
        self.job.tell(JobEvent::Workers(self.workers));
        let now = Instant::now();
        let here = self.around.backend.capability().on_this_machine;
        self.pace.news(now);
        self.starts.launched(wave, dealt.len() as u32, now);
        for (worker, calls) in (0..).zip(dealt) {
            self.working.insert((wave, worker), Share::new(calls, here, now));
        }
        self.tell_in_flight();
    }

    /// Leaves calls that a worker died of to a wave of their own, where others would share what they
    /// may bring down; gives whether this is one.
    fn apart(&self, mut calls: Vec<u32>) -> (Vec<u32>, bool) {
        let suspect = |index: &u32| self.job.ledger.is_suspect(*index);
        let alone = self.around.backend.capability().slots > 1 && calls.iter().any(suspect);
        if alone {
            calls.retain(suspect);
        }
        (calls, alone)
    }

    /// Deals calls to workers: those that a worker died of get one each, if need be later.
    fn deal(&mut self, calls: &[u32], alone: bool) -> Vec<Vec<(u32, u32)>> {
        let slots = if alone { self.around.backend.capability().slots.max(1) } else { 1 };
        let room = (self.room() / slots).max(1);
        let (suspects, others): (Vec<u32>, Vec<u32>) =
            calls.iter().partition(|index| self.job.ledger.is_suspect(**index));
        // A job that was taken up has no chunks.
        let planned = !self.job.plan.chunks.is_empty();
        let all = others.len() as u32 == self.job.plan.inputs.len();
        let first = planned && self.workers == 0 && all;
        let chunks: Vec<CallRange> = if first {
            self.job.plan.chunks.clone()
        } else {
            others.iter().map(|index| CallRange { first: *index, count: 1 }).collect()
        };
        let dealt = if chunks.is_empty() { Vec::new() } else { shares(&chunks, room) };
        let mut dealt: Vec<Vec<(u32, u32)>> = dealt
            .into_iter()
            .map(|share| {
                let indices = share.iter().flat_map(|range| range.indices());
                indices.map(|index| (index, self.job.ledger.begin(index))).collect()
            })
            .collect();
        let room = room - dealt.len();
        dealt.extend(
            suspects.iter().take(room).map(|index| vec![(*index, self.job.ledger.begin(*index))]),
        );
        dealt
    }

    /// Gives how many requests to storage it took.
    async fn start(
        &self,
        wave: u32,
        dealt: &[Vec<(u32, u32)>],
        alone: bool,
    ) -> Result<u64, NotStarted> {
        let uploaded = async { Ok::<_, NotStarted>(upload(self, wave, dealt).await?) };
        // Neither needs the other, and both ask somebody far away. An upload is always waited for: one
        // that nobody waits for may be stored when the job's objects have been removed.
        let deployed = async { Ok(self.around.backend.deploy().await) };
        let ((order, requests), deployed) = futures::try_join!(uploaded, deployed)?;
        deployed?;
        let launch = Launch {
            job: self.job.id().clone(),
            workers: dealt.len() as u32,
            order,
            profile: self.job.profile.clone(),
            alone,
        };
        self.around.backend.start(launch).await?;
        Ok(requests)
    }

    /// Takes the calls of a wave that was not started back, to be dealt again after a pause.
    fn put_back(&mut self, dealt: &[Vec<(u32, u32)>], error: &NotStarted) {
        let reason = error.to_string();
        tracing::warn!(job = %self.job.id(), reason, "a wave could not be started");
        if error.is_final() {
            if matches!(error, NotStarted::Upload(UploadError::TakenUp)) {
                return self.hand_over(Successor::Client);
            }
            self.job.fail(&CallError::JobFailed { reason });
            return;
        }
        // Their attempts' numbers stay used: what a worker that was stopped while its neighbours
        // could not be started has written must not count as the next attempt's.
        let now = Instant::now();
        self.due.extend(dealt.iter().flatten().map(|(index, _)| (*index, now)));
        self.deaths += 1;
        self.not_before = now + self.job.plan.options.retry.wait(self.deaths);
        if self.deaths >= DEATHS {
            let reason = format!(
                "workers could not be started, {DEATHS} times in a row; the last: {reason}"
            );
            self.job.fail(&CallError::JobFailed { reason });
        }
    }
}
