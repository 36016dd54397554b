//! The Rust sides of the comparison with peers: this library, rayon, and the bounds of the machine.
//!
//! `benches/peers/run.py` starts this program once for each side, as `peers SIDE WORKERS`, and has it
//! do one turn for each line that it writes; see [`turn`] for the lines. Run by itself it checks that
//! all sides give the same results.

#![expect(clippy::unwrap_used, reason = "a side that can't run has nothing to say")]
#![expect(clippy::print_stdout, reason = "turns are told on standard output")]

mod bounds;
#[path = "../../examples/word_count/count.rs"]
mod count;
mod ours;
mod rayon_pool;
mod selfcheck;
mod task;
mod turn;
#[path = "../workload/mod.rs"]
mod workload;

use std::io::{BufRead, Write};

use turn::{Done, Turn};

/// One side: a system that does what a turn asks for.
trait Side {
    /// Does the work of one turn and times it; `None` for what this side can't.
    fn take(&mut self, turn: &Turn) -> Option<Done>;
}

fn main() {
    workload::become_child();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--list", ..] => {}
        // What cargo passes on says nothing here.
        [] | [_] => selfcheck::run(),
        [option, ..] if option.starts_with("--") => selfcheck::run(),
        ["first", backend] => println!("{}", ours::first_result(backend)),
        ["text", path, mebibytes] => {
            let size = mebibytes.parse::<usize>().unwrap() << 20;
            println!("{}", workload::text::write_text(path.as_ref(), size).1);
        }
        [name, workers] => serve(&mut *side(name, workers.parse().unwrap())),
        other => panic!("there is no {other:?}"),
    }
}

fn side(name: &str, workers: usize) -> Box<dyn Side> {
    match name {
        "threads" | "processes" => Box::new(ours::Ours::warm(name, workers)),
        "processes-pieces" => Box::new(ours::Ours::warm("processes", workers).in_pieces()),
        "threads-pieces" => Box::new(ours::Ours::warm("threads", workers).in_pieces()),
        "rayon" => Box::new(rayon_pool::Rayon::new(workers)),
        "echo" => Box::new(bounds::Echoes::start()),
        "spawn" => Box::new(bounds::Spawn::build()),
        "kernel" => Box::new(bounds::Kernel),
        "copy" => Box::new(bounds::Copy),
        name => panic!("there is no side {name}"),
    }
}

/// A turn for each line of standard input, and a line of standard output for each, until the input
/// ends.
fn serve(side: &mut dyn Side) {
    let mut output = std::io::stdout();
    writeln!(output, "ready").unwrap();
    for line in std::io::stdin().lock().lines() {
        let reply = match side.take(&Turn::parse(&line.unwrap())) {
            Some(done) => format!("seconds={} check={}", done.time.as_secs_f64(), done.check),
            None => "error=unsupported".to_owned(),
        };
        writeln!(output, "{reply}").unwrap();
    }
}
