//! Rayon: a `spawn` for each task where chunks are of one, a parallel iterator where they are not.

use std::path::Path;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::Side;
use super::count::count_text;
use super::task::{Share, add_one, spin, throw};
use super::turn::{Done, Turn};

/// A pool of threads.
#[derive(Debug)]
pub(crate) struct Rayon {
    pool: rayon::ThreadPool,
}

impl Rayon {
    pub(crate) fn new(workers: usize) -> Self {
        Self { pool: rayon::ThreadPoolBuilder::new().num_threads(workers).build().unwrap() }
    }

    fn map<T: Copy + Send + Sync>(
        &self,
        items: &[T],
        each: bool,
        f: impl Fn(T) -> u64 + Sync,
    ) -> u64 {
        if !each {
            return self.pool.install(|| items.par_iter().map(|item| f(*item)).sum());
        }
        let results: Vec<OnceLock<u64>> = items.iter().map(|_| OnceLock::new()).collect();
        self.pool.scope(|scope| {
            for (item, result) in items.iter().zip(&results) {
                let f = &f;
                scope.spawn(move |_| result.set(f(*item)).unwrap());
            }
        });
        results.into_iter().map(|result| result.into_inner().unwrap()).sum()
    }

    /// What one would write by hand: pieces of the file that end with a line.
    fn words(&self, path: &Path, part: u64) -> u64 {
        let text = std::fs::read(path).unwrap();
        let mut pieces = Vec::new();
        let mut rest = text.as_slice();
        while !rest.is_empty() {
            let least = rest.len().min(part as usize);
            let line = rest[least..].iter().position(|byte| *byte == b'\n');
            let (piece, after) = rest.split_at(line.map_or(rest.len(), |end| least + end + 1));
            pieces.push(piece);
            rest = after;
        }
        // The same kernel as ours.
        self.map(&pieces, false, |piece| count_text(piece).words)
    }
}

impl Side for Rayon {
    fn take(&mut self, turn: &Turn) -> Option<Done> {
        match turn {
            Turn::Map { tasks, chunk } => Done::timed(|| {
                let items: Vec<u64> = (0..*tasks).collect();
                self.map(&items, chunk.is_some(), add_one)
            }),
            Turn::Spin { tasks, nanoseconds, chunk } => Done::timed(|| {
                let items = vec![*nanoseconds; *tasks as usize];
                self.map(&items, chunk.is_some(), spin)
            }),
            Turn::Throw { tasks, samples } => Done::timed(|| {
                let share = |seed| Share { seed, samples: *samples };
                let shares: Vec<Share> = (0..*tasks).map(share).collect();
                self.map(&shares, false, throw)
            }),
            Turn::Words { path, part } => Done::timed(|| self.words(path, *part)),
            _ => None,
        }
    }
}
