//! An emulator at work.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::fault::HttpFaults;
use crate::iam::Tokens;
#[cfg(feature = "containers")]
use crate::instance::{Containers, ContainersError};
use crate::instance::{Platform, Processes, Replay};
use crate::observe::{self, Requests};
use crate::run::{References, RunFaults, RunId, Runs, RunsSetup};
use crate::service::{Account, Service};
use crate::settings::{Instances, Settings, StartDelay};
use crate::{api, server};

/// A Code Engine of this process, until it is shut down or dropped.
#[derive(Debug)]
pub struct Emulator {
    service: Arc<Service>,
    server: JoinHandle<()>,
    end: CancellationToken,
}

/// Why there is no emulator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// No processes can be started.
    #[error("instances can't be processes: {0}")]
    Processes(#[source] std::io::Error),
    /// There is no engine for containers.
    #[cfg(feature = "containers")]
    #[error("instances can't be containers: {0}")]
    Containers(#[from] ContainersError),
}

impl Emulator {
    /// Starts one.
    ///
    /// Must be called within a tokio runtime with time and I/O, in which all of it then happens.
    ///
    /// # Errors
    /// [`StartError`] if it can't listen, or if instances can't execute where they shall.
    ///
    /// ```
    /// use lithops_codeengine_emulator::{Emulator, Settings};
    ///
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// let emulator = Emulator::start(Settings::default()).await.unwrap();
    /// assert!(emulator.url().starts_with("http://127.0.0.1:"));
    /// emulator.shutdown().await;
    /// # });
    /// ```
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let clock = Clock::default();
        let platform = platform(&settings, &clock).await?;
        Self::start_on(settings, platform, clock).await
    }

    /// Starts one whose instances execute on `platform` and which goes by `clock`, whatever the
    /// settings say of instances.
    ///
    /// Must be called within a tokio runtime with time and I/O, in which all of it then happens.
    ///
    /// # Errors
    /// [`StartError`] if it can't listen.
    pub async fn start_on(
        settings: Settings,
        platform: Arc<dyn Platform>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen { address: settings.listen, source };
        let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let account = Arc::new(Account::new(Tokens::new(clock.clone()), clock.clone()));
        let runs = Runs::new(RunsSetup {
            platform,
            references: Arc::clone(&account) as Arc<dyn References>,
            clock: clock.clone(),
            quota: settings.instance_quota.clone(),
            rules: settings.rules.clone(),
            seed: settings.seed,
        });
        let url = settings.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        let service = Arc::new(Service {
            url: url.unwrap_or_else(|| format!("http://{address}")),
            clock,
            account,
            runs,
            faults: HttpFaults::new(settings.seed),
            requests: Requests::default(),
            settings,
        });
        let end = CancellationToken::new();
        let server = tokio::spawn(server::serve(listener, api::router(&service), end.clone()));
        Ok(Self { service, server, end })
    }

    /// Where clients reach it, without a slash at the end: the API is below `/v2`, and tokens are at
    /// `/identity/token`.
    pub fn url(&self) -> &str {
        &self.service.url
    }

    /// The faults that requests suffer.
    pub fn faults(&self) -> &HttpFaults {
        &self.service.faults
    }

    /// The faults that runs suffer.
    pub fn run_faults(&self) -> &RunFaults {
        self.service.runs.faults()
    }

    /// The requests that have come.
    pub fn requests(&self) -> &Requests {
        &self.service.requests
    }

    /// The time, which can be put forward.
    pub fn clock(&self) -> &Clock {
        &self.service.clock
    }

    /// The runs.
    pub fn runs(&self) -> &Runs {
        &self.service.runs
    }

    /// What the instances of an index have printed.
    pub fn log(&self, project: &str, run: &str, index: u64) -> Option<String> {
        let id = RunId { project: project.to_owned(), name: run.to_owned() };
        self.service.runs.log(&id, index)
    }

    /// All projects, resources, runs, and environments of instances, as JSON.
    pub fn state(&self) -> Value {
        observe::state(&self.service)
    }

    /// The token that instances of a run find, for the token service to exchange.
    pub fn instance_token(&self, run: &RunId) -> String {
        self.service.account.tokens.of_run(run)
    }

    /// Takes the validity from all tokens that were given.
    pub fn revoke_tokens(&self) {
        self.service.account.tokens.revoke_all();
    }

    /// Closes all connections, ends all instances and waits until they are gone.
    pub async fn shutdown(mut self) {
        self.end.cancel();
        // It could only have panicked, and then there are no connections either.
        let _ended = (&mut self.server).await;
        self.service.runs.shutdown().await;
    }
}

/// Where instances execute, and how late they start there.
async fn platform(settings: &Settings, clock: &Clock) -> Result<Arc<dyn Platform>, StartError> {
    let platform: Arc<dyn Platform> = match &settings.instances {
        Instances::Processes { program } => {
            Arc::new(Processes::new(program.clone()).map_err(StartError::Processes)?)
        }
        #[cfg(feature = "containers")]
        Instances::Containers(settings) => Arc::new(Containers::connect(settings.clone()).await?),
    };
    let Some(StartDelay { delays, pull }) = settings.start_delay.clone() else {
        return Ok(platform);
    };
    Ok(Arc::new(Replay::new(platform, delays, pull, clock.clone(), settings.seed)))
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
