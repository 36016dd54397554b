//! How long instances have run.

use chrono::{DateTime, Utc};

use crate::resource::{IndexDetails, Run};

/// For how many seconds the instances of a run have run until `now`, in sum; `None` if the run does
/// not say.
///
/// What is billed begins earlier, with the pull of the image, of which nothing is told.
pub(crate) fn seconds(run: &Run, now: DateTime<Utc>) -> Option<f64> {
    let details = run.status_details.as_ref()?.indices_details.as_ref()?;
    Some(details.values().filter_map(|index| one(index, now)).sum())
}

/// `None` for one that has not begun.
fn one(index: &IndexDetails, now: DateTime<Utc>) -> Option<f64> {
    let time = |text: &Option<String>| {
        DateTime::parse_from_rfc3339(text.as_deref()?).ok().map(|time| time.to_utc())
    };
    let begun = time(&index.started_at)?;
    let ended = time(&index.finished_at).unwrap_or(now);
    // The clocks of platform and client may differ.
    Some((ended - begun).as_seconds_f64().max(0.0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn instances_are_summed_and_those_that_run_count_until_now() {
        let now = DateTime::parse_from_rfc3339("2026-01-01T00:01:00Z").unwrap().to_utc();
        let run: Run = serde_json::from_value(json!({"name": "r", "status_details": {"indices_details": {
            "0": {"started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:10.5Z"},
            "1": {"started_at": "2026-01-01T01:00:40+01:00"},
            "2": {"status": "pending"},
            "3": {"started_at": "2026-01-01T00:02:00Z"},
        }}}))
        .unwrap();
        assert_eq!(seconds(&run, now), Some(30.5));
        assert_eq!(seconds(&Run::default(), now), None);
    }
}
