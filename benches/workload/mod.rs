//! What the benches run: our calls, and the bare things beside which they are measured.

#![allow(dead_code, reason = "each bench uses a part")]

pub(crate) mod bytes;
pub(crate) mod calls;
pub(crate) mod cold;
pub(crate) mod echo;
pub(crate) mod memory;
pub(crate) mod python;
pub(crate) mod text;

/// How many worker threads, worker processes, rayon threads and Python processes there are: the same
/// for all sides.
pub(crate) const WORKERS: usize = 2;

/// The numbers of calls in a job.
pub(crate) const SIZES: [u32; 4] = [1, 100, 10_000, 100_000];

/// Turns this process into one of the bare children if it was started as such; it never returns
/// then. Must be called first in `main`.
pub(crate) fn become_child() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(echo::CHILD) => echo::serve(arguments),
        Some(memory::CHILD) => memory::serve(arguments),
        _ => return,
    }
    std::process::exit(0);
}

/// This program, to be started again as a child.
pub(crate) fn own_program() -> std::process::Command {
    std::process::Command::new("/proc/self/exe")
}
