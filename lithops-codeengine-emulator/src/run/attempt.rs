//! One instance, from the room that it was given to its end.

use std::sync::Arc;
use std::time::Duration;

use super::RunFaultKind;
use super::environment::{Unresolved, folders, login, variables};
use super::shared::Shared;
use super::state::Ticket;
use crate::instance::{End, Instance, InstanceSpec, StartFailure};

/// What an index that waits for an image, or for what it refers to, shows as its reason.
const NO_IMAGE: &str = "ImagePullBackOff";
const NO_REFERENCE: &str = "CreateContainerConfigError";
const NO_PLATFORM: &str = "FailedScheduling";

/// How long an image that can't be pulled is left alone, first and at most.
const PULL_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PULL_PAUSE: Duration = Duration::from_secs(300);
/// How long until the next look for what was not there.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// Looks after one instance, and tells how it ended.
pub(super) async fn run(shared: Arc<Shared>, ticket: Ticket) {
    let end = live(&shared, &ticket).await;
    shared.over(ticket, end);
}

/// What comes of a try to start.
enum Begun {
    Instance(Box<dyn Instance>),
    Ended(End),
    GivenUp,
}

/// `None` if the instance was not wanted any more.
async fn live(shared: &Arc<Shared>, ticket: &Ticket) -> Option<End> {
    let run = (ticket.run, ticket.order.id.name.as_str());
    let strikes = |kind: RunFaultKind| {
        shared.faults.strike(run, Some(ticket.index), |other| other.is(&kind)).is_some()
    };
    if strikes(RunFaultKind::StuckPending) {
        ticket.stop.cancelled().await;
        return None;
    }
    if strikes(RunFaultKind::Duplicate) {
        shared.spawn(twin(Arc::clone(shared), ticket.clone()));
    }
    let begun = tokio::select! {
        biased;
        () = ticket.stop.cancelled() => return None,
        begun = begin(shared, ticket) => begun,
    };
    let mut instance = match begun {
        Begun::Instance(instance) => instance,
        Begun::Ended(end) => return Some(end),
        Begun::GivenUp => return None,
    };
    if !shared.started(ticket) {
        instance.kill().await;
        return None;
    }
    let fault = shared.faults.strike(run, Some(ticket.index), RunFaultKind::ending);
    let struck = async {
        match fault {
            Some((after, end)) => {
                shared.setup.clock.sleep(after).await;
                end
            }
            None => std::future::pending().await,
        }
    };
    let end = tokio::select! {
        biased;
        () = ticket.stop.cancelled() => None,
        end = struck => Some(end),
        end = instance.ended() => return Some(end),
    };
    instance.kill().await;
    if let Some(end) = end {
        ticket.log.note(&format!("a fault was asked for: {end:?}"));
    }
    end
}

/// Tries to start an instance until there is one.
async fn begin(shared: &Arc<Shared>, ticket: &Ticket) -> Begun {
    let run = (ticket.run, ticket.order.id.name.as_str());
    let mut pull_pause = PULL_PAUSE;
    loop {
        let failed_pull = |kind: &RunFaultKind| kind.is(&RunFaultKind::ImagePull);
        let started = if shared.faults.strike(run, Some(ticket.index), failed_pull).is_some() {
            Err(StartFailure::ImagePull("a fault was asked for".into()))
        } else {
            match spec(shared, ticket) {
                Ok(spec) => shared.setup.platform.start(spec).await,
                Err(unresolved) => {
                    ticket.log.note(&unresolved.to_string());
                    shared.held_up(ticket, NO_REFERENCE);
                    shared.setup.clock.sleep(LOOK_PAUSE).await;
                    continue;
                }
            }
        };
        let failure = match started {
            Ok(instance) => return Begun::Instance(instance),
            Err(failure) => failure,
        };
        ticket.log.note(&failure.to_string());
        match failure {
            StartFailure::Ended(end) => {
                shared.started(ticket);
                return Begun::Ended(end);
            }
            StartFailure::ImagePull(_) if shared.setup.rules.image_pull_fails => {
                shared.given_up(ticket, NO_IMAGE);
                return Begun::GivenUp;
            }
            StartFailure::ImagePull(_) => {
                shared.held_up(ticket, NO_IMAGE);
                shared.setup.clock.sleep(pull_pause).await;
                pull_pause = LONGEST_PULL_PAUSE.min(pull_pause * 2);
            }
            StartFailure::Platform(_) => {
                shared.held_up(ticket, NO_PLATFORM);
                shared.setup.clock.sleep(LOOK_PAUSE).await;
            }
        }
    }
}

/// A second instance of an index, which counts for nothing.
async fn twin(shared: Arc<Shared>, ticket: Ticket) {
    let begun = async {
        match spec(&shared, &ticket) {
            Ok(spec) => shared.setup.platform.start(spec).await.map_err(|error| error.to_string()),
            Err(unresolved) => Err(unresolved.to_string()),
        }
    };
    let begun = tokio::select! {
        biased;
        () = ticket.stop.cancelled() => return,
        begun = begun => begun,
    };
    match begun {
        Ok(mut instance) => tokio::select! {
            biased;
            () = ticket.stop.cancelled() => instance.kill().await,
            _ = instance.ended() => {}
        },
        Err(failure) => ticket.log.note(&format!("no second instance: {failure}")),
    }
}

/// What an instance is, by what its references hold now.
fn spec(shared: &Shared, ticket: &Ticket) -> Result<InstanceSpec, Unresolved> {
    let (order, references) = (&*ticket.order, &*shared.setup.references);
    let environment = variables(order, references, (ticket.index, ticket.retry))?;
    let folders = folders(order, references)?;
    let login = login(order, references)?;
    shared.gives(ticket, &environment);
    Ok(InstanceSpec {
        hostname: ticket.hostname(),
        image: order.image.clone(),
        login,
        commands: order.commands.clone(),
        arguments: order.arguments.clone(),
        user: order.user,
        environment,
        folders,
        cpu_milli: order.cpu_milli,
        memory: order.memory,
        log: ticket.log.clone(),
    })
}
