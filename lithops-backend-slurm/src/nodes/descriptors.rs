//! Room for the connections of many workers among this process's open files.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a program has open besides.
const OTHERS: u64 = 128;

/// Raises this process's limit of open files for `workers`, as far as it may: an agent has a
/// connection, and each of its workers one. What is usual, 1024, is too few for five hundred.
pub(super) fn make_room(workers: usize) {
    let wanted =
        u64::try_from(workers).unwrap_or(u64::MAX).saturating_mul(2).saturating_add(OTHERS);
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = raised(&limit, wanted) else { return };
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..limit });
    let has = if raised.is_ok() { Some(current) } else { limit.current };
    if has.is_some_and(|has| has < wanted) {
        tracing::warn!(
            workers,
            wanted,
            ?has,
            "too few files may be open for all workers: raise `ulimit -n`, or lower `slurm.max_workers`"
        );
    }
}

/// What the limit is to be; nothing if it is enough.
fn raised(limit: &Rlimit, wanted: u64) -> Option<u64> {
    let current = limit.current?;
    (current < wanted).then(|| limit.maximum.map_or(wanted, |most| most.min(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_raised_to_what_is_needed_and_may_be() {
        let to = |current, maximum| raised(&Rlimit { current, maximum }, 1000);
        assert_eq!(to(Some(64), Some(4096)), Some(1000));
        assert_eq!(to(Some(64), Some(100)), Some(100));
        assert_eq!(to(Some(64), None), Some(1000));
        assert_eq!((to(Some(1024), Some(4096)), to(None, None)), (None, None));
    }
}
