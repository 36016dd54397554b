//! What becomes of a worker, drawn when it is started.

use std::time::Duration;

use crate::scene::Scene;

/// What becomes of a worker.
#[derive(Clone, Debug)]
pub(crate) struct Fate {
    /// When it is started, after the platform was asked; `None` if never.
    pub(crate) start: Option<Duration>,
    /// How much longer than others it takes for a call.
    pub(crate) slowness: u32,
    /// How far its clock is from the true one, in milliseconds.
    pub(crate) skew_ms: i64,
    pub(crate) turn: Turn,
    /// Whether somebody who knows what it was at sees it die.
    pub(crate) seen: bool,
}

/// What happens to a worker on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Turn {
    Nothing,
    /// It dies before its first word.
    DiesFirst,
    /// It dies in its nth call, after this part of it.
    DiesIn(u32, f64),
    /// It dies after its nth call, before it reports it.
    DiesAfter(u32),
    /// It falls silent in its nth call, for so long; for ever if `None`.
    Stalls(u32, Option<Duration>),
}

impl Fate {
    /// Draws what becomes of a worker that will have about so many calls.
    pub(crate) fn draw(scene: &Scene, calls: u32) -> Self {
        let faults = &scene.faults;
        let mut start = scene.between(faults.start);
        if scene.happens(faults.late_starts) {
            start += scene.up_to(faults.late_start_by);
        }
        let lost = scene.happens(faults.lost_starts);
        let slowness = if scene.happens(faults.slow_workers) { 10 } else { 1 };
        let skew = scene.up_to(faults.clock_skew * 2).as_millis() as i64;
        let skew_ms = skew - faults.clock_skew.as_millis() as i64;
        let call = scene.below(calls.max(1));
        let turn = if scene.happens(faults.deaths) {
            match scene.below(4) {
                0 => Turn::DiesFirst,
                1 => Turn::DiesAfter(call),
                _ => Turn::DiesIn(call, f64::from(scene.below(100)) / 100.0),
            }
        } else if scene.happens(faults.silences) {
            Turn::Stalls(call, None)
        } else if scene.happens(faults.stalls) {
            Turn::Stalls(call, Some(scene.up_to(faults.stalled_for)))
        } else {
            Turn::Nothing
        };
        let seen = scene.sees_calls;
        Self { start: (!lost).then_some(start), slowness, skew_ms, turn, seen }
    }

    /// What the worker's clock shows, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        crate::scene::now_ms().saturating_add_signed(self.skew_ms)
    }
}
