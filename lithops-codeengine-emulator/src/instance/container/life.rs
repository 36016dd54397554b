//! A container that runs: what it prints, how it ends, and that it is removed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error as Answer;
use bollard::models::ContainerState;
use bollard::query_parameters::{AttachContainerOptionsBuilder, KillContainerOptions};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::super::{End, Instance, Log};
use super::Shared;
use super::files::Folders;
use super::start::Unfinished;
use super::sweep;
use super::witness::Witness;

/// How long the engine may take to kill a container, and to tell how one has ended.
const POST_MORTEM: Duration = Duration::from_secs(20);

/// How long output may come from a container that has ended.
const DRAIN: Duration = Duration::from_secs(5);

/// What containers have that were killed: 128 and the number of the signal.
const KILLED: i32 = 137;

/// What a container prints, from its beginning.
pub(super) struct Output(BoxStream<'static, Result<LogOutput, Answer>>);

impl Output {
    /// Listens to a container that has not been started yet.
    pub(super) async fn attach(docker: &Docker, name: &str) -> Result<Self, Answer> {
        let options = AttachContainerOptionsBuilder::new().stream(true).stdout(true).stderr(true);
        let attached = docker.attach_container(name, Some(options.build())).await?;
        Ok(Self(attached.output.boxed()))
    }
}

/// A container that was started.
#[derive(Debug)]
pub(super) struct Container {
    shared: Arc<Shared>,
    name: String,
    end: watch::Receiver<Option<End>>,
    /// Whether it was killed by [`kill`](Instance::kill).
    killed: Arc<AtomicBool>,
}

impl Container {
    pub(super) fn watch(
        unfinished: Unfinished,
        output: Output,
        log: Log,
        folders: Folders,
        unasked: Witness,
    ) -> Self {
        let shared = Arc::clone(&unfinished.shared);
        let name = unfinished.release();
        let (told, end) = watch::channel(None);
        let docker = shared.engine.docker().clone();
        let watched = name.clone();
        let killed = Arc::<AtomicBool>::default();
        let was_killed = Arc::clone(&killed);
        let task = async move {
            let mut reading = std::pin::pin!(read(output, &log));
            let mut done_reading = false;
            let waiting = wait(&docker, &watched);
            let mut waiting = std::pin::pin!(waiting);
            let end = loop {
                tokio::select! {
                    () = &mut reading, if !done_reading => done_reading = true,
                    end = &mut waiting => break end,
                }
            };
            let asked_for = was_killed.load(Ordering::Relaxed);
            let end = if asked_for { end } else { unasked.judge(end) };
            if !done_reading {
                // What is still on its way is only a part of the log.
                timeout(DRAIN, reading).await.ok();
            }
            // Whoever wanted to know may be gone.
            told.send(Some(end)).ok();
            sweep::remove(&docker, &watched).await;
            drop(folders);
        };
        shared.tasks.spawn_on(task, &shared.runtime);
        Self { shared, name, end, killed }
    }
}

#[async_trait]
impl Instance for Container {
    async fn ended(&mut self) -> End {
        match self.end.wait_for(Option::is_some).await {
            Ok(end) => end.unwrap_or(End::Exited(KILLED)),
            // Nobody watches it any more: the runtime is being shut down.
            Err(_) => End::Exited(KILLED),
        }
    }

    async fn kill(&mut self) {
        let docker = self.shared.engine.docker().clone();
        self.killed.store(true, Ordering::Relaxed);
        // One that has ended can't be killed, which is what is wanted.
        timeout(POST_MORTEM, docker.kill_container(&self.name, None::<KillContainerOptions>))
            .await
            .ok();
        if timeout(POST_MORTEM, self.ended()).await.is_err() {
            sweep::remove(&docker, &self.name).await;
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if self.end.borrow().is_none() {
            let (docker, name) = (self.shared.engine.docker().clone(), self.name.clone());
            let removal = async move { sweep::remove(&docker, &name).await };
            self.shared.tasks.spawn_on(removal, &self.shared.runtime);
        }
    }
}

async fn read(mut output: Output, log: &Log) {
    while let Some(Ok(said)) = output.0.next().await {
        log.append(&said.into_bytes());
    }
}

/// Waits until the container has ended, and asks how.
async fn wait(docker: &Docker, name: &str) -> End {
    let code = loop {
        match docker.wait_container(name, None).next().await {
            Some(Ok(end)) => break i32::try_from(end.status_code).unwrap_or(KILLED),
            Some(Err(Answer::DockerContainerWaitError { code, .. })) => {
                break i32::try_from(code).unwrap_or(KILLED);
            }
            // The engine waits longer than a request may take.
            Some(Err(Answer::RequestTimeoutError)) => {}
            Some(Err(error)) => {
                tracing::debug!(container = name, %error, "it can't be told how a container ended");
                return End::Exited(KILLED);
            }
            None => return End::Exited(KILLED),
        }
    };
    match timeout(POST_MORTEM, docker.inspect_container(name, None)).await {
        Ok(Ok(container)) => end(code, &container.state.unwrap_or_default()),
        // It was removed meanwhile.
        _ => End::Exited(code),
    }
}

fn end(code: i32, state: &ContainerState) -> End {
    let complains = state.error.as_deref().is_some_and(|error| !error.is_empty());
    match code {
        0 => End::Exited(0),
        _ if state.oom_killed == Some(true) => End::OutOfMemory,
        127 if complains => End::ExecutableNotFound,
        code => End::Exited(code),
    }
}
