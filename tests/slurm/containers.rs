//! Workers in an image, run by Charliecloud: what Debian has, and what needs no further right.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lithops::prelude::*;

use crate::Case;
use crate::tenant::{ELSEWHERE, Tenant};

pub(crate) const CASES: &[Case] = &[("containers::calls_run_in_the_image", calls_run_in_the_image)];

/// Tells of the image to who is in it.
const MARK: &str = "/etc/lithops-test-image";

/// A small program for a try.
const TRUE: &str = "/bin/true";

/// Whether images can be run here, or why not.
pub(crate) fn engine() -> Result<(), String> {
    let image = tempfile::tempdir().map_err(|error| error.to_string())?;
    make_image(image.path(), Path::new(TRUE));
    let mut engine = Command::new("ch-run");
    // It will not start without a user's name.
    engine.arg(image.path()).args(["--", TRUE]).env("USER", "root").stdin(Stdio::null());
    match engine.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(format!("ch-run can't be started: {error}")),
    }
}

/// The folder of an image with what a program is linked to, and nothing else.
fn make_image(image: &Path, program: &Path) {
    for folder in ["dev", "etc", "home", "proc", "root", "sys", "tmp"] {
        fs::create_dir(image.join(folder)).unwrap();
    }
    // Mounted over.
    for file in ["/etc/hosts", "/etc/resolv.conf", "/etc/passwd", "/etc/group", MARK] {
        fs::write(inside(image, file), "").unwrap();
    }
    let said = Command::new("ldd").arg(program).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let libraries = said.split_whitespace().filter(|word| word.starts_with('/'));
    for file in libraries.chain([TRUE]) {
        let copy = inside(image, file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(file, copy).unwrap();
    }
}

fn inside(image: &Path, path: &str) -> PathBuf {
    image.join(path.trim_start_matches('/'))
}

fn calls_run_in_the_image() {
    let tenant = Tenant::new();
    let image = tempfile::tempdir_in(tenant.cluster.shared()).unwrap();
    make_image(image.path(), &std::env::current_exe().unwrap());
    let folder = image.path().display();
    lithops::block_on(async {
        let section =
            format!("container_engine = \"charliecloud\"\nruntime = \"{folder}\"\n{ELSEWHERE}");
        let exec = tenant.builder(&section).build().await.unwrap();
        let seen = |_: u32| (Path::new(MARK).exists(), Path::new("/usr/bin/env").exists());
        assert_eq!(exec.map(seen, 0..4).await.unwrap(), vec![(true, false); 4]);
        exec.shutdown().await;
    });
    tenant.assert_nothing_is_left();
}
