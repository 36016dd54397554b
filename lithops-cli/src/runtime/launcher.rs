//! Where the launcher of a generic image is.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

const NAME: &str = "lithops-worker";

/// The launcher beside this command.
pub(super) fn find() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe().context("it is not known where this command is")?;
    let beside = this.with_file_name(NAME);
    if !beside.is_file() {
        bail!(
            "there is no launcher at {}: build one by `cargo build --release -p {NAME} --features \
             relay`, and name it, as in `lithops runtime build --launcher target/release/{NAME}`",
            beside.display()
        );
    }
    Ok(beside)
}
