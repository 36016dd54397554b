//! Times of stores and platforms for people and for scripts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970 as RFC 3339 writes them.
pub(crate) fn shown(seconds: u64) -> String {
    // What lies beyond the year 9999 has no such text.
    match UNIX_EPOCH.checked_add(Duration::from_secs(seconds)) {
        Some(time) if seconds < 253_402_300_800 => {
            humantime::format_rfc3339_seconds(time).to_string()
        }
        _ => "-".to_owned(),
    }
}

/// How long ago that was, by this machine's clock, in the largest unit that suits it.
pub(crate) fn ago(seconds: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    span(now.saturating_sub(seconds))
}

fn span(seconds: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("d", 86_400), ("h", 3600), ("min", 60)];
    match UNITS.iter().find(|(_, unit)| seconds >= *unit) {
        Some((name, unit)) => format!("{} {name}", seconds / unit),
        None => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_unit_that_suits_it() {
        let spans = [0, 59, 60, 3599, 3600, 86_399, 86_400, 8_640_000].map(span);
        assert_eq!(spans, ["0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "100 d"]);
    }

    #[test]
    fn a_time_is_written_by_its_second() {
        assert_eq!(shown(1_700_000_000), "2023-11-14T22:13:20Z");
        assert_eq!(shown(u64::MAX), "-");
    }
}
