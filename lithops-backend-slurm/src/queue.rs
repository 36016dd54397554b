//! What `squeue` says of tasks.
//!
//! Its fields are named one by one, which all versions from 20.11 on print alike; what `--json` prints
//! has changed from version to version, and before 23.02 it was of all jobs of all users.

use crate::login::slurm;

/// The fields, and how each ends.
const FIELDS: &str = "ArrayJobID:|,ArrayTaskID:|,State:|,exit_code:|,MinMemory:|,NodeList:|,Reason";

/// What is said of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The number of its array job.
    pub(crate) array: u64,
    /// Its number there.
    pub(crate) task: u32,
    /// The state, such as `RUNNING`.
    pub(crate) state: String,
    /// What `wait` has told of its process.
    pub(crate) exit: i32,
    /// Its memory in bytes, if it has a limit.
    pub(crate) memory: Option<u64>,
    /// The node that it is on; empty if it was on none.
    pub(crate) node: String,
    /// Slurm's word for why it is in that state.
    pub(crate) reason: String,
}

/// The line that asks about all tasks of array jobs, ended ones too.
pub(crate) fn question(arrays: &[u64]) -> String {
    let arrays: Vec<String> = arrays.iter().map(u64::to_string).collect();
    let arrays = arrays.join(",");
    slurm(["squeue", "--noheader", "--array", "--states=all", "--jobs", &arrays, "-O", FIELDS])
}

/// Whether `squeue` says that it knows none of the jobs: they have ended a while ago.
pub(crate) fn knows_none(said: &str) -> bool {
    said.contains("Invalid job id")
}

/// Reads what it prints; lines of other tools are passed over.
pub(crate) fn read(said: &str) -> Vec<Sight> {
    said.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Sight> {
    let mut fields = line.splitn(7, '|').map(str::trim);
    let mut next = || fields.next();
    Some(Sight {
        array: next()?.parse().ok()?,
        task: next()?.parse().ok()?,
        state: next()?.to_owned(),
        exit: next()?.parse().unwrap_or(0),
        memory: memory(next()?),
        node: next()?.to_owned(),
        reason: next()?.to_owned(),
    })
}

/// `50M` in bytes; nothing for what has no limit.
fn memory(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let unit: u64 = match unit {
        "K" => 1 << 10,
        "" | "M" => 1 << 20,
        "G" => 1 << 30,
        "T" => 1 << 40,
        _ => return None,
    };
    let bytes = (number * unit as f64) as u64;
    (bytes > 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_has_a_line() {
        // As Slurm 22.05 prints it.
        let said = "15|0|FAILED|768|50M|n1|NonZeroExitCode\n15|3|PENDING|0|0||Resources\n\
                    19|N/A|RUNNING|0|0|n2|None\nsomething else\n";
        let found = read(said);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].array, found[0].task, found[0].exit), (15, 0, 768));
        assert_eq!((found[0].memory, found[0].node.as_str()), (Some(50 << 20), "n1"));
        assert_eq!((found[1].state.as_str(), found[1].reason.as_str()), ("PENDING", "Resources"));
        assert_eq!((found[1].memory, found[1].node.as_str()), (None, ""));
    }

    #[test]
    fn memory_is_read_with_its_unit() {
        assert_eq!(memory("2G"), Some(2 << 30));
        assert_eq!(memory("1.50G"), Some(3 << 29));
        assert_eq!(memory("4000"), Some(4000 << 20));
        assert_eq!((memory("0"), memory(""), memory("N/A")), (None, None, None));
    }
}
