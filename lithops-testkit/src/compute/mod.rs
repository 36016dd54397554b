//! The promises of an executor, whatever backend runs its calls.
//!
//! [`compute_suite!`](crate::compute_suite) makes a test of each case of [`cases`]; [`functions`] are
//! what the cases call.

pub mod cases;
pub mod functions;
mod list;
mod subject;
mod suite;

pub use subject::{Setup, Subject};
pub use suite::{Told, run, told};

use std::sync::Arc;

use lithops_core::ports::Executor;

/// The executor under test.
pub type TestExecutor = Arc<dyn Executor>;
