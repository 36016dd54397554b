//! One simulation, from its seed to what was found.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use lithops_core::ports::{Executor, StorageBackend};
use lithops_core::run::{EngineSettings, World};
use lithops_storage::layers::RetryingStorage;
use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::executor::{Ground, SimulatedExecutor};
use crate::failure::{Failure, SimulationError};
use crate::faults::Faults;
use crate::log::EventLog;
use crate::platform::SimulatedPlatform;
use crate::scene::{Scene, pass, processor_ns};
use crate::storage::SimulatedStorage;
use crate::violation::Violation;

/// When simulations begin: some day in 2033, so that no key tells a time that was.
const BEGIN: Duration = Duration::from_secs(2_000_000_000);
/// What nobody waits for any more may take so long.
const AFTERMATH: Duration = Duration::from_secs(600);

/// Which way calls and results take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over links, where jobs do not ask for storage.
    Links,
    /// Through storage.
    Storage,
}

/// A simulation in the making: a seed decides all that happens by chance in it.
///
/// Client, platform, workers, links and storage live on one thread, on a clock that stands still
/// while anybody has something to do and jumps when all wait. The client's part is the library's own;
/// functions are called as they are. See [`check`](crate::check) for many seeds.
///
/// ```
/// use lithops_core::api::ExecutorExt;
/// use lithops_simulation::{Faults, Simulation};
///
/// fn square(x: u64) -> u64 {
///     x * x
/// }
///
/// let ran = Simulation::seed(7)
///     .faults(Faults { deaths: 0.3, ..Faults::none() })
///     .run(|exec| async move { exec.map(square, 0..5u64).retries(9).await });
/// assert_eq!(ran.value.unwrap(), [0, 1, 4, 9, 16]);
/// ```
#[derive(Clone, Debug)]
pub struct Simulation {
    seed: u64,
    faults: Faults,
    workers: usize,
    way: Option<Way>,
    settings: EngineSettings,
    bound: Duration,
}

/// What a simulation came to in which nothing was wrong.
#[derive(Debug)]
pub struct Ran<T> {
    /// What the scenario gave.
    pub value: T,
    /// What has happened.
    pub log: EventLog,
    /// How long the scenario took in simulated time.
    pub took: Duration,
    /// How long the processor was at the client's part: the engine and the scenario, nothing simulated.
    pub client_cpu: Duration,
    /// How many things went wrong.
    pub faults: u64,
    /// How many times calls were begun, repetitions counted.
    pub executions: usize,
}

impl Simulation {
    /// A simulation with [harsh faults](Faults::harsh), 4 workers, and the usual settings of an
    /// engine. Jobs of even seeds run over links, those of odd ones through storage.
    pub fn seed(seed: u64) -> Self {
        Self {
            seed,
            faults: Faults::default(),
            workers: 4,
            way: None,
            settings: EngineSettings::default(),
            bound: Duration::from_secs(3 * 3600),
        }
    }

    /// Says what goes wrong, and how often.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Says how many workers may run at once; at least 1.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// Says which way calls take, whatever the seed.
    pub fn way(mut self, way: Way) -> Self {
        self.way = Some(way);
        self
    }

    /// Sets the engine's bounds of waiting, and the terms of jobs that say no others.
    pub fn settings(mut self, settings: EngineSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Says within which simulated time the scenario has to end; 3 hours unless set.
    pub fn bound(mut self, bound: Duration) -> Self {
        self.bound = bound;
        self
    }

    /// The same simulation with another seed.
    pub(crate) fn with_seed(&self, seed: u64) -> Self {
        Self { seed, ..self.clone() }
    }

    /// Runs a scenario on this thread.
    ///
    /// # Panics
    /// If the scenario panics, or an invariant of the library is found broken: see [`Violation`].
    /// Also inside of a runtime, and where the system has no thread more.
    pub fn run<T, F: Future<Output = T>>(
        &self,
        scenario: impl FnOnce(SimulatedExecutor) -> F,
    ) -> Ran<T> {
        self.try_run(scenario).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`run`](Self::run), for those who want to look at what was found.
    ///
    /// # Errors
    /// [`SimulationError`]: what was violated, and what had happened; or that the system has no
    /// thread more.
    pub fn try_run<T, F: Future<Output = T>>(
        &self,
        scenario: impl FnOnce(SimulatedExecutor) -> F,
    ) -> Result<Ran<T>, SimulationError> {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
        let handle = runtime.handle().clone();
        let _world = World::new(handle, SystemTime::UNIX_EPOCH + BEGIN, self.seed as u32).enter();
        let ran = runtime.block_on(self.live(scenario));
        // Before the world ends: what is dropped with it may want its runtime.
        drop(runtime);
        ran
    }

    async fn live<T, F: Future<Output = T>>(
        &self,
        scenario: impl FnOnce(SimulatedExecutor) -> F,
    ) -> Result<Ran<T>, SimulationError> {
        let scene = Scene::set(self.seed, self.faults.clone(), self.workers)?;
        let objects = SimulatedStorage::new(Arc::clone(&scene));
        let storage: Arc<dyn StorageBackend> =
            Arc::new(RetryingStorage::new(Arc::new(objects.clone())).even_waits());
        let by_seed = if self.seed.is_multiple_of(2) { Way::Links } else { Way::Storage };
        let links = self.way.unwrap_or(by_seed) == Way::Links;
        let (on, within) = (Arc::clone(&scene), Arc::clone(&storage));
        let platform = Arc::new(SimulatedPlatform::new(on, within, links));
        let settings = self.settings;
        let ground = Ground { scene: Arc::clone(&scene), platform, storage, settings };
        let exec = SimulatedExecutor::on(&ground);

        let processor = processor_ns();
        let begun = tokio::time::Instant::now();
        let (bound, mut violations) = (self.bound, Vec::new());
        let scenario = AssertUnwindSafe(async { scenario(exec.clone()).await }).catch_unwind();
        let value = match timeout(bound, scenario).await {
            Ok(Ok(value)) => Some(value),
            Ok(Err(panic)) => {
                violations.push(Violation::Panicked { message: message(panic.as_ref()) });
                None
            }
            Err(_) => {
                violations.push(Violation::Unended { bound });
                None
            }
        };
        let took = begun.elapsed();
        let processor = Duration::from_nanos(processor_ns() - processor);
        let client_cpu = processor.saturating_sub(scene.simulated_time());
        scene.note(format_args!("the scenario has ended"));
        // Whoever was killed stops nothing any more.
        if !exec.is_killed() && timeout(bound, exec.shutdown()).await.is_err() {
            violations.push(Violation::NotShutDown { bound });
        }
        drop(exec);
        pass(AFTERMATH).await;

        let left = objects.keys_of_jobs();
        let (log, tally) = scene.take();
        let left =
            left.into_iter().filter(|key| !tally.was_hidden(key) && !tally.is_abandoned(key));
        violations.extend(left.map(|key| Violation::LeftObject { key }));
        let (faults, executions) = tally.counts();
        violations.extend(tally.into_violations());
        match value {
            Some(value) if violations.is_empty() => {
                Ok(Ran { value, log, took, client_cpu, faults, executions })
            }
            _ => Err(Failure { seed: self.seed, violations, log }.into()),
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without a text".to_owned())
}
