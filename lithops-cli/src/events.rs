//! What the library tells while it works, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Shows the library's warnings, and all that it tells if that is wanted.
pub(crate) fn show(debug: bool) {
    // What other crates tell about connections and the like would bury it.
    let level = if debug { LevelFilter::DEBUG } else { LevelFilter::WARN };
    let ours = Targets::new().with_target("lithops", level);
    let format = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(debug);
    let shown = tracing_subscriber::registry().with(ours);
    match debug {
        true => shown.with(format).init(),
        false => shown.with(format.without_time()).init(),
    }
}
