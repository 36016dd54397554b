//! What locks and their like are, as values with operations. Pure.

mod barrier;
mod condition;
mod permits;
mod value;

pub(crate) use barrier::{Arrival, BarrierState};
pub(crate) use condition::ConditionState;
pub(crate) use permits::{Holding, Owner, Permits};
pub(crate) use value::ValueState;
