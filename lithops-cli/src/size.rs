//! Sizes for people.

/// So many bytes, in the largest unit that leaves a number before the point, as `docker images` does.
pub(crate) fn shown(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(*unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_size_has_the_unit_that_suits_it() {
        let sizes = [0, 999, 1_000, 1_999, 3_900_000, u64::MAX];
        let expected = ["0 B", "999 B", "1.0 kB", "1.9 kB", "3.9 MB", "18446744073.7 GB"];
        assert_eq!(sizes.map(shown), expected);
    }
}
