//! How a container ends, and what it has printed.

use std::sync::{Arc, Mutex, PoisonError};

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error as Answer;
use bollard::query_parameters::{AttachContainerOptionsBuilder, WaitContainerOptionsBuilder};
use futures::StreamExt;
use tokio::sync::watch;

use super::error::is_missing;

/// How much of what a container prints is kept.
const KEPT: usize = 4096;

/// The end of a container, and the end of what it has printed.
#[derive(Clone, Debug)]
pub(super) struct Exit {
    ended: watch::Receiver<Option<String>>,
    printed: Arc<Mutex<Vec<u8>>>,
}

impl Exit {
    /// Begins to watch a container that has not been started yet.
    pub(super) async fn watch(docker: &Docker, id: &str) -> Result<Self, Answer> {
        let options = AttachContainerOptionsBuilder::new().stream(true).stdout(true).stderr(true);
        let mut output = docker.attach_container(id, Some(options.build())).await?.output;
        let printed = Arc::<Mutex<Vec<u8>>>::default();
        let tail = Arc::clone(&printed);
        tokio::spawn(async move {
            while let Some(Ok(said)) = output.next().await {
                keep(&mut tail.lock().unwrap_or_else(PoisonError::into_inner), said);
            }
        });
        let (told, ended) = watch::channel(None);
        let (docker, id) = (docker.clone(), id.to_owned());
        tokio::spawn(async move {
            let end = wait(&docker, &id).await;
            // Whoever wanted to know may be gone.
            told.send(Some(end)).ok();
        });
        Ok(Self { ended, printed })
    }

    /// Waits for the container's end, and says how it came.
    pub(super) async fn ended(&mut self) -> String {
        let end = match self.ended.wait_for(Option::is_some).await {
            Ok(end) => end.clone().unwrap_or_default(),
            Err(_) => "nobody watches it any more".to_owned(),
        };
        let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        match String::from_utf8_lossy(&printed).trim() {
            "" => end,
            printed => format!("{end}; the last that it printed: {printed}"),
        }
    }
}

fn keep(tail: &mut Vec<u8>, said: LogOutput) {
    tail.extend_from_slice(&said.into_bytes());
    let long = tail.len().saturating_sub(KEPT);
    tail.drain(..long);
}

/// Waits until the engine has removed the container, which it does when the container has ended.
async fn wait(docker: &Docker, id: &str) -> String {
    loop {
        let options = WaitContainerOptionsBuilder::new().condition("removed").build();
        let code = match docker.wait_container(id, Some(options)).next().await {
            Some(Ok(end)) => end.status_code,
            Some(Err(Answer::DockerContainerWaitError { code, .. })) => code,
            // The engine waits longer than a request may take.
            Some(Err(Answer::RequestTimeoutError)) => continue,
            Some(Err(answer)) if is_missing(&answer) => return "it was removed".to_owned(),
            Some(Err(answer)) => return format!("the engine can't tell how: {answer}"),
            None => return "the engine does not tell how".to_owned(),
        };
        return match code {
            137 => {
                "it was killed (exit code 137): by the kernel for want of memory, or from outside"
                    .to_owned()
            }
            code => format!("exit code {code}"),
        };
    }
}
