//! How we compare with the least that the same work could cost: a table of ratios.
//!
//! The sides of a comparison take turns, so that whatever else the machine does slows all of them;
//! each ratio is one of medians. `--quick` takes fewer turns. What each line means is told in
//! `docs/benchmarks.md`.

#![expect(clippy::unwrap_used, reason = "a bench that can't run has nothing to say")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod table;
mod workload;

use std::hint::black_box;
use std::path::Path;

use table::{Table, Target, Turn, turns};
use workload::calls::{self, Chunks};
use workload::echo::{self, Echo, Kind};
use workload::python::Python;
use workload::{SIZES, bytes, cold, memory};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Extent {
    /// Turns of each side.
    turns: usize,
    /// Turns of what takes a second or more.
    long_turns: usize,
    /// Numbers of calls are divided by this.
    scale: u32,
}

impl Extent {
    fn from_arguments() -> Self {
        let given = |name: &str| std::env::args().any(|argument| argument == name);
        if !given("--bench") {
            // `cargo test` only wants to see that it works.
            Self { turns: 1, long_turns: 1, scale: 100 }
        } else if given("--quick") {
            Self { turns: 5, long_turns: 2, scale: 1 }
        } else {
            Self { turns: 21, long_turns: 5, scale: 1 }
        }
    }

    fn calls(self, calls: u32) -> u32 {
        (calls / self.scale).max(1)
    }
}

fn main() {
    workload::become_child();
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let extent = Extent::from_arguments();
    let folder = tempfile::tempdir().unwrap();
    let load = table::load();
    let mut table = Table::new(extent.scale == 1);
    // First: later the allocator has large pieces at hand, which some sides could use and some not.
    large_values(extent, &mut table);
    threads(extent, &mut table);
    processes(extent, folder.path(), &mut table);
    cold_start(extent, folder.path(), &mut table);
    million(extent, &mut table);
    table.print(&load);
}

/// Beside rayon.
fn threads(extent: Extent, table: &mut Table) {
    let exec = calls::warm("threads");
    for size in SIZES {
        let size = extent.calls(size);
        let arguments = calls::arguments(size);
        let [default, one, boxed, values, plain, spawn, bare_spawn] = turns(
            extent.turns,
            size,
            [
                &mut || drop(black_box(calls::map(&exec, size, Chunks::Default))),
                &mut || drop(black_box(calls::map(&exec, size, Chunks::One))),
                &mut || drop(black_box(calls::rayon_boxed(&arguments))),
                &mut || drop(black_box(calls::rayon_values(size))),
                &mut || drop(black_box(calls::rayon_plain(size))),
                &mut || drop(black_box(calls::rayon_spawn(&arguments))),
                &mut || drop(black_box(calls::rayon_bare_spawn(size))),
            ],
        );
        let name = |beside: &str, chunks: Chunks| {
            format!("threads, {}, {} / rayon {beside}", table::count(size), chunks.name())
        };
        let largest = size == extent.calls(SIZES[3]);
        let target = if largest { Target::AtMost(3.0) } else { Target::None };
        table.times(name("`par_iter`, boxed work", Chunks::Default), &default, &boxed, target);
        let beside = "`par_iter`, with the client's codec";
        table.times(name(beside, Chunks::Default), &default, &values, Target::None);
        table.times(name("`par_iter`, plain", Chunks::Default), &default, &plain, Target::None);
        table.times(name("`spawn`, boxed work", Chunks::One), &one, &spawn, Target::None);
        if size >= extent.calls(10_000) {
            let target = if largest { Target::AboveByUnder(1000.0) } else { Target::None };
            let beside = "`spawn`, boxed work, CPU a call";
            table.cpu(name(beside, Chunks::One), &one, &spawn, target);
            let beside = "`spawn` of nothing, CPU a call";
            table.cpu(name(beside, Chunks::One), &one, &bare_spawn, Target::None);
        }
    }
}

