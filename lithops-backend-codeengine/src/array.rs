//! Which indices an array job runs, as Code Engine wants them written.

/// The longest text that Code Engine takes.
const LONGEST: usize = 253;
/// The most indices that a run may have.
pub(crate) const MOST: usize = 1000;
/// The most indices that a list is believed to have: what is not of ours is not worth the memory.
const LARGEST_LIST: usize = 10 * MOST;

/// Writes indices as array specifications: `0-9,12`. As many as it takes, because each has at most
/// 253 characters and 1000 indices.
///
/// Every index is in exactly one of them, whatever the order and however often it is given.
///
/// ```
/// use lithops_backend_codeengine::array_specifications;
///
/// assert_eq!(array_specifications([3, 1, 2, 7]), ["1-3,7"]);
/// assert_eq!(array_specifications(0..1500), ["0-999", "1000-1499"]);
/// ```
pub fn array_specifications(indices: impl IntoIterator<Item = u32>) -> Vec<String> {
    let mut indices: Vec<u32> = indices.into_iter().collect();
    indices.sort_unstable();
    indices.dedup();
    let mut written = Vec::new();
    let mut open = (String::new(), 0);
    for (first, last) in ranges(&indices) {
        let (mut first, count) = (first, (last - first) as usize + 1);
        let mut left = count;
        while left > 0 {
            let taken = left.min(MOST - open.1);
            let part = range(first, first + (taken as u32).saturating_sub(1));
            let longer = open.0.len() + usize::from(!open.0.is_empty()) + part.len();
            if taken == 0 || longer > LONGEST {
                written.push(std::mem::take(&mut open.0));
                open.1 = 0;
                continue;
            }
            if !open.0.is_empty() {
                open.0.push(',');
            }
            open.0.push_str(&part);
            open.1 += taken;
            first += taken as u32;
            left -= taken;
        }
    }
    if !open.0.is_empty() {
        written.push(open.0);
    }
    written
}

/// Reads indices as Code Engine writes them; `None` for anything else.
pub(crate) fn parse(text: &str) -> Option<Vec<u32>> {
    let mut indices = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        let room = LARGEST_LIST - indices.len();
        if first > last || (last - first) as usize >= room {
            return None;
        }
        indices.extend(first..=last);
    }
    Some(indices)
}

fn range(first: u32, last: u32) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// Neighbours together, as (first, last).
fn ranges(sorted: &[u32]) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for index in sorted {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => found.push((*index, *index)),
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_written_as_ranges() {
        assert_eq!(array_specifications([]), Vec::<String>::new());
        assert_eq!(array_specifications([0]), ["0"]);
        assert_eq!(array_specifications(0..100), ["0-99"]);
        assert_eq!(array_specifications([5, 4, 4, 9, 0]), ["0,4-5,9"]);
    }

    #[test]
    fn a_run_has_a_thousand_indices_at_most() {
        assert_eq!(array_specifications(0..1000), ["0-999"]);
        assert_eq!(array_specifications(0..1001), ["0-999", "1000"]);
        let sparse = array_specifications((0..3000).filter(|i| !(10..20).contains(i)));
        assert_eq!(sparse, ["0-9,20-1009", "1010-2009", "2010-2999"]);
    }

    #[test]
    fn a_specification_is_never_longer_than_allowed_and_loses_no_index() {
        // Nothing can be written as a range.
        let sparse: Vec<u32> = (0..2000).map(|i| 9_990_000 + i * 3).collect();
        let written = array_specifications(sparse.iter().copied());
        assert!(written.iter().all(|text| text.len() <= LONGEST), "{written:?}");
        // 31 numbers of seven digits with 30 commas are 247 characters; one more would be 255.
        assert_eq!(written.len(), 2000_usize.div_ceil(31));
        let read: Vec<u32> = written.iter().flat_map(|text| parse(text).unwrap()).collect();
        assert_eq!(read, sparse);
    }

    #[test]
    fn what_code_engine_writes_is_read() {
        assert_eq!(parse("2-4,6-8"), Some(vec![2, 3, 4, 6, 7, 8]));
        assert_eq!(parse("9, 12-13"), Some(vec![9, 12, 13]));
        assert_eq!(parse(""), Some(Vec::new()));
        assert_eq!(parse("4-2"), None);
        assert_eq!(parse("0-4000000000"), None);
        assert_eq!(parse("x"), None);
        // As a fuzzer has found: short lists of long ranges.
        assert_eq!(parse("0-9999").map(|list| list.len()), Some(10_000));
        assert_eq!(parse("0-9999,3"), None);
    }
}
