//! 64 MiB there and back, beside two copies of as many bytes.
//!
//! `ratios` measures the same things turn by turn and prints how they compare.

#![expect(clippy::unwrap_used, reason = "a bench that can't run has nothing to say")]

mod workload;

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use workload::bytes::{self, MIB};
use workload::calls;

fn main() {
    workload::become_child();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut group = criterion.benchmark_group("64 MiB there and back");
    let argument = bytes::argument(MIB);
    group.throughput(Throughput::Bytes(2 * argument.len() as u64));
    for backend in ["threads", "processes"] {
        let exec = calls::warm(backend);
        group.bench_function(backend, |bencher| {
            bencher.iter_batched(
                || argument.clone(),
                |argument| bytes::there_and_back(&exec, argument),
                BatchSize::PerIteration,
            );
        });
    }
    group.bench_function("two memcpy", |bencher| {
        bencher.iter_batched(|| (), |()| bytes::two_copies(&argument), BatchSize::PerIteration);
    });
    group.finish();
    criterion.final_summary();
}
