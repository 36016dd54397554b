//! An array job of agents: submitted, waited for, and looked after until each has called.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lithops_agents::{Address, Agent, Expected, GreetError, agent_environment, secret_number};
use lithops_core::ports::{ComputeError, ComputeErrorKind};
use lithops_core::wire::{CallError, Preamble};
use lithops_worker::{CONTAINER_VARIABLE, UNREACHABLE};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::place::{Failed, Place, State};
use super::{Nodes, cancel, key_file};
use crate::array::{Part, parts};
use crate::backend::{Inner, START, sights};
use crate::failure::{self, Terms};
use crate::home::Home;
use crate::queue::Sight;
use crate::refused::{BACKEND, error};
use crate::script::Batch;
use crate::task::{Cause, Failure, Task};

/// How long a controller that is busy, or away, is asked again.
const AWAY: Duration = Duration::from_secs(60);
/// How long is waited between two tries, and between two looks at how an agent has ended.
const PAUSE: Duration = Duration::from_millis(500);
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// The bounds between two looks at tasks that wait.
const LOOKS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// How long a job that was just submitted may be unknown.
const UNKNOWN: Duration = Duration::from_secs(30);
/// How long a task that runs may take until its agent has called.
const CALL: Duration = Duration::from_secs(60);
/// How long Slurm may take to know how an agent has ended.
const POST_MORTEM: Duration = Duration::from_secs(3);

/// One array job of agents.
#[derive(Debug)]
struct Allocation {
    id: u64,
    name: String,
    slots: u32,
    submitted: Instant,
    /// When Slurm was last asked how agents have ended, and what it said.
    lately: Mutex<Option<(Instant, Arc<Vec<Sight>>)>>,
}

/// An agent that will call.
type Awaited = (Arc<Place>, Expected);

impl Nodes {
    /// Submits array jobs for these places, which are alike.
    pub(super) async fn allocate(&self, memory: Option<u64>, places: Vec<Arc<Place>>) {
        let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let mut left = places.into_iter();
        let home = match self.home().await {
            Ok(home) => home,
            Err(refused) => return left.for_each(|place| fail(&place, &refused)),
        };
        for part in parts(count, home.cluster.max_array) {
            let some: Vec<Arc<Place>> = left.by_ref().take(part.count as usize).collect();
            if let Err(refused) = self.allocate_part(&home, memory, part, &some).await {
                some.iter().for_each(|place| fail(place, &refused));
            }
        }
    }

    async fn allocate_part(
        &self,
        home: &Arc<Home>,
        memory: Option<u64>,
        part: Part,
        places: &[Arc<Place>],
    ) -> Result<(), ComputeError> {
        let number = secret_number().map_err(|source| {
            ComputeError::because(BACKEND, ComputeErrorKind::Start, START, source)
        })?;
        // A shell counts on from it with 64 bits and a sign.
        let first = number >> 2;
        let agent = |place: &Arc<Place>, task: u64| {
            (Arc::clone(place), self.switchboard.expect(Preamble::Agent(first + task)))
        };
        let awaited: Vec<Awaited> =
            places.iter().zip(0..).map(|(p, task)| agent(p, task)).collect();
        let key = key_file(home);
        let address = Address::Tcp { hosts: &self.hosts, key: &key };
        let told = agent_environment(first, &address).into_iter();
        let environment: BTreeMap<String, String> = told
            .filter(|(name, _)| *name != CONTAINER_VARIABLE)
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let slots = u32::try_from(self.inner.config.slots.max(1)).unwrap_or(u32::MAX);
        let batch = Batch {
            name: self.inner.link_name(self.submitted.fetch_add(1, Ordering::Relaxed)),
            owner: self.inner.owner.clone(),
            part: Part { first: 0, ..part },
            slots,
            worker_memory: memory,
            environment,
            private: None,
            number: (CONTAINER_VARIABLE, first),
        };
        let id = self.submit_patiently(home, &batch).await?;
        self.places().arrays.push(id);
        let advanced =
            |(place, task): (&Arc<Place>, u32)| place.advance(State::Submitted { array: id, task });
        // Those that were given up meanwhile would wait in the queue for as long as this executor lives.
        let given_up =
            places.iter().zip(0..).filter(|of| !advanced(*of)).map(|(_, task)| (id, task));
        cancel(&self.inner, &given_up.collect::<Vec<_>>()).await;
        let (submitted, lately) = (Instant::now(), Mutex::default());
        let allocation = Arc::new(Allocation { id, name: batch.name, slots, submitted, lately });
        for ((place, expected), task) in awaited.into_iter().zip(0..) {
            self.tasks.spawn(attend(
                Arc::clone(&self.inner),
                Arc::clone(home),
                Arc::clone(&allocation),
                task,
                place,
                expected,
            ));
        }
        let watched = watch(
            Arc::clone(&self.inner),
            Arc::clone(home),
            allocation,
            places.to_vec(),
            self.hosts.join(", "),
        );
        self.tasks.spawn(watched);
        Ok(())
    }

