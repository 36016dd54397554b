//! How far a transfer is, for who watches.

use std::io::IsTerminal as _;

use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lithops_core::ports::{ByteStream, ObjectMeta};

const TEMPLATE: &str = "{bytes}/{total_bytes} {wide_bar} {bytes_per_sec} {eta}";
const UNBOUNDED: &str = "{bytes} {bytes_per_sec}";

/// A bar on standard error, if that is a terminal; it goes when the stream does.
pub(super) fn watched(stream: ByteStream, size: Option<u64>) -> ByteStream {
    if !std::io::stderr().is_terminal() {
        return stream;
    }
    let size = size.filter(|size| *size != ObjectMeta::UNKNOWN_SIZE);
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
    let template = if size.is_some() { TEMPLATE } else { UNBOUNDED };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let bar = Bar(bar);
    stream
        .inspect(move |piece| bar.0.inc(piece.as_ref().map_or(0, |piece| piece.len() as u64)))
        .boxed()
}

/// A bar that is wiped out at its end.
struct Bar(ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
