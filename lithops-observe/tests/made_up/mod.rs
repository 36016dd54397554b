//! A job that never was, with something of everything in it.

use lithops_core::wire::{CallFailure, CallRecord, JobId, JobRecord};

/// What a failure says: it must stay text wherever it is shown.
pub(crate) const MESSAGE: &str = "no such row: <script>document.title = 'broken'</script>";

/// A job of so many calls on so many workers; the same one every time.
///
/// Every 97th call fails, every 41st has taken a second attempt, and some take much longer than most.
pub(crate) fn job(calls: u32, workers: u32) -> JobRecord {
    const SUBMITTED: u64 = 1_772_355_907_000_000_000;
    // Numbers that look like chance.
    let mut seed = 88_172_645_463_325_252_u64;
    let mut chance = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    // Workers come one after another, and each takes the next call when it is free.
    let mut free: Vec<u64> =
        (0..workers).map(|worker| 20_000_000 + u64::from(worker) * 3_000_000).collect();
    let mut records = Vec::with_capacity(calls as usize);
    for index in 0..calls {
        let worker = (0..free.len()).min_by_key(|&worker| free[worker]).unwrap_or(0);
        let slow = if chance() > 0.985 { 4.0 } else { 1.0 };
        let busy_ns = ((0.02 + 0.05 * chance() + 0.03 * chance() * chance()) * slow * 1e9) as u64;
        let start = free[worker];
        free[worker] = start + busy_ns + 200_000;
        let failed = index % 97 == 3;
        let failure = failed.then(|| CallFailure {
            kind: if index.is_multiple_of(2) { "panicked" } else { "failed" }.to_owned(),
            message: MESSAGE.to_owned(),
        });
        records.push(CallRecord {
            index,
            worker: worker as u32,
            attempts: if index % 41 == 7 { 2 } else { 1 },
            started_ns: SUBMITTED + start,
            busy_ns,
            settled_ns: SUBMITTED + start + busy_ns + 100_000,
            cpu_ns: (busy_ns as f64 * (0.7 + 0.3 * chance())) as u64,
            peak_bytes: Some(20_000_000 + (chance() * 5e6) as u64),
            argument_bytes: 16 + (chance() * 100.0) as u64,
            result_bytes: if failed { 0 } else { 1_000 + (chance() * 4_000.0) as u64 },
            failure,
        });
    }
    records.sort_by_key(|call| call.settled_ns);
    let ended = records.last().map_or(SUBMITTED, |call| call.settled_ns + 1_000_000);
    JobRecord {
        job: JobId::new("4f1c2a9e", 3),
        title: "convert_image".to_owned(),
        backend: "processes".to_owned(),
        submitted_ns: SUBMITTED,
        ended_ns: Some(ended),
        calls: records,
        total: calls,
        durable: false,
        workers,
        client_requests: 12,
        worker_requests: u64::from(2 * workers),
        estimate: None,
        used: None,
    }
}
