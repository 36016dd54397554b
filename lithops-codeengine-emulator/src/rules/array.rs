//! `scale_array_spec`: which indices a run has.

use std::collections::BTreeSet;

use super::Invalid;
use super::name::ARRAY;

const FIELD: &str = "scale_array_spec";

/// The most indices of one run.
const MOST: usize = 1000;

/// The indices that a specification names: `0-99`, or `1,3,7-9`. Ascending, each once.
pub(crate) fn indices(specification: &str) -> Result<Vec<u64>, Invalid> {
    ARRAY.check(FIELD, specification)?;
    let mut named = BTreeSet::new();
    for part in specification.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (number(from)?, number(to)?);
        if from > to {
            return Err(Invalid::value(FIELD, format!("the range {part} runs backwards")));
        }
        // Not counted one by one: a range may have ten million.
        if to - from >= MOST as u64 {
            return Err(too_many());
        }
        named.extend(from..=to);
        if named.len() > MOST {
            return Err(too_many());
        }
    }
    Ok(named.into_iter().collect())
}

fn too_many() -> Invalid {
    Invalid::value(FIELD, format!("more than {MOST} indices"))
}

fn number(text: &str) -> Result<u64, Invalid> {
    text.parse().map_err(|_| Invalid::value(FIELD, format!("'{text}' is no index")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_indices_are_put_together() {
        assert_eq!(indices("0"), Ok(vec![0]));
        assert_eq!(indices("7-9,1,8,3"), Ok(vec![1, 3, 7, 8, 9]));
        assert_eq!(indices("9999999"), Ok(vec![9_999_999]));
        assert_eq!(indices("0-999").map(|all| all.len()), Ok(1000));
    }

    #[test]
    fn what_the_service_refuses_is_refused() {
        for wrong in ["", "01", "1-", "a", "1, 2", "10000000", "5-3", "0-1000", "0-999,5000"] {
            assert!(indices(wrong).is_err(), "{wrong}");
        }
        let long = vec!["1000000"; 32].join(",");
        assert_eq!(long.len(), 255);
        assert!(indices(&long).is_err());
    }
}
