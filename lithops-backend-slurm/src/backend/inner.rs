//! What an executor knows of its cluster: made ready once, for all jobs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lithops_core::ports::{CleanScope, ComputeError, ComputeErrorKind};
use lithops_worker::Owner;
use tokio::sync::{Mutex, RwLock, watch};

use super::{START, STOP};
use crate::clean::{Found, stop_or_tell};
use crate::home::Home;
use crate::jobs::{Bounds, Jobs};
use crate::login::Login;
use crate::refused::{BACKEND, closed, from_command};
use crate::{SlurmConfig, name};

/// How long the first job is let go before what dead clients have left is looked for.
const FIRST_JOB: Duration = Duration::from_millis(200);
/// How long it may take to remove what dead clients have left.
const SWEEP: Duration = Duration::from_secs(60);

/// One cluster, as an executor uses it.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: SlurmConfig,
    /// What this executor is called in the folder.
    client: String,
    /// Whose jobs are, as text.
    pub(crate) owner: String,
    login: OnceLock<Login>,
    home: Mutex<Option<Arc<Home>>>,
    /// Whether the home may have been damaged since.
    doubted: AtomicBool,
    closed: watch::Sender<bool>,
    /// Held by who submits; an executor's end waits until nobody does.
    pub(crate) submitting: RwLock<()>,
    pub(super) jobs: Jobs,
}

impl Inner {
    pub(super) fn new(config: SlurmConfig) -> Self {
        // Without /proc nobody knows later whether this process lives, so its jobs count as others'.
        let owner = Owner::current().map_or_else(|_| "unknown".to_owned(), |owner| owner.to_text());
        Self {
            config,
            client: format!("{:016x}", rand::random::<u64>()),
            owner,
            login: OnceLock::new(),
            home: Mutex::default(),
            doubted: AtomicBool::new(false),
            closed: watch::Sender::new(false),
            submitting: RwLock::default(),
            jobs: Jobs::default(),
        }
    }

    pub(crate) fn login(&self) -> Result<&Login, ComputeError> {
        if let Some(login) = self.login.get() {
            return Ok(login);
        }
        let SlurmConfig { login, ssh_config, .. } = &self.config;
        let login = Login::new(login.as_deref(), ssh_config.as_deref());
        let login = login.map_err(|source| {
            ComputeError::because(BACKEND, ComputeErrorKind::Start, "prepare `ssh`", source)
        })?;
        Ok(self.login.get_or_init(|| login))
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds { start: self.config.start_bound, time_limit: self.config.time_limit }
    }

    /// Makes sure that workers can be started; who comes meanwhile waits.
    pub(crate) async fn deployed(self: &Arc<Self>) -> Result<Arc<Home>, ComputeError> {
        let mut home = self.home.lock().await;
        if *self.closed.borrow() {
            return Err(closed(START));
        }
        let doubted = self.doubted.swap(false, Ordering::AcqRel);
        if let Some(home) = home.as_ref().filter(|_| !doubted) {
            return Ok(Arc::clone(home));
        }
        let mut end = self.closed.subscribe();
        let prepared = tokio::select! {
            prepared = Home::prepare(self.login()?, &self.config, &self.client, &self.owner) => {
                // What could not be made ready is as doubtful as before.
                prepared.inspect_err(|_| self.doubted.store(doubted, Ordering::Release))?
            }
            // A program may be long on its way.
            _ = end.wait_for(|closed| *closed) => return Err(closed(START)),
        };
        // Beside the job, which does not wait for it.
        tokio::spawn(Arc::clone(self).sweep());
        Ok(Arc::clone(home.insert(Arc::new(prepared))))
    }

    /// The name of an array job of agents.
    pub(crate) fn link_name(&self, number: u64) -> String {
        format!("{}{}-l{number}", name::PREFIX, self.client)
    }

    /// What was made ready, if it was.
    pub(super) async fn home(&self) -> Option<Arc<Home>> {
        self.home.lock().await.clone()
    }

    /// Has the folder made ready again before the next start: somebody may have removed the program.
    pub(crate) fn doubt(&self) {
        self.doubted.store(true, Ordering::Release);
    }

    /// Removes what dead clients of this machine have left, and programs that nobody uses.
    async fn sweep(self: Arc<Self>) {
        let Ok(login) = self.login() else { return };
        // The first job goes before.
        tokio::time::sleep(FIRST_JOB).await;
        let sweep = async {
            let found = self.find(&CleanScope::Leftovers).await?;
            if found.count() == 0 { Ok(0) } else { found.remove(login).await }
        };
        match tokio::time::timeout(SWEEP, sweep).await {
            Ok(Ok(0)) => {}
            Ok(Ok(count)) => tracing::info!(count, "what dead clients have left was removed"),
            Ok(Err(error)) => {
                tracing::warn!(%error, "what dead clients have left may be there still")
            }
            Err(_) => tracing::warn!("what dead clients have left could not be removed in time"),
        }
    }

    /// What there is of this scope.
    pub(super) async fn find(&self, scope: &CleanScope) -> Result<Found, ComputeError> {
        let all = *scope == CleanScope::All;
        let found = Found::look(self.login()?, &self.config, all).await?;
        Ok(match scope {
            CleanScope::Job(job) => found.named(&name::arrays_of(job)),
            CleanScope::Leftovers => match Owner::current() {
                Ok(owner) => found.of_the_dead(&owner),
                // Nobody can be told to be dead.
                Err(_) => Found::default(),
            },
            CleanScope::All => found,
        })
    }

    /// Lets nothing be started any more.
    pub(super) fn refuse_more(&self) {
        self.closed.send_replace(true);
    }

    /// Cancels all jobs, and removes what this executor has in the folder.
    pub(super) async fn close(&self) {
        self.refuse_more();
        drop(self.submitting.write().await);
        let arrays = self.jobs.forget_all();
        let home = self.home.lock().await.take();
        let Some(login) = self.login.get() else { return };
        stop_or_tell(login, &arrays).await;
        if let Some(home) = home
            && let Err(source) = home.remove(login).await
        {
            let error = from_command(STOP, source);
            tracing::warn!(%error, folder = home.own, "it could not be removed");
        }
        login.close().await;
    }
}
