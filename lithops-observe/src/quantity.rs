//! Quantities as people read them.

/// A duration in the largest unit that leaves a digit before the point: `12.5 ms`, `3 min 20 s`.
pub fn duration(ns: u64) -> String {
    let seconds = ns as f64 / 1e9;
    match ns {
        0 => "0 s".to_owned(),
        1..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{} µs", digits(ns as f64 / 1e3)),
        1_000_000..1_000_000_000 => format!("{} ms", digits(ns as f64 / 1e6)),
        1_000_000_000..120_000_000_000 => format!("{} s", digits(seconds)),
        _ => {
            let whole = seconds.round() as u64;
            let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
            match hours {
                0 => format!("{minutes} min {rest} s"),
                _ => format!("{hours} h {minutes} min"),
            }
        }
    }
}

/// A count of bytes in decimal units: `1.25 MB`.
pub fn bytes(count: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{} {}", digits(value), units[unit])
}

/// A count with its thousands apart: `100 000`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            // A narrow space that does not break.
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A point of time in UTC: `2026-03-01 09:05:07 UTC`.
pub fn instant(unix_ns: u64) -> String {
    let seconds = unix_ns / 1_000_000_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Howard Hinnant's `civil_from_days`: years begin in March, so that leap days come last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Three digits that matter.
fn digits(value: f64) -> String {
    let places = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.places$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, duration, instant};

    #[test]
    fn instants_are_told_in_utc() {
        assert_eq!(instant(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(instant(951_782_399_999_999_999), "2000-02-28 23:59:59 UTC");
        assert_eq!(instant(951_782_400_000_000_000), "2000-02-29 00:00:00 UTC");
        assert_eq!(instant(1_772_355_907_000_000_000), "2026-03-01 09:05:07 UTC");
    }

    #[test]
    fn durations_have_three_digits_that_matter() {
        let shown = [0, 999, 1_500, 12_340_000, 2_000_000_000, 119_900_000_000, 200_000_000_000];
        let expected = ["0 s", "999 ns", "1.5 µs", "12.3 ms", "2 s", "120 s", "3 min 20 s"];
        assert_eq!(shown.map(duration), expected);
        assert_eq!(duration(3_700_000_000_000), "1 h 1 min");
    }

    #[test]
    fn bytes_are_told_in_decimal_units() {
        assert_eq!(
            [0, 999, 1_000, 1_250_000, 999_999].map(bytes),
            ["0 B", "999 B", "1 kB", "1.25 MB", "1 MB"]
        );
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([7, 1234, 100_000].map(count), ["7", "1\u{202f}234", "100\u{202f}000"]);
    }
}