    /// Submits an array job; a controller that is away is waited for.
    async fn submit_patiently(&self, home: &Home, batch: &Batch) -> Result<u64, ComputeError> {
        let begun = Instant::now();
        loop {
            match self.inner.submit(self.inner.login()?, home, batch).await {
                Err(error)
                    if error.is_retryable()
                        && begun.elapsed() < AWAY
                        && !self.closed.load(Ordering::Acquire) =>
                {
                    tracing::info!(%error, "Slurm is asked again");
                    tokio::time::sleep(PAUSE).await;
                }
                submitted => return submitted,
            }
        }
    }
}

/// Waits for an agent's call, unless its place is given up before, and greets it.
async fn attend(
    inner: Arc<Inner>,
    home: Arc<Home>,
    allocation: Arc<Allocation>,
    task: u32,
    place: Arc<Place>,
    mut expected: Expected,
) {
    let stream = tokio::select! {
        stream = expected.connection() => stream,
        () = place.failed() => None,
    };
    let Some(stream) = stream else { return };
    let called = format!("task {task} of {}", allocation.name);
    let ended = async move { allocation.end(&inner, &home, task).await };
    match Agent::greet(stream, called, ended).await {
        Ok(agent) => {
            let agent = Arc::new(agent);
            if !place.advance(State::Here(Arc::clone(&agent))) {
                agent.hang_up();
            }
        }
        Err(source) => {
            let kind = match source {
                GreetError::Protocol(_) => ComputeErrorKind::Unsupported,
                _ => ComputeErrorKind::Start,
            };
            place.fail(Failed { kind, message: source.to_string(), passes: false });
        }
    }
}

/// Looks after tasks until each agent has called, or will not.
async fn watch(
    inner: Arc<Inner>,
    home: Arc<Home>,
    allocation: Arc<Allocation>,
    places: Vec<Arc<Place>>,
    hosts: String,
) {
    let mut moved = Instant::now();
    let mut states = vec![(Task::Pending, Instant::now()); places.len()];
    loop {
        let (least, most) = LOOKS;
        tokio::time::sleep((moved.elapsed() / 8).clamp(least, most)).await;
        if !places.iter().any(|place| place.is_awaited()) {
            return;
        }
        let seen = allocation.look(&inner).await;
        let now = Instant::now();
        let stuck = now.duration_since(moved) > inner.config.start_bound;
        // They would wait or run for as long as this executor lives, and no call would come of them.
        let mut given_up = Vec::new();
        for (place, (task, (state, since))) in places.iter().zip((0..).zip(&mut states)) {
            if !place.is_awaited() {
                continue;
            }
            let terms = allocation.terms(task, &inner);
            let sight = match &seen {
                Ok(sights) => sights.iter().find(|sight| sight.task == task),
                Err(error) if stuck => {
                    let why = failure::silent(&terms, moved.elapsed(), &error.to_string());
                    place.fail(refusal(why, false));
                    continue;
                }
                Err(_) => continue,
            };
            let new = match sight {
                Some(sight) => Task::of(sight),
                None if now.duration_since(allocation.submitted) < UNKNOWN => continue,
                None => Task::Gone,
            };
            if new != *state {
                (*state, *since, moved) = (new, now, now);
            }
            let waits = sight.map_or("", |sight| sight.reason.as_str());
            match &*state {
                Task::Pending if stuck => {
                    let why = failure::stuck(&terms, waits, inner.config.start_bound);
                    place.fail(refusal(why, false));
                    given_up.push((allocation.id, task));
                }
                Task::Running if now.duration_since(*since) > CALL => {
                    let why = format!(
                        "its task {task} of {} runs and has not called within {CALL:?}: {}",
                        allocation.name,
                        unreachable(&hosts)
                    );
                    place.fail(refusal(why, false));
                    given_up.push((allocation.id, task));
                }
                Task::Pending | Task::Running => {}
                Task::Succeeded => {
                    let why = format!("its task {task} of {} has ended early", allocation.name);
                    place.fail(refusal(why, true));
                }
                Task::Gone => place.fail(refusal(failure::gone(&terms), true)),
                Task::Failed(failed) => {
                    let said = inner.log(&home, &allocation.name, task).await;
                    let failed = failed.clone().saying(said);
                    if failed.cause.has_log() {
                        // Somebody may have removed the program, or the key.
                        inner.doubt();
                    }
                    if matches!(failed.cause, Cause::Held(_)) {
                        given_up.push((allocation.id, task));
                    }
                    place.fail(early(&failed, &terms, &hosts));
                }
            }
        }
        cancel(&inner, &given_up).await;
    }
}

