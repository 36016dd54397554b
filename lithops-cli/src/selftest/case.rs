//! Running one case, and catching what it fails by.

use std::any::Any;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// What came of a case.
#[derive(Debug)]
pub(super) enum Outcome {
    Passed { took: Duration },
    Failed { took: Duration, words: String },
    Ignored { reason: String },
}

/// Whose panic was the last, and its words: others than that of the case are those of calls that are
/// meant to panic.
static LAST: Mutex<Option<(ThreadId, String)>> = Mutex::new(None);

/// Keeps the words of panics, which would otherwise stand between the lines of the report.
pub(super) fn catch_panics() {
    set_hook(Box::new(|info| {
        let words = words(info);
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((thread::current().id(), words));
    }));
}

fn words(info: &PanicHookInfo<'_>) -> String {
    let said = said(info.payload());
    info.location().map_or_else(|| said.clone(), |place| format!("{place}: {said}"))
}

fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without words".to_owned())
}

/// Runs a case on this thread.
pub(super) fn outcome(body: Result<Box<dyn FnOnce() + Send>, String>) -> Outcome {
    let body = match body {
        Ok(body) => body,
        Err(reason) => return Outcome::Ignored { reason },
    };
    let started = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(body));
    let took = started.elapsed();
    match ended {
        Ok(()) => Outcome::Passed { took },
        Err(payload) => {
            let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
            let here = last.filter(|(thread, _)| *thread == thread::current().id());
            let words = here.map_or_else(|| said(payload.as_ref()), |(_, words)| words);
            Outcome::Failed { took, words }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_panics_has_failed_with_its_words() {
        let Outcome::Failed { words, .. } = outcome(Ok(Box::new(|| panic!("not so: {}", 7))))
        else {
            panic!("it has not failed")
        };
        assert!(words.ends_with("not so: 7"), "{words}");
        assert!(matches!(outcome(Ok(Box::new(|| ()))), Outcome::Passed { .. }));
        let reason = "no engine".to_owned();
        assert!(
            matches!(outcome(Err(reason)), Outcome::Ignored { reason } if reason == "no engine")
        );
    }
}
