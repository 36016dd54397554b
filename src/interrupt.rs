//! Ctrl-C and SIGTERM: stop the workers, remove what jobs made, then end as the signal wants.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// How long the process's end is held up by cleaning.
const BOUND: Duration = Duration::from_secs(5);
/// How long it is held up by writing what became of jobs.
#[cfg(feature = "journal")]
const WRITTEN: Duration = Duration::from_secs(2);
#[cfg(not(feature = "journal"))]
const WRITTEN: Duration = Duration::ZERO;
/// By when the thread that the signal has woken has stopped all and ended the process.
const STOPPED: Duration = Duration::from_secs(BOUND.as_secs() + WRITTEN.as_secs() + 1);

/// Whether one of the signals has come.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Starts to watch for the signals that end a program, once a process.
///
/// Whoever else handles one of them is called as before; the process ends after the clean-up as if
/// nobody had.
pub(crate) fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(watch_signals);
}

/// Cleans up when the program ends of its own accord.
pub(crate) fn clean_at_exit() {
    static REGISTER: Once = Once::new();
    REGISTER.call_once(|| lithops_worker::at_exit(finish));
}

/// Runs when `main` has returned or the program exits: what jobs made may still be there.
extern "C" fn finish() {
    stop();
    if INTERRUPTED.load(Ordering::Acquire) {
        // Cancelled jobs have let `main` return; the process is to end as the signal wants.
        std::thread::sleep(STOPPED);
    }
}

/// Stops all jobs and workers, and lets the journal tell of it.
fn stop() {
    lithops_core::run::stop_all(BOUND);
    #[cfg(feature = "journal")]
    lithops_observe::journal::finish(WRITTEN);
}

/// Ends the process as the signal does where nobody handles it.
fn end(signal: i32) {
    if let Err(error) = emulate_default_handler(signal) {
        tracing::error!(signal, %error, "the process can't be ended as the signal wants");
    }
}

fn watch_signals() {
    match Signals::new([SIGINT, SIGTERM]) {
        Ok(mut signals) => {
            let watcher = std::thread::Builder::new().name("lithops-signals".to_owned());
            let started = watcher.spawn(move || {
                let mut coming = signals.forever();
                let Some(signal) = coming.next() else { return };
                INTERRUPTED.store(true, Ordering::Release);
                let stopper = std::thread::Builder::new().name("lithops-stop".to_owned());
                let stopping = stopper.spawn(move || {
                    stop();
                    end(signal);
                });
                if let Err(error) = stopping {
                    tracing::warn!(%error, "an interrupted program may leave something behind");
                    end(signal);
                }
                // Whoever asks again does not want to wait for the clean-up.
                if let Some(signal) = coming.next() {
                    end(signal);
                }
            });
            if let Err(error) = started {
                tracing::warn!(%error, "an interrupted program may leave something behind");
            }
        }
        Err(error) => tracing::warn!(%error, "an interrupted program may leave something behind"),
    }
}
