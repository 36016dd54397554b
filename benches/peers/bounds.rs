//! The least that the same could cost on this machine: an echo, a start, a kernel, a copy.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use tempfile::TempDir;

use super::Side;
use super::task::{Share, throw};
use super::turn::{Done, Turn};
use super::workload::cold::Static;
use super::workload::echo::{Echo, Kind, bytes_of_a_call};

/// Frames of a call's size to another process and back: each by itself for chunks of one, hundreds
/// at once otherwise.
#[derive(Debug)]
pub(crate) struct Echoes {
    each: Echo,
    batches: Echo,
}

impl Echoes {
    pub(crate) fn start() -> Self {
        let frame = bytes_of_a_call();
        Self {
            each: Echo::start(Kind::EachFrame, frame),
            batches: Echo::start(Kind::Batches, frame),
        }
    }
}

impl Side for Echoes {
    fn take(&mut self, turn: &Turn) -> Option<Done> {
        let Turn::Map { tasks, chunk } = turn else { return None };
        let echo = if chunk.is_some() { &mut self.each } else { &mut self.batches };
        Done::timed(|| {
            echo.run(u32::try_from(*tasks).unwrap());
            // What a map of `x + 1` comes to.
            tasks * (tasks + 1) / 2
        })
    }
}

/// Starts of a static program that does nothing, on two threads.
#[derive(Debug)]
pub(crate) struct Spawn {
    program: Static,
    _folder: TempDir,
}

impl Spawn {
    pub(crate) fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { program: Static::build(folder.path()), _folder: folder }
    }
}

impl Side for Spawn {
    fn take(&mut self, turn: &Turn) -> Option<Done> {
        let (tasks, check) = match turn {
            Turn::Fresh { tasks } => (*tasks, tasks * (tasks + 1) / 2),
            Turn::Program { tasks, .. } => (*tasks, *tasks),
            _ => return None,
        };
        let half = |first: u64| (first..tasks).step_by(2).for_each(|_| self.program.run());
        Done::timed(|| {
            thread::scope(|scope| {
                scope.spawn(|| half(0));
                half(1);
            });
            check
        })
    }
}

/// The kernel of the simulation on one thread, with nothing around it.
#[derive(Debug)]
pub(crate) struct Kernel;

impl Side for Kernel {
    fn take(&mut self, turn: &Turn) -> Option<Done> {
        let Turn::Throw { tasks, samples } = turn else { return None };
        Done::timed(|| (0..*tasks).map(|seed| throw(Share { seed, samples: *samples })).sum())
    }
}

/// As many bytes as there are in the files of a folder, over one TCP connection of this machine.
#[derive(Debug)]
pub(crate) struct Copy;

impl Side for Copy {
    fn take(&mut self, turn: &Turn) -> Option<Done> {
        let Turn::Words { path, part } = turn else { return None };
        let size = size_of(path);
        let piece = vec![b'x'; *part as usize];
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        Done::timed(|| {
            thread::scope(|scope| {
                scope.spawn(|| {
                    let mut stream = TcpStream::connect(address).unwrap();
                    let mut left = size;
                    while left > 0 {
                        let count = left.min(piece.len());
                        stream.write_all(&piece[..count]).unwrap();
                        left -= count;
                    }
                });
                let (mut stream, _) = listener.accept().unwrap();
                let mut buffer = vec![0; 1 << 20];
                let mut received = 0;
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    received += read as u64;
                }
                received
            })
        })
    }
}

fn size_of(file: &Path) -> usize {
    usize::try_from(file.metadata().unwrap().len()).unwrap()
}
