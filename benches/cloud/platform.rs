//! The side of the cloud: an emulator and a line to the storage, in a process of their own.

use std::io::{BufRead as _, Write as _};
use std::time::Duration;

use lithops_codeengine_emulator::instance::StartDelays;
use lithops_codeengine_emulator::{
    Emulator, HttpFault, HttpFaultKind, InstanceQuota, Instances, Settings, StartDelay,
};

use super::line::delayed;
use super::{API, STORAGE};

/// Set for this program to be the cloud, to what is drawn from.
pub(super) const SEED: &str = "LITHOPS_BENCH_CLOUD_SEED";
/// Where the S3 server is, as host and port.
pub(super) const SERVER: &str = "LITHOPS_BENCH_CLOUD_SERVER";

/// Is the cloud until standard input ends. Says where its API and its storage are, then answers each
/// line with the number of requests to its API since the last.
pub(crate) fn serve(seed: u64) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (emulator, storage) = runtime.block_on(async {
        let emulator = Emulator::start(settings(seed)).await.unwrap();
        let milliseconds = API.as_millis() as u64;
        let delay = HttpFaultKind::DelayHeaders { milliseconds };
        emulator.faults().add(HttpFault::always(delay)).unwrap();
        (emulator, delayed(std::env::var(SERVER).unwrap(), STORAGE).await.unwrap())
    });
    say(&format!("{} http://{storage}", emulator.url()));
    for _line in std::io::stdin().lock().lines() {
        say(&emulator.requests().total().to_string());
        emulator.requests().clear();
    }
    runtime.block_on(emulator.shutdown());
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// Room for all instances of a thousand, which start as late as those of an elastic platform.
fn settings(seed: u64) -> Settings {
    Settings {
        instances: Instances::Processes { program: Some(std::env::current_exe().unwrap()) },
        start_delay: Some(StartDelay { delays: StartDelays::elastic(), pull: Duration::ZERO }),
        instance_quota: InstanceQuota {
            active: 1000,
            total: 1_000_000,
            cpu_milli: 1_000_000,
            memory: 1 << 50,
            ephemeral: 1 << 50,
        },
        seed,
        ..Settings::default()
    }
}
