//! What a cluster says of its limits.

/// The most tasks an array has where the cluster does not say it: Slurm's own default.
const MAX_ARRAY_SIZE: u32 = 1001;

/// The limits of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// The most tasks of an array: one more than the largest number of a task.
    pub(crate) max_array: u32,
}

/// The line that asks for them.
pub(crate) const QUESTION: [&str; 3] = ["scontrol", "show", "config"];

impl Cluster {
    /// Reads what `scontrol show config` prints.
    pub(crate) fn read(said: &str) -> Self {
        let value = |name: &str| {
            said.lines().find_map(|line| {
                let (key, value) = line.split_once('=')?;
                (key.trim() == name).then(|| value.trim())
            })
        };
        let max_array = value("MaxArraySize").and_then(|value| value.parse().ok());
        Self { max_array: max_array.filter(|most| *most > 0).unwrap_or(MAX_ARRAY_SIZE) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_arrays_is_read() {
        let read = |said| Cluster::read(said).max_array;
        assert_eq!(read("LogTimeFormat = iso8601\nMaxArraySize            = 101\n"), 101);
        assert_eq!(read("MaxArraySize = none"), 1001);
        // Arrays are switched off: sbatch says so itself.
        assert_eq!(read("MaxArraySize = 0"), 1001);
        assert_eq!(read(""), 1001);
    }
}
