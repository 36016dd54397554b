//! What it costs to know an object again: the digest that goes with each value in an object of its own.
//!
//! `cargo bench -p lithops-core --bench digest`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lithops_core::wire::Digest;

fn digest(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("digest");
    for mib in [1, 16] {
        let bytes = vec![7_u8; mib << 20];
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let name = BenchmarkId::from_parameter(format!("{mib} MiB"));
        group.bench_with_input(name, &bytes, |bencher, bytes| {
            bencher.iter(|| Digest::of(black_box(bytes)));
        });
    }
    group.finish();
}

criterion_group!(benches, digest);
criterion_main!(benches);
