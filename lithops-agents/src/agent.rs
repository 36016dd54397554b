//! One agent: greeted, told which workers to start, and heard of their ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lithops_core::ports::Running;
use lithops_core::wire::{CallError, Encoded, FromAgent, PROTOCOL, ToAgent, WorkerStart};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::frames::{self, Frames, Unreadable};
use crate::stream::{Reader, Stream};

/// How long an agent may take from its connection to its first word.
const READY: Duration = Duration::from_secs(30);
/// How long a platform may take to tell how an agent has ended: less than who buries a worker waits.
const POST_MORTEM: Duration = Duration::from_secs(4);

/// How a worker at an agent has ended.
#[derive(Debug)]
pub struct WorkerEnd {
    /// The call that it was running.
    pub running: Option<Running>,
    /// Why; `None` if it has said all it had to say.
    pub cause: Option<CallError>,
    /// Whether its agent has gone with it, so that nobody saw what it was doing.
    pub unseen: bool,
}

/// Why an agent that has called can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GreetError {
    /// It is of another version.
    #[error("it speaks protocol {0}, this client {PROTOCOL}: build both from the same version")]
    Protocol(u32),
    /// It hangs up, or what it says is nothing of an agent, or it says nothing in time.
    #[error("its agent does not say what it speaks")]
    Silent,
}

/// An agent, ready to start workers. Dropping it hangs up, which ends it and its workers.
#[derive(Debug)]
pub struct Agent {
    name: String,
    orders: Arc<Orders>,
    ends: Arc<Ends>,
    /// Why the agent is gone, once it is.
    gone: watch::Receiver<Option<CallError>>,
}

/// What an agent is to do, until it is sent away.
#[derive(Debug)]
struct Orders(Mutex<Option<mpsc::UnboundedSender<Encoded>>>);

impl Orders {
    fn lock(&self) -> MutexGuard<'_, Option<mpsc::UnboundedSender<Encoded>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who waits for the end of which worker.
#[derive(Debug, Default)]
struct Ends(Mutex<Option<HashMap<u64, oneshot::Sender<WorkerEnd>>>>);

impl Ends {
    fn lock(&self) -> MutexGuard<'_, Option<HashMap<u64, oneshot::Sender<WorkerEnd>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Agent {
    /// Hears the agent's first word, within half a minute; then listens to it from a task of its own.
    ///
    /// `name` says what and where it is, as `the container 1a2b3c`. `how_it_ended` is asked when it has
    /// hung up by itself, for four seconds at most, and tells what the platform knows, as those calls
    /// are told whose workers went with it.
    ///
    /// # Errors
    /// [`GreetError`]; the connection is dropped then, which ends the agent.
    pub async fn greet(
        stream: Stream,
        name: impl Into<String>,
        how_it_ended: impl Future<Output = CallError> + Send + 'static,
    ) -> Result<Self, GreetError> {
        let name = name.into();
        let (reader, writer) = stream.into_split();
        let mut frames = Frames::with_limit(reader, 0);
        match timeout(READY, hear(&mut frames, &name)).await {
            Ok(Some(FromAgent::Hello { protocol: PROTOCOL })) => {}
            Ok(Some(FromAgent::Hello { protocol })) => return Err(GreetError::Protocol(protocol)),
            Ok(_) | Err(_) => return Err(GreetError::Silent),
        }
        let (orders, inbox) = mpsc::unbounded_channel();
        tokio::spawn(frames::write(writer, inbox));
        let ends = Arc::new(Ends(Mutex::new(Some(HashMap::new()))));
        let (told, gone) = watch::channel(None);
        let (attended, called) = (Arc::clone(&ends), name.clone());
        let orders = Arc::new(Orders(Mutex::new(Some(orders))));
        let wanted = Arc::downgrade(&orders);
        tokio::spawn(async move {
            attend(frames, &attended, &called).await;
            let is_wanted = wanted.upgrade().is_some_and(|orders| orders.lock().is_some());
            let why = if is_wanted {
                let why = timeout(POST_MORTEM, how_it_ended).await;
                why.unwrap_or_else(|_| unwatched(&called))
            } else {
                let reason = format!("{called} was sent away");
                CallError::WorkerLost { reason }
            };
            // Told before its workers' ends are, so that whoever hears of those can ask.
            told.send(Some(why)).ok();
            attended.lock().take();
        });
        Ok(Self { name, orders, ends, gone })
    }

    /// Starts a worker, and gives how it will end; nothing if the agent is gone before.
    pub(crate) fn begin(&self, start: WorkerStart) -> oneshot::Receiver<WorkerEnd> {
        let (told, end) = oneshot::channel();
        if let Some(ends) = self.ends.lock().as_mut() {
            ends.insert(start.lane, told);
        }
        self.say(&ToAgent::Start(start));
        end
    }

    /// Kills a worker, if it still runs.
    pub fn kill(&self, lane: u64) {
        self.say(&ToAgent::Kill { lane });
    }

    fn say(&self, message: &ToAgent) {
        if let Some(orders) = self.orders.lock().as_ref() {
            // An agent that is gone has no workers to start or kill.
            orders.send(message.encode()).ok();
        }
    }

    /// What and where it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why it is gone; `None` while it is there.
    pub fn gone(&self) -> Option<CallError> {
        self.gone.borrow().clone()
    }

    /// Waits until it is gone, and says why. Dropping the future stops waiting, and nothing else.
    pub async fn ended(&self) -> CallError {
        let mut gone = self.gone.clone();
        let gone = gone.wait_for(Option::is_some).await;
        // Only a runtime that ends leaves it untold.
        let why = gone.ok().and_then(|why| why.clone());
        why.unwrap_or_else(|| unwatched(&self.name))
    }

    /// Hangs up, which ends it and its workers; [`ended`](Self::ended) tells when they have.
    pub fn hang_up(&self) {
        self.orders.lock().take();
    }

    /// What to say of a worker whose agent is gone.
    pub(crate) fn lost(&self) -> CallError {
        self.gone().unwrap_or_else(|| {
            let reason = format!("{} does not answer", self.name);
            CallError::WorkerLost { reason }
        })
    }
}

fn unwatched(name: &str) -> CallError {
    let reason = format!("{name} is gone, and nobody tells how");
    CallError::WorkerLost { reason }
}

/// Passes on what the agent tells, until it hangs up.
async fn attend(mut frames: Frames<Reader>, ends: &Ends, name: &str) {
    while let Some(said) = hear(&mut frames, name).await {
        let FromAgent::Ended { lane, running, cause } = said else { continue };
        let waiting = ends.lock().as_mut().and_then(|ends| ends.remove(&lane));
        if let Some(waiting) = waiting {
            // Nobody may wait any more.
            waiting.send(WorkerEnd { running, cause, unseen: false }).ok();
        }
    }
}

async fn hear(frames: &mut Frames<Reader>, name: &str) -> Option<FromAgent> {
    let said = match frames.next().await {
        Ok(Some(frame)) => FromAgent::decode(&frame).map_err(Unreadable::from),
        Ok(None) => return None,
        Err(error) => Err(error),
    };
    said.inspect_err(|error| tracing::warn!(name, %error, "an agent can't be understood")).ok()
}
