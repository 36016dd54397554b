//! What things of ours are called in a cluster.

use lithops_core::wire::JobId;

/// How the names of all jobs of Slurm begin that are ours.
pub(crate) const PREFIX: &str = "lithops-";

/// The array jobs of a job begin so.
pub(crate) fn arrays_of(job: &JobId) -> String {
    format!("{PREFIX}{job}-w")
}

/// One array job of a dispatch.
pub(crate) fn array(job: &JobId, wave: u32, part: usize) -> String {
    format!("{}{wave}-{part}", arrays_of(job))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_known_again_by_their_job() {
        let job = JobId::new("0123abcd", 1);
        let name = array(&job, 2, 0);
        assert_eq!(name, "lithops-0123abcd-001-w2-0");
        assert!(name.starts_with(&arrays_of(&job)));
        assert!(!name.starts_with(&arrays_of(&JobId::new("0123abcd", 10))));
    }
}
