//! Catches panics of functions, with their place and backtrace.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::{Once, OnceLock};

use lithops_core::wire::PanicReport;

/// The longest backtrace that is sent.
const BACKTRACE: usize = 16 * 1024;

type LastWords = Box<dyn Fn(PanicReport) + Send + Sync>;

static LAST_WORDS: OnceLock<LastWords> = OnceLock::new();

enum Watch {
    /// This thread runs no call.
    Off,
    /// It runs a call that has not panicked.
    On,
    /// It did.
    Seen(Box<PanicReport>),
}

thread_local! {
    static WATCH: RefCell<Watch> = const { RefCell::new(Watch::Off) };
}

/// What to do with a panic in a program built with `panic = "abort"`: there the hook is the last
/// code that runs.
pub(crate) fn set_last_words(last_words: LastWords) {
    // Only a worker process has one, and it is set once there.
    LAST_WORDS.set(last_words).ok();
}

/// Runs `call`; a panic on this thread comes back as a report.
///
/// Wraps the process's panic hook once; panics outside of calls go to the hook that was there.
pub(crate) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, PanicReport> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !note(info) {
                before(info);
            }
        }));
    });
    WATCH.replace(Watch::On);
    let result = catch_unwind(AssertUnwindSafe(call));
    let watch = WATCH.replace(Watch::Off);
    result.map_err(|payload| match watch {
        Watch::Seen(report) => *report,
        _ => unseen(payload.as_ref()),
    })
}

/// Takes a panic if it is one of a call.
fn note(info: &PanicHookInfo<'_>) -> bool {
    let report = || {
        let place = info.location();
        let mut backtrace = Backtrace::force_capture().to_string();
        backtrace.truncate(backtrace.floor_char_boundary(BACKTRACE));
        PanicReport {
            message: info.payload_as_str().unwrap_or("a panic without a text").to_owned(),
            file: place.map(|place| place.file().to_owned()).unwrap_or_default(),
            line: place.map_or(0, |place| place.line()),
            column: place.map_or(0, |place| place.column()),
            backtrace,
        }
    };
    if cfg!(panic = "abort") {
        if let Some(last_words) = LAST_WORDS.get() {
            // Whichever thread panics takes the whole process along, and with it the call.
            last_words(report());
        }
        return false;
    }
    WATCH.with_borrow_mut(|watch| {
        let ours = !matches!(watch, Watch::Off);
        if ours {
            *watch = Watch::Seen(Box::new(report()));
        }
        ours
    })
}

/// A panic that the hook did not see: the function has set a hook of its own.
fn unseen(payload: &(dyn Any + Send)) -> PanicReport {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    let message = text.or_else(|| payload.downcast_ref::<String>().cloned());
    PanicReport {
        message: message.unwrap_or_else(|| "a panic without a text".to_owned()),
        file: String::new(),
        line: 0,
        column: 0,
        backtrace: String::new(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_with_its_place() {
        let line = line!() + 1;
        let report = catch(|| panic!("no {}", 7)).map(|(): ()| ()).unwrap_err();
        assert_eq!((report.message.as_str(), report.line), ("no 7", line));
        assert!(report.file.ends_with("panic.rs"));
        assert!(report.backtrace.contains("a_panic_comes_back_with_its_place"));
        assert_eq!(catch(|| 5).unwrap(), 5);
    }
}
