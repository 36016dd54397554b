//! The keys under which jobs keep their objects.

use super::JobId;

/// Prefix of what belongs to jobs.
pub const JOBS: &str = "jobs/";

/// Prefix of the objects by which a storage is tried out.
pub const PROBES: &str = "probe/";

/// Prefix of the objects of `lithops test`.
pub const TESTS: &str = "lithops-test/";

/// Prefix of the programs that launchers fetch.
pub const PROGRAMS: &str = "programs/";

/// Prefix of everything that belongs to `job`.
pub fn job(job: &JobId) -> String {
    format!("jobs/{job}/")
}

/// The prefix of the job that a key belongs to, as [`job`] gives it; `None` for a foreign key.
pub fn prefix_of_job(key: &str) -> Option<&str> {
    let end = key.strip_prefix(JOBS)?.find('/')?;
    key.get(..=JOBS.len() + end)
}

/// What a client writes anew from time to time while it holds a job that lasts.
pub fn alive(job: &JobId) -> String {
    format!("jobs/{job}/alive")
}

/// The job's head and the inputs of one dispatch.
pub fn wave(job: &JobId, wave: u32) -> String {
    format!("jobs/{job}/wave-{wave:05}")
}

/// Prefix of the objects that [`wave`] names.
pub fn waves(job: &JobId) -> String {
    format!("jobs/{job}/wave-")
}

/// An argument that is too large for its wave's object.
pub fn argument(job: &JobId, index: u32) -> String {
    format!("jobs/{job}/in/{index:08}")
}

/// Prefix of the outcome batches.
pub fn outcomes(job: &JobId) -> String {
    format!("jobs/{job}/out/")
}

/// The dispatch that the key of its object names; `None` for a foreign key.
pub fn parse_wave(key: &str) -> Option<u32> {
    let number = key.rsplit_once("/wave-")?.1;
    let wave: u32 = number.parse().ok()?;
    (format!("{wave:05}") == number).then_some(wave)
}

/// One batch of outcomes: keys grow with time, so that a listing goes on from the last one seen.
///
/// `writer` tells apart the processes that a platform may have started for one worker: what one of
/// them has written is never replaced.
pub fn batch(
    job: &JobId,
    unix_ms: u64,
    wave: u32,
    worker: u32,
    sequence: u32,
    writer: u32,
) -> String {
    format!("{}{}", outcomes(job), batch_name(unix_ms, wave, worker, sequence, writer))
}

/// The time, wave and worker of a batch's key; `None` for a foreign key.
pub fn parse_batch(key: &str) -> Option<(u64, u32, u32)> {
    let name = key.rsplit('/').next()?;
    let mut parts = name.split('-');
    let time = parts.next()?.parse().ok()?;
    let wave = parts.next()?.parse().ok()?;
    let worker = parts.next()?.parse().ok()?;
    let sequence = parts.next()?.parse().ok()?;
    let writer = u32::from_str_radix(parts.next()?, 16).ok()?;
    (batch_name(time, wave, worker, sequence, writer) == name).then_some((time, wave, worker))
}

fn batch_name(unix_ms: u64, wave: u32, worker: u32, sequence: u32, writer: u32) -> String {
    format!("{unix_ms:013}-{wave:05}-{worker:05}-{sequence:05}-{writer:08x}")
}

/// A result that is too large for its outcome batch; each attempt has a key of its own.
pub fn value(job: &JobId, index: u32, attempt: u32) -> String {
    format!("jobs/{job}/values/{index:08}-{attempt}")
}

/// A value or a large result that a call keeps; it outlives its job.
pub fn object(writer: &str, process: u32, number: u64) -> String {
    format!("objects/{writer}-{process}-{number}")
}

/// A run of pairs that an attempt at a shuffle's map call has written.
pub fn run(job: &JobId, index: u32, attempt: u32, run: u32) -> String {
    format!("jobs/{job}/runs/{index:08}-{attempt}-{run:05}")
}

/// A program, packed, by the SHA-256 of what it is unpacked; for all jobs that run it.
pub fn program(digest: &str) -> String {
    format!("programs/{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_keys_sort_by_time_and_say_who_wrote_them() {
        let id = JobId::new("ab12cd", 3);
        let early = batch(&id, 999, 0, 7, 0, 5);
        let late = batch(&id, 1_700_000_000_000, 0, 1, 0, 5);
        assert!(early < late);
        assert_eq!(parse_batch(&early), Some((999, 0, 7)));
        assert!(early.starts_with(&outcomes(&id)));
        for foreign in [
            "readme",
            "1-2-3-4",
            "0000000000999-00000-00007-00000",
            "0000000000999-00000-00007-00000-0000000g",
        ] {
            assert_eq!(parse_batch(&format!("jobs/x/out/{foreign}")), None, "{foreign}");
        }
        assert_eq!((parse_wave(&wave(&id, 12)), parse_wave(&alive(&id))), (Some(12), None));
        assert_eq!(prefix_of_job(&early), Some(job(&id).as_str()));
        assert_eq!((prefix_of_job("jobs/x"), prefix_of_job("data/x/y")), (None, None));
    }
}
