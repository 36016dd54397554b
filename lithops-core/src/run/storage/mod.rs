//! Jobs through storage: what every backend can do, and what another process can take up.
//!
//! A dispatch (a *wave*) is one object with the job's head and all inputs; workers read their range
//! of it and write batches of outcomes, which the client finds by listing one prefix.

mod clocks;
mod collect;
mod deaths;
mod driver;
mod hedge;
mod pace;
mod past;
mod take_up;
mod upload;
mod wave;

pub(super) use driver::{Order, Surroundings, drive};
pub(super) use past::{has_waves_from, look_up};
pub(super) use take_up::take_up;
