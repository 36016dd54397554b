//! Parallel iterators over the program's own executor.
//!
//! A program that uses rayon changes its import, and nothing else:
//!
//! ```
//! use lithops::prelude::*; // was: use rayon::prelude::*;
//!
//! let texts = vec!["to be".to_owned(), "or not to be".to_owned()];
//! let words: usize = texts.par_iter().map(|text| text.split(' ').count()).sum();
//! assert_eq!(words, 6);
//! let squares: Vec<u64> = (0..5u64).into_par_iter().map(|x| x * x).collect();
//! assert_eq!(squares, [0, 1, 4, 9, 16]);
//! ```
//!
//! The functions run where the configuration says: on worker processes unless it says otherwise. They
//! capture nothing.

use std::sync::{Arc, OnceLock};

use lithops_core::api::is_inside_call;
use lithops_core::function::Data;
pub use lithops_core::par::{Chain, Checked, Items, Mode, Par, ParRefs, ParSource, Provider};
use lithops_core::ports::Executor;
use lithops_core::run::wait_here;

use crate::{Builder, FunctionExecutor, Result};

static GLOBAL: OnceLock<FunctionExecutor> = OnceLock::new();
/// The one that calls use: on threads they are in the client's own process, and what calls inside a
/// call run on is not what the program runs on.
static INSIDE: OnceLock<FunctionExecutor> = OnceLock::new();

/// The program's own executor, which parallel iterators use: made from the configuration at first
/// use, unless [`Builder::build_global`] has made it.
///
/// # Errors
/// [`Error::Config`](crate::Error::Config) for a setting that can't be used.
pub fn global() -> Result<FunctionExecutor> {
    let own = if is_inside_call() { &INSIDE } else { &GLOBAL };
    if let Some(executor) = own.get() {
        return Ok(executor.clone());
    }
    let made = wait_here(FunctionExecutor::from_config())?;
    // Of two threads that make it at once one has it made in vain: it has started nothing.
    Ok(own.get_or_init(|| made).clone())
}

impl Builder {
    /// Makes the program's own executor, which parallel iterators use. Starts no worker.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) for a setting that can't be used, or if there is one
    /// already.
    pub fn build_global(self) -> Result<()> {
        let made = wait_here(self.build())?;
        GLOBAL.set(made).map_err(|_| {
            let (key, value) = ("the program's own executor".to_owned(), "made already".to_owned());
            let reason = "call `build_global` once, before the first parallel iterator".to_owned();
            crate::ConfigError::Invalid { key, value, reason }.into()
        })
    }
}

fn provided() -> Result<Arc<dyn Executor>> {
    Ok(global()?.handle())
}

/// What can be gone through in parallel, and is given away for it: lists, arrays, maps, sets, ranges of
/// numbers.
pub trait IntoParallelIterator: ParSource + Sized {
    /// A parallel iterator over the items, on the program's [own executor](global).
    fn into_par_iter(self) -> Par<Self, Items<Self::Item>> {
        Par::new(self, Provider::Asked(provided))
    }
}

impl<S: ParSource> IntoParallelIterator for S {}

/// What can be gone through in parallel by reference: slices, and so lists and arrays.
pub trait IntoParallelRefIterator {
    /// What it is made of.
    type Item: Data;

    /// A parallel iterator over references to the items, on the program's [own executor](global).
    fn par_iter(&self) -> ParRefs<'_, Self::Item>;
}

impl<T: Data> IntoParallelRefIterator for [T] {
    type Item = T;

    fn par_iter(&self) -> ParRefs<'_, T> {
        ParRefs::new(self, Provider::Asked(provided))
    }
}
