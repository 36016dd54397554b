//! Ctrl-C and SIGTERM while a transfer is under way: no part of a file is left.

use std::time::Duration;

use anyhow::Context as _;
use futures::future::{Either, select};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use tokio::sync::oneshot;

/// How long work may take to notice that it was dropped; it may wait for a file that nobody reads.
const BOUND: Duration = Duration::from_secs(2);
/// How long a piece that is just being written may take.
const PIECE: Duration = Duration::from_millis(200);

/// Does the work; when a signal comes, drops it, so that what it has half done goes, and ends the
/// process as the signal wants. The executor must leave signals alone.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    unless_interrupted_after(work, || ()).await
}

/// As [`unless_interrupted`], with a last word before the process ends.
pub(crate) async fn unless_interrupted_after<T>(
    work: impl Future<Output = anyhow::Result<T>>,
    last_word: impl FnOnce(),
) -> anyhow::Result<T> {
    let interrupted = watch().context("signals can't be watched for")?;
    match select(interrupted, Box::pin(work)).await {
        Either::Right((done, _)) => done,
        Either::Left((signal, work)) => {
            drop(work);
            last_word();
            std::thread::sleep(PIECE);
            let signal = signal.context("nobody watches for signals any more")?;
            emulate_default_handler(signal).context("the process can't be ended by the signal")?;
            anyhow::bail!("interrupted by signal {signal}")
        }
    }
}

/// Gives the first signal that comes; the process ends soon after it, whatever happens.
fn watch() -> std::io::Result<oneshot::Receiver<i32>> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let (told, interrupted) = oneshot::channel();
    std::thread::Builder::new().name("lithops-signals".to_owned()).spawn(move || {
        let Some(signal) = signals.forever().next() else { return };
        // The work may have ended just now, and the process with it.
        told.send(signal).ok();
        std::thread::sleep(BOUND);
        // There is nobody to tell that a process can't be ended.
        emulate_default_handler(signal).ok();
    })?;
    Ok(interrupted)
}
