//! How the tasks of a launch are cut into array jobs.

/// Tasks of a launch that are one array job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The number of its first task in the launch; in the array that is 0.
    pub(crate) first: u32,
    /// How many tasks it has.
    pub(crate) count: u32,
}

/// Cuts `tasks` into arrays of at most `most` each.
pub(crate) fn parts(tasks: u32, most: u32) -> Vec<Part> {
    let most = most.max(1);
    let firsts = (0..tasks).step_by(most as usize);
    firsts.map(|first| Part { first, count: most.min(tasks - first) }).collect()
}

impl Part {
    /// The part as `sbatch --array` takes it.
    pub(crate) fn specification(self) -> String {
        match self.count {
            1 => "0".to_owned(),
            count => format!("0-{}", count.saturating_sub(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_in_one_array_and_none_is_larger_than_the_cluster_takes() {
        let cut = |tasks, most| {
            let told = |part: Part| (part.first, part.specification());
            parts(tasks, most).into_iter().map(told).collect::<Vec<_>>()
        };
        let told = |parts: &[(u32, &str)]| {
            parts.iter().map(|(first, text)| (*first, (*text).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(cut(0, 1001), []);
        assert_eq!(cut(1, 1001), told(&[(0, "0")]));
        assert_eq!(cut(1001, 1001), told(&[(0, "0-1000")]));
        assert_eq!(cut(203, 101), told(&[(0, "0-100"), (101, "0-100"), (202, "0")]));
        assert_eq!(cut(2, 0), told(&[(0, "0"), (1, "0")]));
    }
}
