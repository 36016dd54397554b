//! How many workers there may be at once.

use crate::Combination;

/// What a project may use at once: raised by IBM's support on request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quotas {
    /// Instances that run.
    pub instances: usize,
    /// Their processors together.
    pub cpu: f64,
    /// Their memory together, in decimal gigabytes.
    pub memory_gb: f64,
}

impl Default for Quotas {
    /// What a new project has: 250 instances, 128 vCPU, 512 GB.
    fn default() -> Self {
        Self { instances: 250, cpu: 128.0, memory_gb: 512.0 }
    }
}

/// How many instances run at once, and how many workers share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Instances.
    pub instances: usize,
    /// Workers in each of them.
    pub slots: usize,
    /// Workers in all.
    pub workers: usize,
}

/// Works out how many workers can run at once within the quotas.
///
/// More would be accepted, and wait; then a few instances that came late would hold up the job.
/// `most_instances` and `most_workers` are bounds of the user's own. One instance is always planned
/// for: if not even that fits, Code Engine says so.
///
/// ```
/// use lithops_backend_codeengine::{Combination, Quotas, capacity};
///
/// let large = Combination::new(1.0, 4.0)?;
/// let planned = capacity(Quotas::default(), large, 1, None, None);
/// assert_eq!(planned.workers, 128);
/// # Ok::<(), lithops_backend_codeengine::CombinationError>(())
/// ```
pub fn capacity(
    quotas: Quotas,
    combination: Combination,
    slots: usize,
    most_instances: Option<usize>,
    most_workers: Option<usize>,
) -> Capacity {
    let slots = slots.max(1);
    let most_workers = most_workers.unwrap_or(usize::MAX);
    let instances = quotas
        .instances
        .min(times(quotas.cpu, combination.cpu()))
        .min(times(quotas.memory_gb, combination.memory_gb()))
        .min(most_instances.unwrap_or(usize::MAX))
        .min(most_workers.div_ceil(slots))
        .max(1);
    Capacity { instances, slots, workers: instances.saturating_mul(slots).min(most_workers.max(1)) }
}

/// How often a part fits into the whole.
fn times(whole: f64, part: f64) -> usize {
    // Parts are sums of halves, so nothing is lost in the division; a negative quota becomes none.
    (whole / part).floor() as usize
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn instances(cpu: f64, memory: f64) -> usize {
        let combination = Combination::new(cpu, memory).unwrap();
        capacity(Quotas::default(), combination, 1, None, None).instances
    }

    #[test]
    fn the_scarcest_quota_decides() {
        assert_eq!(instances(0.125, 0.25), 250);
        assert_eq!(instances(0.25, 2.0), 250);
        assert_eq!(instances(0.5, 1.0), 250);
        assert_eq!(instances(1.0, 4.0), 128);
        assert_eq!(instances(1.0, 8.0), 64);
        assert_eq!(instances(6.0, 12.0), 21);
        assert_eq!(instances(12.0, 48.0), 10);
    }

    #[test]
    fn bounds_of_the_user_hold_too() {
        let (quotas, small) = (Quotas::default(), Combination::DEFAULT);
        let planned =
            |slots, instances, workers| capacity(quotas, small, slots, instances, workers);
        assert_eq!(planned(1, Some(10), None).workers, 10);
        assert_eq!(planned(4, Some(10), None), Capacity { instances: 10, slots: 4, workers: 40 });
        assert_eq!(planned(4, None, Some(10)), Capacity { instances: 3, slots: 4, workers: 10 });
        assert_eq!(planned(4, None, None), Capacity { instances: 250, slots: 4, workers: 1000 });
    }

    #[test]
    fn one_instance_is_always_planned_for() {
        let none = Quotas { instances: 0, cpu: 0.0, memory_gb: -1.0 };
        let planned = capacity(none, Combination::DEFAULT, 0, Some(0), Some(0));
        assert_eq!(planned, Capacity { instances: 1, slots: 1, workers: 1 });
    }
}
