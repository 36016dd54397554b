//! What becomes of agents and their workers.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lithops_agents::{
    Address, Agent, AgentLane, Claim, Switchboard, Worker, agent_environment, secret_number,
};
use lithops_core::ports::{Death, Lane, LaneEvent, LaneSink, News, WorkerProfile};
use lithops_core::wire::{CallError, FromWorker, PROTOCOL, Preamble, WorkerTask};
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::SOON;
use super::place::{Place, Process, called, exit_code};

type Events = mpsc::UnboundedReceiver<LaneEvent>;

/// A lane to a new worker that has said that it is up.
async fn up(switchboard: &Switchboard, agent: &Arc<Agent>, claim: Claim) -> (AgentLane, Events) {
    let profile = WorkerProfile::default();
    let worker = Worker::start(agent, switchboard, WorkerTask::Link, &profile, claim).unwrap();
    let (events, mut told) = mpsc::unbounded_channel();
    let lane = AgentLane::open(worker, LaneSink::new(7, events));
    let first = timeout(SOON, told.recv()).await.unwrap().unwrap();
    assert_eq!(first.lane, 7);
    let News::Said(FromWorker::Hello { protocol: PROTOCOL }) = first.news else {
        panic!("{:?}", first.news)
    };
    (lane, told)
}

/// The death that is told, past signs of life.
async fn death(events: &mut Events) -> Death {
    let told = async {
        loop {
            match events.recv().await.unwrap().news {
                News::Said(FromWorker::Alive) => {}
                News::Died(death) => return death,
                other => panic!("{other:?}"),
            }
        }
    };
    timeout(SOON, told).await.unwrap()
}

#[tokio::test]
async fn a_worker_that_is_killed_dies_alone_and_its_room_is_given_back_once() {
    let place = Place::new().await;
    let (agent, process) = place.agent().await;
    let taken = Arc::new(AtomicUsize::new(2));
    let claim = || {
        let taken = Arc::clone(&taken);
        Claim::new(move || _ = taken.fetch_sub(1, Ordering::SeqCst))
    };
    let (mut first, mut of_first) = up(&place.switchboard, &agent, claim()).await;
    let (second, mut of_second) = up(&place.switchboard, &agent, claim()).await;
    first.kill();
    let death_of_first = death(&mut of_first).await;
    assert!(death_of_first.was_up && !death_of_first.unseen);
    assert_eq!(death_of_first.running, None);
    let CallError::Signalled { signal: 9, .. } = death_of_first.cause else {
        panic!("{:?}", death_of_first.cause)
    };
    // On this one thread the task that tells has ended then, and dropped its claim.
    assert!(timeout(SOON, of_first.recv()).await.unwrap().is_none());
    assert_eq!(taken.load(Ordering::SeqCst), 1);
    drop(first);
    assert_eq!(taken.load(Ordering::SeqCst), 1);

    drop(second);
    assert_eq!(taken.load(Ordering::SeqCst), 0);
    assert!(death(&mut of_second).await.was_up);
    agent.hang_up();
    assert_eq!(exit_code(process).await, Some(0));
}

#[tokio::test]
async fn an_agent_that_is_hung_up_on_ends_with_its_workers() {
    let place = Place::new().await;
    let (agent, process) = place.agent().await;
    let (_lane, mut events) = up(&place.switchboard, &agent, Claim::new(|| {})).await;
    agent.hang_up();
    let death = death(&mut events).await;
    assert!(death.was_up && death.unseen);
    let reason = "the agent of the test was sent away".to_owned();
    let away = CallError::WorkerLost { reason };
    assert_eq!(death.cause, away);
    assert_eq!(agent.ended().await, away);
    assert_eq!(agent.gone(), Some(away));
    assert_eq!(exit_code(process).await, Some(0));
}

#[tokio::test]
async fn a_worker_whose_agent_is_killed_does_not_outlive_it() {
    let place = Place::new().await;
    let (agent, mut process) = place.agent().await;
    let (_lane, mut events) = up(&place.switchboard, &agent, Claim::new(|| {})).await;
    let id = process.0.id();
    let workers = all_children(id);
    assert_eq!(workers.len(), 1);
    process.0.kill().unwrap();
    let death = death(&mut events).await;
    assert_eq!((death.was_up, death.unseen, death.cause), (true, true, gone()));
    let ended = async {
        while is_alive(workers[0]) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, ended).await.unwrap();
}

#[tokio::test]
async fn a_worker_over_tcp_is_told_of_no_key_and_of_no_socket() {
    let place = Place::new().await;
    let (agent, process) = place.agent().await;
    let (_lane, _events) = up(&place.switchboard, &agent, Claim::new(|| {})).await;
    let workers = all_children(process.0.id());
    let told = std::fs::read(format!("/proc/{}/environ", workers[0])).unwrap();
    let told = String::from_utf8_lossy(&told).into_owned();
    let names = told.split('\0').filter_map(|variable| variable.split_once('='));
    let mut ours: Vec<_> = names.filter(|(name, _)| name.starts_with("LITHOPS_WORKER")).collect();
    ours.sort_unstable();
    assert_eq!(ours, [("LITHOPS_WORKER", "link"), ("LITHOPS_WORKER_ENTRY", "constructor")]);
}

#[tokio::test]
async fn an_agent_calls_through_a_unix_socket_too() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("client");
    let switchboard = Switchboard::listen_unix(UnixListener::bind(&socket).unwrap());
    assert_eq!(switchboard.address(), None);
    let number = secret_number().unwrap();
    let expected = switchboard.expect(Preamble::Agent(number));
    let mut command = Command::new(std::env::current_exe().unwrap());
    let address = Address::Socket(socket.to_str().unwrap());
    command.envs(agent_environment(number, &address)).stdin(Stdio::null());
    let process = Process(command.spawn().unwrap());
    let how_it_ended = async { gone() };
    let agent = Agent::greet(called(expected).await, "the agent of the test", how_it_ended);
    let agent = Arc::new(agent.await.unwrap());
    let (mut lane, mut events) = up(&switchboard, &agent, Claim::new(|| {})).await;
    lane.kill();
    assert!(death(&mut events).await.was_up);
    agent.hang_up();
    assert_eq!(exit_code(process).await, Some(0));
}

#[tokio::test]
async fn an_agent_ends_when_its_client_does() {
    let place = Place::new().await;
    let (agent, process) = place.agent().await;
    drop(agent);
    assert_eq!(exit_code(process).await, Some(0));
}

fn gone() -> CallError {
    CallError::WorkerLost { reason: "the agent of the test is gone: the test knows how".to_owned() }
}

/// The processes that any thread of a process has started.
fn all_children(process: u32) -> Vec<i32> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let of_thread = |path: std::path::PathBuf| {
        let children = std::fs::read_to_string(path.join("children")).unwrap();
        children.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<i32>>()
    };
    threads.flat_map(|thread| of_thread(thread.unwrap().path())).collect()
}

/// Whether a process runs, and is no zombie.
fn is_alive(process: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, fields)| fields.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}
