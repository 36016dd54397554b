//! All runs and what they wait for, as one value behind one lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use tokio_util::sync::CancellationToken;

use super::machine::Machine;
use super::queue::{Need, Queue, Waiting};
use super::{RunId, RunOrder, Variables};
use crate::InstanceQuota;
use crate::instance::Log;

#[derive(Debug)]
pub(super) struct State {
    pub(super) runs: HashMap<u64, Run>,
    pub(super) names: BTreeMap<RunId, u64>,
    pub(super) queue: Queue,
    /// How many runs there were.
    numbered: u64,
    chance: StdRng,
    /// Whether nothing starts any more.
    pub(super) closed: bool,
}

#[derive(Debug)]
pub(super) struct Run {
    pub(super) order: Arc<RunOrder>,
    pub(super) machine: Machine,
    pub(super) logs: BTreeMap<u64, Log>,
    /// The variables that its instances were given.
    pub(super) given: Variables,
    /// Ends its instances.
    pub(super) stop: CancellationToken,
    /// How many of its indices the project's total counts.
    pub(super) counted: u64,
}

/// What an instance is started for.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    /// The number of its run.
    pub(super) run: u64,
    pub(super) order: Arc<RunOrder>,
    pub(super) index: u64,
    pub(super) retry: u32,
    pub(super) log: Log,
    pub(super) stop: CancellationToken,
}

impl Ticket {
    pub(super) fn waiting(&self) -> Waiting {
        let need = Need::from(&*self.order);
        Waiting { run: self.run, index: self.index, need, counted: true }
    }

    pub(super) fn project(&self) -> &str {
        &self.order.id.project
    }

    /// What its instance is called.
    pub(super) fn hostname(&self) -> String {
        format!("{}-{}-{}", self.order.id.name, self.index, self.retry)
    }
}

impl State {
    pub(super) fn new(quota: InstanceQuota, seed: u64) -> Self {
        Self {
            runs: HashMap::new(),
            names: BTreeMap::new(),
            queue: Queue::new(quota),
            numbered: 0,
            chance: StdRng::seed_from_u64(seed),
            closed: false,
        }
    }

    /// Lets all indices of a new run wait, in any order: none is promised.
    pub(super) fn add(&mut self, order: RunOrder, stop: CancellationToken) {
        self.numbered += 1;
        let run = self.numbered;
        let need = Need::from(&order);
        let mut indices = order.indices.clone();
        indices.shuffle(&mut self.chance);
        for index in indices {
            let waiting = Waiting { run, index, need, counted: false };
            self.queue.push(&order.id.project, waiting);
        }
        self.names.insert(order.id.clone(), run);
        let machine = Machine::new(&order);
        let logs = order.indices.iter().map(|index| (*index, Log::default())).collect();
        let order = Arc::new(order);
        let given = BTreeSet::new();
        self.runs.insert(run, Run { order, machine, logs, given, stop, counted: 0 });
    }

    /// Takes those out of the queue that have room now.
    pub(super) fn admit(&mut self, project: &str, now: SystemTime) -> Vec<Ticket> {
        let mut tickets = Vec::new();
        while let Some(Waiting { run: number, index, counted, .. }) = self.queue.admit(project) {
            let Some(run) = self.runs.get_mut(&number) else { continue };
            run.machine.admit(now);
            run.counted += u64::from(!counted);
            let retry = run.machine.indices.get(&index).map_or(0, |index| index.retries);
            let log = run.logs.get(&index).cloned().unwrap_or_default();
            let (order, stop) = (Arc::clone(&run.order), run.stop.clone());
            tickets.push(Ticket { run: number, order, index, retry, log, stop });
        }
        tickets
    }

    /// Takes a run away, and ends its instances.
    pub(super) fn remove(&mut self, number: u64) -> Option<RunId> {
        let run = self.runs.remove(&number)?;
        let id = run.order.id.clone();
        self.names.remove(&id);
        run.stop.cancel();
        self.queue.withdraw(&id.project, number);
        self.queue.forget(&id.project, run.counted);
        Some(id)
    }

    /// Ends a run whose time is over.
    pub(super) fn expire(&mut self, number: u64, now: SystemTime) {
        let Some(run) = self.runs.get_mut(&number) else { return };
        run.machine.expire(now);
        run.stop.cancel();
        self.queue.withdraw(&run.order.id.project, number);
    }

    pub(super) fn find(&self, id: &RunId) -> Option<(u64, &Run)> {
        let number = *self.names.get(id)?;
        Some((number, self.runs.get(&number)?))
    }
}
