//! Who is refused, on either side.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use lithops_agents::{Agent, keep_key, new_key, secret_number};
use lithops_core::wire::{CallError, LinkKey, Preamble};
use lithops_worker::UNREACHABLE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::SOON;
use super::place::{Place, Process, called, exit_code};

/// What an agent that ends by itself has printed, and its exit code.
async fn refusal(mut command: std::process::Command) -> (Option<i32>, String) {
    let output = tokio::task::spawn_blocking(move || command.stderr(Stdio::piped()).output());
    let output = timeout(SOON, output).await.unwrap().unwrap().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_with_another_key_is_refused_and_the_client_goes_on() {
    let place = Place::new().await;
    let other = place.key().with_file_name("other");
    keep_key(&new_key().unwrap(), &other).unwrap();
    let host = place.host();
    let (_expected, command) = place.prepare(std::slice::from_ref(&host), &other);
    let (code, printed) = refusal(command).await;
    assert_eq!(code, Some(UNREACHABLE));
    assert_eq!(
        printed,
        format!(
            "lithops agent: {host}: what listens there refuses this key: start the agent with its \
             own client's key\n"
        )
    );
    let (agent, process) = place.agent().await;
    drop(agent);
    assert_eq!(exit_code(process).await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_gives_no_answer_that_helps_who_only_poses_as_its_client() {
    let place = Place::new().await;
    let poser = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = poser.local_addr().unwrap().to_string();
    let listening = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut agent, _) = poser.accept().unwrap();
        agent.write_all(&[1; 32]).unwrap();
        let mut answer = [0; 64];
        agent.read_exact(&mut answer).unwrap();
        // What the agent has said is all that there is to say.
        agent.write_all(&answer[32..]).unwrap();
        let mut more = Vec::new();
        agent.read_to_end(&mut more).unwrap();
        more
    });
    let (_expected, command) = place.prepare(std::slice::from_ref(&host), &place.key());
    let (code, printed) = refusal(command).await;
    assert_eq!(code, Some(UNREACHABLE));
    let said = format!("lithops agent: {host}: what listens there does not have this key");
    assert!(printed.starts_with(&said), "{printed}");
    assert_eq!(listening.join().unwrap(), b"");
}

#[tokio::test]
async fn the_next_address_is_tried_where_one_leads_nowhere() {
    let place = Place::new().await;
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (expected, mut command) = place.prepare(&[closed, place.host()], &place.key());
    let process = Process(command.spawn().unwrap());
    let agent =
        Agent::greet(called(expected).await, "it", async { CallError::Cancelled }).await.unwrap();
    drop(agent);
    assert_eq!(exit_code(process).await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_does_not_use_a_key_that_others_can_read() {
    let place = Place::new().await;
    let shown = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(place.key(), shown).unwrap();
    let host = place.host();
    let (_expected, command) = place.prepare(std::slice::from_ref(&host), &place.key());
    let (code, printed) = refusal(command).await;
    assert_eq!(code, Some(125));
    let key = place.key();
    assert_eq!(
        printed,
        format!(
            "lithops agent: tcp:{host}: {}: others may use this key: `chmod 600` its file\n",
            key.display()
        )
    );
}

/// Connects, and sends what it makes of the challenge; gives what it hears before it is hung up on.
async fn call(place: &Place, say: impl FnOnce([u8; 32]) -> Vec<u8>) -> Vec<u8> {
    let mut stream = TcpStream::connect(place.switchboard.address().unwrap()).await.unwrap();
    let mut challenge = [0; 32];
    stream.read_exact(&mut challenge).await.unwrap();
    stream.write_all(&say(challenge)).await.unwrap();
    let mut heard = Vec::new();
    // A reset is an end too: something was sent that nobody has read.
    timeout(SOON, stream.read_to_end(&mut heard)).await.unwrap().ok();
    heard
}

#[tokio::test]
async fn who_does_not_have_the_key_hears_nothing_and_who_has_it_gets_no_storage() {
    let place = Place::new().await;
    let key = LinkKey::read(&std::fs::read(place.key()).unwrap()).unwrap();
    let number = secret_number().unwrap();
    let mut expected = place.switchboard.expect(Preamble::Agent(number));
    let line = Preamble::Agent(number).to_line();
    let garbage = call(&place, |_| [&[b'x'; 64], line.as_bytes()].concat()).await;
    assert_eq!(garbage, b"");
    let replayed = key.answer(&[1; 32], [2; 32]);
    let replayed = call(&place, |_| [&replayed, line.as_bytes()].concat()).await;
    assert_eq!(replayed, b"");
    let unexpected = at_once(expected.connection()).await;
    assert!(unexpected.is_none());

    let answer = |challenge: [u8; 32]| key.answer(&challenge, [2; 32]);
    let proof = call(&place, |challenge| [&answer(challenge)[..], b"relay\n"].concat()).await;
    assert_eq!(proof.len(), 32);
    let unknown = call(&place, |challenge| [&answer(challenge)[..], b"lane 7\n"].concat()).await;
    assert_eq!(unknown.len(), 32);
}

/// What a future gives at once, if it does.
async fn at_once<T>(future: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::select! {
        biased;
        done = future => done,
        () = std::future::ready(()) => None,
    }
}

#[tokio::test]
async fn a_silent_crowd_keeps_nobody_out_for_long() {
    let place = Place::new().await;
    let mut crowd = Vec::new();
    for _ in 0..64 {
        let stream = TcpStream::connect(place.switchboard.address().unwrap()).await.unwrap();
        crowd.push(stream);
    }
    let (agent, process) = place.agent().await;
    drop(agent);
    assert_eq!(exit_code(process).await, Some(0));
}
