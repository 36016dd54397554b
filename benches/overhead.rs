//! What a call costs beside the least that it could cost: threads beside rayon, processes beside a
//! bare echo, a cold start beside one `posix_spawn`.
//!
//! `ratios` measures the same things turn by turn and prints how they compare; this bench shows each
//! by itself, with criterion's statistics and its comparison with the last run.

#![expect(clippy::unwrap_used, reason = "a bench that can't run has nothing to say")]

mod workload;

use std::time::Duration;

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, measurement::WallTime};
use workload::calls::{self, Chunks};
use workload::echo::{self, Echo, Kind};
use workload::{SIZES, cold, python::Python};

fn main() {
    workload::become_child();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    threads(&mut criterion);
    processes(&mut criterion);
    cold_start(&mut criterion);
    criterion.final_summary();
}

fn threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("threads");
    let exec = calls::warm("threads");
    ours(&mut group, &exec);
    for size in SIZES {
        group.throughput(Throughput::Elements(size.into()));
        let arguments = calls::arguments(size);
        group.bench_function(BenchmarkId::new("rayon par_iter, boxed work", size), |bencher| {
            bencher.iter(|| calls::rayon_boxed(&arguments));
        });
        group.bench_function(
            BenchmarkId::new("rayon par_iter, with client's codec", size),
            |bencher| {
                bencher.iter(|| calls::rayon_values(size));
            },
        );
        group.bench_function(BenchmarkId::new("rayon par_iter, plain", size), |bencher| {
            bencher.iter(|| calls::rayon_plain(size));
        });
        group.bench_function(BenchmarkId::new("rayon spawn, boxed work", size), |bencher| {
            bencher.iter(|| calls::rayon_spawn(&arguments));
        });
    }
}

fn processes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("processes");
    let exec = calls::warm("processes");
    ours(&mut group, &exec);
    let size = echo::bytes_of_a_call();
    let mut each = Echo::start(Kind::EachFrame, size);
    let mut batches = Echo::start(Kind::Batches, size);
    for size in SIZES {
        group.throughput(Throughput::Elements(size.into()));
        group.bench_function(BenchmarkId::new("echo, a write each", size), |bencher| {
            bencher.iter(|| each.run(size));
        });
        group.bench_function(BenchmarkId::new("echo, batches", size), |bencher| {
            bencher.iter(|| batches.run(size));
        });
    }
    let folder = tempfile::tempdir().unwrap();
    if let Some(mut python) = Python::start(folder.path()) {
        // 100k take Python too long for a bench.
        for size in &SIZES[..3] {
            group.throughput(Throughput::Elements((*size).into()));
            let name = BenchmarkId::new("Python ProcessPoolExecutor, chunksize=1", size);
            group.bench_function(name, |bencher| bencher.iter(|| assert!(python.run(*size))));
        }
    }
}

fn ours(group: &mut BenchmarkGroup<'_, WallTime>, exec: &lithops::FunctionExecutor) {
    for size in SIZES {
        group.throughput(Throughput::Elements(size.into()));
        for chunks in Chunks::BOTH {
            let name = BenchmarkId::new(format!("lithops, {}", chunks.name()), size);
            group.bench_function(name, |bencher| bencher.iter(|| calls::map(exec, size, chunks)));
        }
    }
}

fn cold_start(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cold start");
    group.bench_function("lithops, first result of 2 new worker processes", |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| cold::first_result()).sum());
    });
    let folder = tempfile::tempdir().unwrap();
    let program = cold::Static::build(folder.path());
    group.bench_function("posix_spawn of a static program", |bencher| {
        bencher.iter(|| program.run())
    });
}