/// What it means that a task has ended before its agent has called.
fn early(failed: &Failure, terms: &Terms<'_>, hosts: &str) -> Failed {
    if failed.cause == Cause::Exited(UNREACHABLE) {
        let message = format!("{}: {}", unreachable(hosts), failed.said.trim());
        return Failed { kind: ComputeErrorKind::Unsupported, message, passes: false };
    }
    let passes = matches!(failed.cause, Cause::Node | Cause::Preempted | Cause::Cancelled);
    refusal(failure::reason(failed, terms), passes)
}

fn fail(place: &Place, refused: &ComputeError) {
    let (kind, message) = (refused.kind, refused.message.clone());
    place.fail(Failed { kind, message, passes: false });
}

fn unreachable(hosts: &str) -> String {
    format!(
        "nodes do not reach the client at {hosts}; say in `slurm.address` where they do, open the \
         port in `slurm.port`, or say `link = false` for jobs through storage"
    )
}

fn refusal(message: String, passes: bool) -> Failed {
    Failed { kind: ComputeErrorKind::Start, message, passes }
}

impl Allocation {
    fn terms(&self, task: u32, inner: &Inner) -> Terms<'_> {
        let time_limit = inner.config.time_limit;
        Terms { name: &self.name, task, slots: self.slots, time_limit }
    }

    /// What Slurm says of its tasks.
    async fn look(&self, inner: &Inner) -> Result<Vec<Sight>, ComputeError> {
        let sights = sights(inner.login()?, &[self.id]).await;
        let mut sights = sights
            .map_err(|source| error(ComputeErrorKind::Unavailable, START, source.to_string()))?;
        sights.retain(|sight| sight.array == self.id);
        Ok(sights)
    }

    /// The same, with all who ask at the same time: agents of an array end together, and one answer
    /// that was asked for after they have is for all of them.
    async fn look_together(&self, inner: &Inner) -> Result<Arc<Vec<Sight>>, ComputeError> {
        let wanted = Instant::now();
        let mut lately = self.lately.lock().await;
        if let Some((asked, sights)) = lately.as_ref()
            && *asked >= wanted
        {
            return Ok(Arc::clone(sights));
        }
        let asked = Instant::now();
        let sights = Arc::new(self.look(inner).await?);
        *lately = Some((asked, Arc::clone(&sights)));
        Ok(sights)
    }

    /// How the agent of a task has ended that has hung up.
    async fn end(&self, inner: &Inner, home: &Home, task: u32) -> CallError {
        let terms = self.terms(task, inner);
        let begun = Instant::now();
        loop {
            let said = match self.look_together(inner).await {
                Ok(sights) => sights.iter().find(|sight| sight.task == task).cloned(),
                Err(error) => return lost(&terms, &error.to_string()),
            };
            let is_late = begun.elapsed() > POST_MORTEM;
            match said.as_ref().map(Task::of) {
                Some(Task::Failed(failed)) if !failed.cause.has_log() => {
                    return failure::cause(&failed, &terms);
                }
                Some(Task::Failed(failed)) => {
                    let said = inner.log(home, &self.name, task).await;
                    return failure::cause(&failed.saying(said), &terms);
                }
                Some(Task::Succeeded) => return lost(&terms, "it has hung up, and ended well"),
                Some(Task::Gone) | None => {
                    let reason = failure::gone(&terms);
                    return CallError::WorkerLost { reason };
                }
                Some(Task::Pending | Task::Running) if is_late => {
                    let state = said.map_or_else(String::new, |sight| sight.state);
                    return lost(&terms, &format!("it has hung up, and Slurm says {state}"));
                }
                Some(Task::Pending | Task::Running) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }
}

fn lost(terms: &Terms<'_>, why: &str) -> CallError {
    let reason = format!("its task {} of {}: {why}", terms.task, terms.name);
    CallError::WorkerLost { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(cause: Cause) -> Failed {
        let said = "lithops agent: 10.0.0.1:7: connection refused\n".to_owned();
        let failure = Failure { cause, node: "n1".to_owned(), memory: None, said };
        let terms = Terms { name: "lithops-c-l0", task: 2, slots: 1, time_limit: None };
        early(&failure, &terms, "10.0.0.1:7")
    }

    #[test]
    fn an_agent_that_does_not_reach_the_client_says_what_to_set() {
        let told = failed(Cause::Exited(UNREACHABLE));
        assert_eq!((told.kind, told.passes), (ComputeErrorKind::Unsupported, false));
        assert_eq!(
            told.message,
            "nodes do not reach the client at 10.0.0.1:7; say in `slurm.address` where they do, open \
             the port in `slurm.port`, or say `link = false` for jobs through storage: lithops agent: \
             10.0.0.1:7: connection refused"
        );
    }

    #[test]
    fn only_what_is_no_programs_fault_is_tried_again() {
        let passes = |cause| failed(cause).passes;
        assert!(passes(Cause::Node) && passes(Cause::Preempted) && passes(Cause::Cancelled));
        assert!(!passes(Cause::Exited(127)) && !passes(Cause::TimeLimit));
    }
}
