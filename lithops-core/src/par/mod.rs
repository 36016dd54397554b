//! Parallel iterators, as rayon has them, over workers: stages are fused, so that a worker does all of
//! them in one pass over its share of the items.

mod chain;
mod iter;
mod kernel;
mod mode;
mod refs;
mod run;
mod source;
mod stages;
mod terminal;

pub use chain::{Chain, Items, OneToOne};
pub use iter::Par;
pub use mode::{Checked, Mode, Panics};
pub use refs::ParRefs;
pub use run::Provider;
pub use source::{ParSource, RefSource};
pub use stages::{Enumerate, Filter, FilterMap, FilterRef, FlatMap, Inspect, Map, MapRef};
