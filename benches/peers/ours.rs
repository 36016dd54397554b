//! This library, by its ordinary public interface.

use std::future::IntoFuture;

use futures::StreamExt;
use lithops::Executor;
use lithops::prelude::*;

use super::Side;
use super::count;
use super::task::{Fault, Share, add_one, crc, faulty, make_bytes, run_program, spin, throw};
use super::turn::{Done, Turn};

/// An executor whose workers run.
#[derive(Debug)]
pub(crate) struct Ours {
    exec: FunctionExecutor,
    /// Whether items go in pieces where no chunks are asked for: the parallel iterator.
    pieces: bool,
}

impl Ours {
    pub(crate) fn warm(backend: &str, workers: usize) -> Self {
        let exec = build(backend, workers);
        let results = lithops::block_on(exec.map(add_one, 0..10_000).into_future()).unwrap();
        assert_eq!(results.len(), 10_000);
        Self { exec, pieces: false }
    }

    pub(crate) fn in_pieces(self) -> Self {
        Self { pieces: true, ..self }
    }
}

/// From the environment, as programs of users are; where the storage is stands there.
fn build(backend: &str, workers: usize) -> FunctionExecutor {
    let builder = lithops::Builder::from_config().unwrap();
    lithops::block_on(builder.backend(backend).workers(workers).build()).unwrap()
}

/// From nothing to the first of two results; what the caller times is this program's life.
pub(crate) fn first_result(backend: &str) -> u64 {
    let exec = build(backend, 2);
    lithops::block_on(async {
        let job = exec.map(add_one, 0..2_u64).chunk_size(1).submit().unwrap();
        let (_, first) = job.stream_unordered().next().await.unwrap();
        first.unwrap()
    })
}

/// A map with the chunks that a turn asks for, to its results.
fn results<T: lithops::Data>(map: lithops::Map<T>, chunk: Option<u32>) -> Vec<T> {
    let map = match chunk {
        Some(calls) => map.chunk_size(calls),
        None => map,
    };
    lithops::block_on(map.into_future()).unwrap()
}

/// `x + 1` in two lines of tasks, each task in an executor of its own with one worker.
async fn fresh(tasks: u64) -> u64 {
    let line = |first: u64| async move {
        let mut sum = 0;
        for x in (first..tasks).step_by(2) {
            let exec = FunctionExecutor::processes(1).await.unwrap();
            sum += exec.call_async(add_one, x).await.unwrap();
            exec.shutdown().await;
        }
        sum
    };
    let (even, odd) = futures::join!(line(0), line(1));
    even + odd
}

impl Side for Ours {
    fn take(&mut self, turn: &Turn) -> Option<Done> {
        let exec = &self.exec;
        // On threads a task that kills its process takes all with it.
        let isolated = exec.capability().backend != "threads";
        if !isolated && matches!(turn, Turn::Faulty { .. } | Turn::Fresh { .. }) {
            return None;
        }
        match turn.clone() {
            Turn::Map { tasks, chunk: None } if self.pieces => Done::timed(|| {
                let items: Vec<u64> = (0..tasks).collect();
                exec.par(items).map(add_one).collect::<Vec<u64>>().iter().sum()
            }),
            Turn::Spin { tasks, nanoseconds, chunk: None } if self.pieces => Done::timed(|| {
                let items = vec![nanoseconds; tasks as usize];
                exec.par(items).map(spin).collect::<Vec<u64>>().iter().sum()
            }),
            Turn::Map { tasks, chunk } => {
                Done::timed(|| results(exec.map(add_one, 0..tasks), chunk).iter().sum())
            }
            Turn::Spin { tasks, nanoseconds, chunk } => Done::timed(|| {
                let items = (0..tasks).map(|_| nanoseconds);
                results(exec.map(spin, items), chunk).iter().sum()
            }),
            Turn::Program { tasks, program } => Done::timed(|| {
                let items = (0..tasks).map(|_| program.clone());
                results(exec.map(run_program, items), None).iter().sum()
            }),
            Turn::Fresh { tasks } => Done::timed(|| lithops::block_on(fresh(tasks))),
            Turn::Bytes { tasks, size } => Done::timed(|| {
                let items = (0..tasks).map(|_| size);
                let all = results(exec.map(make_bytes, items).through_storage(), None);
                all.iter().map(|bytes| bytes.len() as u64).sum()
            }),
            Turn::Reduce { tasks, size } => Done::timed(|| {
                let items = (0..tasks).map(|_| size);
                let add = |all: Vec<Vec<u8>>| all.iter().map(|one| one.len() as u64).sum::<u64>();
                let job = exec.map_reduce(make_bytes, items, add).through_storage();
                lithops::block_on(job.into_future()).unwrap()
            }),
            Turn::Crc { uri } => Done::timed(|| {
                lithops::block_on(async {
                    let parts = exec.objects(uri.as_str()).await.unwrap();
                    let sums = exec.map(crc, parts).await.unwrap();
                    sums.iter().map(|sum| u64::from(*sum)).sum()
                })
            }),
            Turn::Words { path, part } => Done::timed(|| {
                lithops::block_on(async {
                    let parts = exec.objects(path.as_path()).lines().chunk_size(part);
                    let all = exec.map(count::count, parts.await.unwrap()).await.unwrap();
                    all.iter().map(|stretch| stretch.words_by_file).sum()
                })
            }),
            Turn::Throw { tasks, samples } => Done::timed(|| {
                let shares = (0..tasks).map(|seed| Share { seed, samples });
                results(exec.map(throw, shares), None).iter().sum()
            }),
            Turn::Faulty { tasks, folder, killed, slow } => Done::timed(|| {
                let fault = |index| Fault {
                    index,
                    folder: folder.clone(),
                    killed: killed.contains(&index),
                    slow: slow.contains(&index),
                };
                results(exec.map(faulty, (0..tasks).map(fault)), None).iter().sum()
            }),
        }
    }
}
