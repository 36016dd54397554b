//! Where the cases run.

use std::process::{Command, ExitCode};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use lithops::multiprocessing::Multiprocessing;
use lithops::{Config, Executor, FunctionExecutor};

/// Longer than anything should take, on a machine that does much else.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Long enough to see that something does not happen.
pub(crate) const SHORT: Duration = Duration::from_millis(50);

/// After how long a holder that has died has lost what it held.
pub(crate) const LEASE: Duration = Duration::from_secs(2);

const ADDRESS: &str = "LITHOPS_TEST_REDIS";

/// An executor with room for all that a case starts, and its objects.
pub(crate) struct World {
    pub(crate) context: Multiprocessing,
    executor: FunctionExecutor,
}

impl World {
    pub(crate) fn threads() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(|| {
            let executor = lithops::block_on(FunctionExecutor::threads(8)).unwrap();
            let context = Multiprocessing::new(executor.handle(), &Config::default());
            Self { context, executor }
        })
    }

    pub(crate) fn processes() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(|| {
            let config = Config::load().unwrap();
            let builder = lithops::Builder::new(config.clone()).workers(8).progress(false);
            let executor = lithops::block_on(builder.build()).unwrap();
            let context = Multiprocessing::new(executor.handle(), &config).lease(LEASE);
            Self { context, executor }
        })
    }
}

impl World {
    pub(crate) fn executor(&self) -> Arc<dyn Executor> {
        self.executor.handle()
    }
}

/// Runs this program again with a configuration file that says where the server is, as users do;
/// `None` in that program, and where there is no server.
pub(crate) fn start_again_with_settings() -> Option<ExitCode> {
    let address = std::env::var(ADDRESS).ok()?;
    if std::env::var_os("LITHOPS_CONFIG").is_some() {
        return None;
    }
    let (_, address) = address.split_once("://").unwrap();
    let (login, host) = address.split_once('@').unwrap();
    let (host, port) = host.split_once(':').unwrap();
    let password = login.trim_start_matches(':');
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lithops.toml");
    let settings = format!(
        "[lithops]\nbackend = \"processes\"\n\n[redis]\nhost = \"{host}\"\nport = {port}\n\
         password = \"{password}\"\nstorage_bucket = \"mp-test-{}\"\n",
        std::process::id()
    );
    std::fs::write(&file, settings).unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    let status = again.args(std::env::args_os().skip(1)).env("LITHOPS_CONFIG", &file).status();
    Some(match status.unwrap().code() {
        Some(0) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Why there is no server.
pub(crate) fn server() -> Result<(), String> {
    match std::env::var_os(ADDRESS) {
        Some(_) => Ok(()),
        None => Err(format!("{ADDRESS} names no server: `cargo xtask multiprocessing` starts one")),
    }
}

/// Waits until `condition` is true.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}: not within {LONG:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
