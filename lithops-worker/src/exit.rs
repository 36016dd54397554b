//! The end of the client's program.

/// Runs `last` when `main` has returned or `exit` is called; not when the process is killed.
#[expect(unsafe_code, reason = "the C library alone knows when the program ends")]
pub fn at_exit(last: extern "C" fn()) {
    // SAFETY: `last` is a function of this program, which is never unloaded; it takes no argument
    // and does not unwind, because an `extern "C"` function aborts rather than unwinds.
    if unsafe { libc::atexit(last) } != 0 {
        tracing::warn!("a program that ends early may leave something behind");
    }
}
