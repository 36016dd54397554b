//! What is printed.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};

use anyhow::Context as _;

/// Whoever read the output has stopped to read, as `head` does.
#[derive(Debug)]
pub(crate) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the output any more")
    }
}

impl std::error::Error for Closed {}

/// Prints a result: all of it at once, when the work is done.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    write(text.as_bytes())
}

/// Prints what has been done or found where more is to come: whoever stops to read it neither stops
/// the work nor changes what it comes to.
pub(crate) fn tell(text: &str) -> anyhow::Result<()> {
    match print(text) {
        Err(error) if error.is::<Closed>() => Ok(()),
        told => told,
    }
}

/// Prints bytes as they are.
pub(crate) fn write(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Closed.into()),
        written => written.context("the result can't be written"),
    }
}

/// Prints what is no result, to standard error.
pub(crate) fn remark(text: &str) {
    // There is nowhere else to say that it can't be said.
    writeln!(io::stderr(), "{text}").ok();
}
