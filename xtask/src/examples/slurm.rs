//! Examples on a cluster of Slurm, told by configuration alone.

use std::fs;

use anyhow::{Context, ensure};

use super::{number_after, read, shell, succeed_as_configured};
use crate::servers::Slurm;

/// The examples give what they give elsewhere; then nothing of theirs is left.
pub(crate) fn run(cluster: &Slurm) -> anyhow::Result<()> {
    let shared = cluster.shared();
    let folder = shared.join("lithops");
    let settings = shared.join("lithops.toml");
    fs::write(
        &settings,
        format!(
            "[lithops]\nbackend = \"slurm\"\n[slurm]\nmax_workers = 6\nfolder = \"{0}\"\nshared \
             = [\"{1}\"]\nkeep_program = false\n",
            folder.display(),
            shared.display(),
        ),
    )
    .with_context(|| settings.display().to_string())?;
    let mut settings = vec![("LITHOPS_CONFIG", settings.display().to_string())];
    settings.extend(cluster.environment());

    let pi = ["--points=20000000", "--calls=16"];
    let printed = succeed_as_configured("monte_carlo_pi", &pi, &settings)?;
    print!("{printed}");
    let estimate: f64 = number_after("pi is about", &printed)?;
    ensure!((estimate - std::f64::consts::PI).abs() < 0.01, "{estimate} is no pi");

    // Nodes read the files themselves.
    let texts = shared.join("texts");
    fs::create_dir(&texts)?;
    for number in 0..20_usize {
        fs::write(texts.join(number.to_string()), "some words of text\n".repeat(number * 1000))?;
    }
    let count = "find \"$1\" -type f -print0 | LC_ALL=C xargs -0 cat -- | wc -w";
    let expected: u64 = number_after("", &read(shell(count, &texts))?)?;
    let printed = succeed_as_configured("word_count", &[&texts.display().to_string()], &settings)?;
    println!("{printed}`wc -w` says {expected}");
    ensure!(printed.contains(&format!("{expected} words, files joined")), "not equal");

    let jobs = read(cluster.command("squeue", &["--noheader", "--format=%i %j %T"]))?;
    ensure!(jobs.is_empty(), "jobs were left behind:\n{jobs}");
    let files = read(shell("find \"$1\" -type f", &folder))?;
    ensure!(files.is_empty(), "files were left behind:\n{files}");
    Ok(())
}
