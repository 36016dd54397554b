//! Who gets room next: a queue for each project, first come, first served. Pure.

use std::collections::{HashMap, VecDeque};

use super::RunOrder;
use crate::{InstanceCounts, InstanceQuota};

/// What one instance takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) cpu_milli: u64,
    pub(super) memory: u64,
    pub(super) ephemeral: u64,
}

impl From<&RunOrder> for Need {
    fn from(order: &RunOrder) -> Self {
        Self { cpu_milli: order.cpu_milli, memory: order.memory, ephemeral: order.ephemeral }
    }
}

/// An index that waits for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The number of its run.
    pub(super) run: u64,
    pub(super) index: u64,
    pub(super) need: Need,
    /// Whether it had an instance before, which the project's total counts already.
    pub(super) counted: bool,
}

#[derive(Debug)]
pub(super) struct Queue {
    quota: InstanceQuota,
    projects: HashMap<String, Project>,
}

#[derive(Debug, Default)]
struct Project {
    waiting: VecDeque<Waiting>,
    /// All but the number of those that wait.
    counts: InstanceCounts,
}

impl Queue {
    pub(super) fn new(quota: InstanceQuota) -> Self {
        Self { quota, projects: HashMap::new() }
    }

    /// Lets an index wait behind all others.
    pub(super) fn push(&mut self, project: &str, waiting: Waiting) {
        self.project(project).waiting.push_back(waiting);
    }

    /// Lets an index that is to be tried again wait before all others.
    pub(super) fn push_again(&mut self, project: &str, waiting: Waiting) {
        self.project(project).waiting.push_front(Waiting { counted: true, ..waiting });
    }

    /// Gives room to the first who waits, if there is enough for it.
    pub(super) fn admit(&mut self, project: &str) -> Option<Waiting> {
        let Project { waiting, counts } = self.projects.get_mut(project)?;
        let first = waiting.front()?;
        let need = first.need;
        let after = InstanceCounts {
            active: counts.active + 1,
            total: counts.total + u64::from(!first.counted),
            waiting: 0,
            cpu_milli: counts.cpu_milli + need.cpu_milli,
            memory: counts.memory + need.memory,
            ephemeral: counts.ephemeral + need.ephemeral,
        };
        let InstanceQuota { active, total, cpu_milli, memory, ephemeral } = self.quota;
        let fits = after.active <= active
            && (first.counted || after.total <= total)
            && after.cpu_milli <= cpu_milli
            && after.memory <= memory
            && after.ephemeral <= ephemeral;
        if !fits {
            return None;
        }
        *counts = after;
        waiting.pop_front()
    }

    /// Takes back the room of an instance that is gone.
    pub(super) fn release(&mut self, project: &str, need: Need) {
        let counts = &mut self.project(project).counts;
        counts.active -= 1;
        counts.cpu_milli -= need.cpu_milli;
        counts.memory -= need.memory;
        counts.ephemeral -= need.ephemeral;
    }

    /// Lets nothing of a run wait any more.
    pub(super) fn withdraw(&mut self, project: &str, run: u64) {
        self.project(project).waiting.retain(|waiting| waiting.run != run);
    }

    /// Counts the instances of a run that was deleted no more.
    pub(super) fn forget(&mut self, project: &str, instances: u64) {
        self.project(project).counts.total -= instances;
    }

    pub(super) fn counts(&self, project: &str) -> InstanceCounts {
        self.projects.get(project).map_or_else(InstanceCounts::default, |project| InstanceCounts {
            waiting: project.waiting.len() as u64,
            ..project.counts
        })
    }

    fn project(&mut self, project: &str) -> &mut Project {
        self.projects.entry(project.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(run: u64, index: u64, memory: u64) -> Waiting {
        let need = Need { cpu_milli: 1000, memory, ephemeral: 1 };
        Waiting { run, index, need, counted: false }
    }

    fn admitted(queue: &mut Queue) -> Vec<(u64, u64)> {
        std::iter::from_fn(|| queue.admit("p")).map(|it| (it.run, it.index)).collect()
    }

    fn queue(quota: InstanceQuota) -> Queue {
        Queue::new(quota)
    }

    #[test]
    fn the_first_who_waits_is_served_first_also_when_a_later_one_would_fit() {
        let mut queue = queue(InstanceQuota { memory: 10, ..InstanceQuota::default() });
        for it in [waiting(1, 0, 8), waiting(1, 1, 8), waiting(2, 0, 1)] {
            queue.push("p", it);
        }
        assert_eq!(admitted(&mut queue), [(1, 0)]);
        queue.release("p", waiting(1, 0, 8).need);
        assert_eq!(admitted(&mut queue), [(1, 1), (2, 0)]);
    }

    #[test]
    fn one_project_does_not_wait_for_another() {
        let mut queue = queue(InstanceQuota { active: 1, ..InstanceQuota::default() });
        for project in ["p", "p", "q"] {
            queue.push(project, waiting(1, 0, 1));
        }
        assert_eq!(admitted(&mut queue), [(1, 0)]);
        assert!(queue.admit("q").is_some());
        assert_eq!(queue.counts("p").waiting, 1);
    }

    #[test]
    fn finished_instances_count_until_their_run_is_deleted() {
        let mut queue = queue(InstanceQuota { total: 2, ..InstanceQuota::default() });
        (0..3).for_each(|index| queue.push("p", waiting(1, index, 1)));
        assert_eq!(admitted(&mut queue), [(1, 0), (1, 1)]);
        (0..2).for_each(|_| queue.release("p", waiting(1, 0, 1).need));
        assert_eq!(admitted(&mut queue), []);
        // One more try of an index is no more instance.
        queue.push_again("p", waiting(1, 1, 1));
        assert_eq!(admitted(&mut queue), [(1, 1)]);
        queue.forget("p", 2);
        assert_eq!(admitted(&mut queue), [(1, 2)]);
        assert_eq!(queue.counts("p").total, 1);
    }

    #[test]
    fn each_part_of_the_quota_is_kept() {
        let all = InstanceQuota::default();
        let quotas = [
            InstanceQuota { active: 3, ..all.clone() },
            InstanceQuota { cpu_milli: 3999, ..all.clone() },
            InstanceQuota { memory: 3, ..all.clone() },
            InstanceQuota { ephemeral: 3, ..all },
        ];
        for quota in quotas {
            let mut queue = queue(quota);
            (0..9).for_each(|index| queue.push("p", waiting(1, index, 1)));
            assert_eq!(admitted(&mut queue).len(), 3, "{queue:?}");
        }
    }
}
