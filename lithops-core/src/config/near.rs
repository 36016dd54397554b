//! Names that are nearly the one that was said.

/// The names that differ from `said` in a few letters, nearest first, three at most.
pub(super) fn near<'a>(said: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    // Of a long name more letters may be wrong than of a short one.
    let most = (said.chars().count() / 10).max(2);
    let distances = known.into_iter().map(|name| (distance(said, name), name));
    let mut close: Vec<_> = distances.filter(|(distance, _)| *distance <= most).collect();
    close.sort();
    close.dedup();
    close.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How many letters have to be added, left out or changed to make one name of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut before = row[0];
        row[0] = line + 1;
        for column in 0..other.len() {
            let replaced = before + usize::from(letter != other[column]);
            before = row[column + 1];
            row[column + 1] = replaced.min(before + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (one, other, expected) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3)]
        {
            assert_eq!((distance(one, other), distance(other, one)), (expected, expected));
        }
    }

    #[test]
    fn the_nearest_name_comes_first_and_a_far_one_never() {
        let known = ["runtime", "runtime_cpu", "region", "runtime_cpus"];
        assert_eq!(near("runtime_cp", known), ["runtime_cpu", "runtime_cpus"]);
        assert!(near("endpoint", known).is_empty());
    }
}
