//! What things of ours are called on the platform.

use lithops_core::secret::Secret;
use lithops_core::wire::JobId;
use sha2::{Digest as _, Sha256};

/// What the names of all that is ours begin with.
pub(crate) const PREFIX: &str = "lithops-";
/// What the names of secrets with settings of workers begin with.
pub(crate) const SETTINGS: &str = "lithops-settings-";
/// What the names of secrets for registries begin with.
pub(crate) const REGISTRY: &str = "lithops-registry-";
/// What the names of job definitions begin with.
pub(crate) const DEFINITION: &str = "lithops-worker-";

/// The longest name of a run: one of its instances has a name of at most 63.
const LONGEST_RUN: usize = 53;
/// How many digits of a hash are enough to tell things apart.
const DIGITS: usize = 16;

/// The project's name where none is said: of those who share an account and a resource group, all
/// use the same.
pub(crate) fn project(region: &str, resource_group: &str) -> String {
    format!("lithops-{region}-{}", &hash(&[resource_group])[..8])
}

/// The name of the job definition with this content.
pub(crate) fn definition(content: &str) -> String {
    format!("{DEFINITION}{}", hash(&[content]))
}

/// The name of the secret with these settings of workers.
///
/// Names are seen by more people than contents. Without the key nobody can try out which settings
/// give this name.
pub(crate) fn settings(key: &Secret, text: &Secret) -> String {
    format!("{SETTINGS}{}", hash(&[key.expose(), text.expose()]))
}

/// The name of the secret for a user of a registry.
pub(crate) fn registry(server: &str, user: &str) -> String {
    format!("{REGISTRY}{}", hash(&[server, user]))
}

/// The name of a run: `lithops-JOB-wWAVE`, and its number where a wave has several.
pub(crate) fn run(job: &JobId, wave: u32, part: usize) -> String {
    let end = match part {
        0 => format!("-w{wave}"),
        part => format!("-w{wave}-{part}"),
    };
    format!("{}{end}", stem(job))
}

/// What the names of all runs of a job begin with.
pub(crate) fn runs(job: &JobId) -> String {
    format!("{}-w", stem(job))
}

/// As much of a job's name as fits, in letters that names may have; with a hash if that is not all.
fn stem(job: &JobId) -> String {
    // `-w`, a number of ten digits, and `-` with three more.
    const END: usize = 2 + 10 + 4;
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let text: String = job.as_str().chars().map(plain).collect();
    let stem = format!("{PREFIX}{text}");
    if text == job.as_str() && stem.len() + END <= LONGEST_RUN {
        return stem;
    }
    let kept = &text[..text.len().min(LONGEST_RUN - END - PREFIX.len() - DIGITS - 1)];
    format!("{PREFIX}{kept}-{}", hash(&[job.as_str()]))
}

/// The first digits of the hash of some texts.
fn hash(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        // With its length, so that what one ends with is not what the next begins with.
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let digits = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    digits[..DIGITS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_name(text: &str, longest: usize) -> bool {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        text.len() <= longest
            && text.starts_with(plain)
            && text.ends_with(plain)
            && text.chars().all(|c| plain(c) || c == '-')
    }

    #[test]
    fn a_run_is_named_after_its_job_and_wave() {
        let job = JobId::new("0123abcd", 7);
        assert_eq!(run(&job, 0, 0), "lithops-0123abcd-007-w0");
        assert_eq!(run(&job, 12, 3), "lithops-0123abcd-007-w12-3");
        assert!(run(&job, 0, 0).starts_with(&runs(&job)));
    }

    #[test]
    fn whatever_a_job_is_called_the_name_of_its_run_is_one() {
        for executor in ["", "-", "Äpfel und Birnen", "UPPER_lower", &"long".repeat(40)] {
            let job = JobId::new(executor, u32::MAX);
            for (wave, part) in [(0, 0), (u32::MAX, 999)] {
                let name = run(&job, wave, part);
                assert!(is_name(&name, LONGEST_RUN), "{name}");
                assert!(name.starts_with(&runs(&job)), "{name}");
            }
        }
    }

    #[test]
    fn jobs_that_differ_in_letters_that_names_lack_have_other_runs() {
        let [a, b] = ["A-B", "a-b"].map(|executor| run(&JobId::new(executor, 1), 0, 0));
        assert_ne!(a, b);
    }

    #[test]
    fn names_by_content_are_names() {
        for name in [
            definition("x"),
            settings(&Secret::new("k"), &Secret::new("x")),
            registry("icr.io", "me"),
            project("eu-de", "g"),
        ] {
            assert!(is_name(&name, 63), "{name}");
        }
        assert_ne!(registry("a", "bc"), registry("ab", "c"));
    }
}
