//! Where executors come from that nobody has named.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lithops_core::api::is_inside_call;
use lithops_core::config::Config;
use lithops_core::error::Error;
use lithops_core::ports::Executor;

use crate::{Multiprocessing, MultiprocessingError, Result};

/// An executor, and the settings that it was made of.
#[derive(Clone)]
pub struct Connected {
    /// The executor.
    pub executor: Arc<dyn Executor>,
    /// The settings.
    pub config: Config,
}

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connected").finish_non_exhaustive()
    }
}

/// Makes an executor as configured, with so many workers or as many as configured.
pub type Connect = fn(Option<usize>) -> Result<Connected, Error>;

static CONNECT: OnceLock<Connect> = OnceLock::new();

/// Says how executors are made for pools, processes and objects that name none. The first one counts.
///
/// `lithops` does it by itself.
pub fn install(connect: Connect) {
    // Whoever comes second means the same.
    CONNECT.set(connect).ok();
}

/// A context of its own, with so many workers.
pub(crate) fn connect(workers: usize) -> Result<Multiprocessing> {
    let connect = CONNECT.get().ok_or(MultiprocessingError::NotInstalled)?;
    let Connected { executor, config } = connect(Some(workers))?;
    Ok(Multiprocessing::new(executor, &config))
}

/// The context that all objects of this process share; no worker is started for it.
///
/// A call's own is the executor of calls: it is the call's alone, so that whoever asks first does not
/// decide for the whole program.
pub(crate) fn shared() -> Result<Multiprocessing> {
    static SHARED: Mutex<Option<Multiprocessing>> = Mutex::new(None);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(shared) = &*shared {
        return Ok(shared.clone());
    }
    let connect = CONNECT.get().ok_or(MultiprocessingError::NotInstalled)?;
    let Connected { executor, config } = connect(None)?;
    let context = Multiprocessing::new(executor, &config);
    if !is_inside_call() {
        *shared = Some(context.clone());
    }
    Ok(context)
}
