//! The examples over buckets of a real S3 server, on real files.

use std::path::Path;

use anyhow::ensure;

use super::{BACKENDS, PHOTOGRAPHS, number_after, read, shell, succeed};
use crate::command::root;
use crate::servers;

/// What every Debian machine has: licences and other texts.
const TEXTS: &str = "/usr/share/common-licenses";

/// Starts a server, copies real files into its buckets, and has the examples work on those.
pub(crate) fn run() -> anyhow::Result<()> {
    let server = servers::start_named(&["seaweedfs"])?.remove(0);
    let settings = server.as_environment();
    for backend in BACKENDS {
        let succeed = |name, arguments: &[&str]| succeed(name, backend, arguments, &settings);

        let texts = if Path::new(TEXTS).is_dir() { Path::new(TEXTS).to_owned() } else { root() };
        let bucket = format!("s3://texts-{backend}/");
        succeed("copy", &[&texts.to_string_lossy(), &bucket])?;
        let count = "find \"$1\" -type f -print0 | LC_ALL=C xargs -0 cat -- | LC_ALL=C tr -cd \
                     '\\t-\\r -~' | wc -w";
        let expected: u64 = number_after("", &read(shell(count, &texts))?)?;
        let printed = succeed("word_count", &[&bucket, "--part=1"])?;
        println!("{printed}`wc -w` says {expected}");
        ensure!(printed.contains(&format!("{expected} words, file by file")), "not equal");

        let lines = "find \"$1\" -type f -print0 | LC_ALL=C xargs -0 cat -- | grep -aci warranty";
        let expected: u64 = number_after("", &read(shell(lines, &texts))?)?;
        let printed = succeed("log_search", &["warranty", &bucket])?;
        ensure!(printed.contains(&format!("{expected} lines with \"warranty\"")), "{printed}");

        let photos = format!("s3://photos-{backend}/");
        succeed("copy", &["examples/images/*.*g", &photos])?;
        let thumbnails = format!("s3://thumbnails-{backend}/small/");
        let printed = succeed("image_pipeline", &[&photos, &thumbnails, "--size=64"])?;
        ensure!(printed.starts_with(&format!("{PHOTOGRAPHS} thumbnails")), "{printed}");
    }
    Ok(())
}