/// Beside a bare echo, and Python's pool.
fn processes(extent: Extent, folder: &Path, table: &mut Table) {
    let exec = calls::warm("processes");
    let frame = echo::bytes_of_a_call();
    let mut each = Echo::start(Kind::EachFrame, frame);
    let mut batches = Echo::start(Kind::Batches, frame);
    table.note(format!("echo: frames of {frame} bytes, the mean of a call's way there and back"));
    for size in SIZES {
        let judged = size == 10_000;
        let size = extent.calls(size);
        let [default, one, each, batches] = turns(
            extent.turns,
            size,
            [
                &mut || drop(black_box(calls::map(&exec, size, Chunks::Default))),
                &mut || drop(black_box(calls::map(&exec, size, Chunks::One))),
                &mut || each.run(size),
                &mut || batches.run(size),
            ],
        );
        let name = |beside: &str, chunks: Chunks| {
            format!("processes, {}, {} / {beside}", table::count(size), chunks.name())
        };
        let target = if judged { Target::AtMost(3.0) } else { Target::None };
        table.times(name("echo, a write each", Chunks::One), &one, &each, target);
        table.times(name("echo, batches", Chunks::One), &one, &batches, Target::None);
        table.times(name("echo, batches", Chunks::Default), &default, &batches, Target::None);
    }
    let Some(mut python) = Python::start(folder) else {
        table.note("Python is left out: there is no `python3` here".to_owned());
        return;
    };
    table.note(Python::version());
    let size = extent.calls(10_000);
    let [ours, theirs] = turns(
        extent.long_turns,
        size,
        [&mut || drop(black_box(calls::map(&exec, size, Chunks::One))), &mut || {
            assert!(python.run(size))
        }],
    );
    let name = "`ProcessPoolExecutor.map(chunksize=1)`, calls a second";
    let name = format!("processes, {}, chunk 1 / {name}", table::count(size));
    table.rates(name, &ours, &theirs, Target::AtLeast(50.0));
}

/// Beside one start of a program that does nothing.
fn cold_start(extent: Extent, folder: &Path, table: &mut Table) {
    let program = cold::Static::build(folder);
    table.note(format!("static program: built by `{}`", program.built_by));
    let (mut ours, mut spawn) = (Vec::new(), Vec::new());
    for _ in 0..extent.turns {
        ours.push(Turn::of(1, cold::first_result()));
        spawn.extend(turns(1, 1, [&mut || program.run()]).concat());
    }
    let name = "first result of 2 new worker processes / one `posix_spawn`, static";
    table.times(name.to_owned(), &ours, &spawn, Target::Under(10.0));
}

/// Beside two copies.
fn large_values(extent: Extent, table: &mut Table) {
    let mib = (bytes::MIB / extent.scale as usize).max(1);
    let argument = bytes::argument(mib);
    let [on_threads, on_processes] = ["threads", "processes"].map(calls::warm);
    let mut memory = bytes::two_copies(&argument);
    let mut times: [Vec<Turn>; 4] = Default::default();
    for _ in 0..extent.turns.min(11) {
        let [threads, processes, fresh, in_place] = &mut times;
        for (exec, times) in [(&on_threads, threads), (&on_processes, processes)] {
            let argument = argument.clone();
            let (turn, back) = table::time(|| bytes::there_and_back(exec, argument));
            assert_eq!(back.len(), mib << 20);
            times.push(turn);
        }
        fresh.push(table::time(|| bytes::two_copies(&argument)).0);
        in_place.push(table::time(|| bytes::two_copies_in_place(&argument, &mut memory)).0);
    }
    let [threads, processes, fresh, in_place] = times;
    let bytes = 2 * argument.len();
    let name = |ours, beside| format!("{ours}, {mib} MiB there and back / two `memcpy`, {beside}");
    let target = Target::AtMost(4.0);
    table.throughput(name("processes", "fresh memory"), bytes, &processes, &fresh, target);
    table.throughput(name("processes", "in place"), bytes, &processes, &in_place, Target::None);
    table.throughput(name("threads", "fresh memory"), bytes, &threads, &fresh, Target::None);
    table.throughput(name("threads", "in place"), bytes, &threads, &in_place, Target::None);
}

/// A million calls: memory, and whether one costs more than it does among fewer.
fn million(extent: Extent, table: &mut Table) {
    let (many, few) = (extent.calls(1_000_000), extent.calls(100_000));
    for backend in ["threads", "processes"] {
        let exec = calls::warm(backend);
        for chunks in Chunks::BOTH {
            let [at_many, at_few] = turns(
                extent.long_turns,
                many,
                [
                    &mut || drop(black_box(calls::map(&exec, many, chunks))),
                    // As many calls, in jobs of a tenth.
                    &mut || {
                        (0..many / few)
                            .for_each(|_| drop(black_box(calls::map(&exec, few, chunks))))
                    },
                ],
            );
            let (name, many, few) = (chunks.name(), table::count(many), table::count(few));
            let name = format!("{backend}, {name}, time a call among {many} / among {few}");
            // A quadratic step would show as 10.
            table.times(name, &at_many, &at_few, Target::AtMost(1.5));
        }
    }
    for chunks in Chunks::BOTH {
        let growths: Vec<_> =
            (0..extent.long_turns).map(|_| memory::growth(many, chunks)).collect();
        let mut line = |what: &str, of: fn(&memory::Growth) -> f64, target| {
            let name = format!("{}, {}, {what}", table::count(many), chunks.name());
            table.memory(name, growths.iter().map(of).collect(), target);
        };
        line("queued: client's memory a call", |growth| growth.queued, Target::Under(300.0));
        line("queued, a future held for each", |growth| growth.with_futures, Target::Under(300.0));
        line("done, results not taken", |growth| growth.settled, Target::None);
    }
}
