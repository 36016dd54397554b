//! Every example is run, small, on each kind of local worker, and its output is checked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, bail, ensure};

use crate::command::{cargo, command, output, read, root, target};
use crate::servers;
use crate::steps::Steps;

pub(crate) mod code_engine;
mod drop_in;
pub(crate) mod s3;
pub(crate) mod slurm;

const BACKENDS: &[&str] = &["threads", "processes"];

/// How many photographs `examples/images` has.
const PHOTOGRAPHS: usize = 8;

/// Settings for cargo, as environment variables.
type Settings = [(&'static str, String)];

pub(crate) fn run(steps: &mut Steps) -> anyhow::Result<()> {
    steps.run("examples: monte_carlo_pi", |_| monte_carlo_pi(&[]));
    steps.run("examples: convert_images", |_| convert_images());
    steps.run("examples: hyperparameter_search", |_| hyperparameter_search());
    steps.run("examples: log_search", |_| log_search());
    steps.run("examples: tera_sort", |_| tera_sort());
    steps.run("examples: word_count", |_| word_count(&[]));
    steps.run("examples: genome", |_| genome());
    steps.run("examples: image_pipeline", |_| image_pipeline());
    steps.run("examples: download", |_| download());
    steps.run("examples: drop_in", |_| drop_in::run());
    steps.run("examples: pool", |_| pool());
    steps.run("examples: over S3", |_| s3::run());
    Ok(())
}

/// Runs the examples that use the most of the library, built with these settings.
pub(crate) fn run_optimised(settings: &Settings) -> anyhow::Result<()> {
    monte_carlo_pi(settings)?;
    word_count(settings)?;
    panic_abort(settings)
}

/// All calls share one value.
fn pool() -> anyhow::Result<()> {
    let mut run = cargo(["run", "--quiet", "--release", "--package", "lithops", "--all-features"]);
    run.args(["--example", "pool"]);
    let printed = read(run)?;
    ensure!(printed.contains("has 111 steps"), "the example printed: {printed}");
    Ok(())
}

/// Panics come back as such also where they abort the worker.
fn panic_abort(settings: &Settings) -> anyhow::Result<()> {
    let output = start("panic_abort", "processes", &[], settings)?;
    let printed = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && printed.contains("panics that abort are reported"),
        "{}:\n{printed}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// The estimate is as near to π as chance allows, and the same whatever runs it.
fn monte_carlo_pi(settings: &Settings) -> anyhow::Result<()> {
    let points = 20_000_000_f64;
    let deviation = (std::f64::consts::PI * (4.0 - std::f64::consts::PI) / points).sqrt();
    let mut estimates = Vec::new();
    for backend in BACKENDS {
        let printed =
            succeed("monte_carlo_pi", backend, &["--points=20000000", "--calls=16"], settings)?;
        let estimate: f64 = number_after("pi is about", &printed)?;
        ensure!(
            (estimate - std::f64::consts::PI).abs() < 5.0 * deviation,
            "{estimate} is too far from pi"
        );
        estimates.push(estimate);
    }
    ensure!(estimates.windows(2).all(|pair| pair[0] == pair[1]), "not the same: {estimates:?}");
    Ok(())
}

/// All photographs become thumbnails that can be read; a broken one is named and stops no other.
fn convert_images() -> anyhow::Result<()> {
    for backend in BACKENDS {
        convert_images_on(backend)?;
    }
    let Ok(engine) = crate::engine::ensure() else {
        println!("    containers are left out: no engine answers");
        return Ok(());
    };
    convert_images_on("containers")?;
    let left = engine.containers()?;
    ensure!(left.is_empty(), "containers were left behind:\n{left}");
    Ok(())
}

fn convert_images_on(backend: &str) -> anyhow::Result<()> {
    let folder = empty_folder("convert_images")?;
    let (photographs, thumbnails) = (folder.join("photographs"), folder.join("thumbnails"));
    let again = folder.join("thumbnails of thumbnails");

    let printed = convert(backend, &root().join("examples/images"), &thumbnails)?;
    all_converted(&printed, PHOTOGRAPHS)?;
    // The example itself reads what it has written.
    all_converted(&convert(backend, &thumbnails, &again)?, PHOTOGRAPHS)?;

    fs::create_dir(&photographs)?;
    for file in fs::read_dir(root().join("examples/images"))? {
        let file = file?;
        fs::copy(file.path(), photographs.join(file.file_name()))?;
    }
    let rocket = fs::read(photographs.join("rocket.jpg"))?;
    fs::write(photographs.join("broken.jpg"), &rocket[..100])?;
    let output = convert(backend, &photographs, &again)?;
    ensure!(output.status.code() == Some(1), "exit code 1 expected: {}", output.status);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(errors.contains("broken.jpg: "), "broken.jpg is not named:\n{errors}");
    let printed = String::from_utf8_lossy(&output.stdout);
    let expected = format!("{PHOTOGRAPHS} of {} images", PHOTOGRAPHS + 1);
    ensure!(printed.contains(&expected), "`{expected}` expected:\n{printed}");
    Ok(())
}

fn convert(backend: &str, from: &Path, to: &Path) -> anyhow::Result<Output> {
    let (from, to) = (from.to_string_lossy(), to.to_string_lossy());
    start("convert_images", backend, &[&from, &to, "--size=64"], &[])
}

fn all_converted(output: &Output, count: usize) -> anyhow::Result<()> {
    let printed = String::from_utf8_lossy(&output.stdout);
    let expected = format!("{count} of {count} images");
    ensure!(
        output.status.success() && printed.contains(&expected),
        "`{expected}` and success expected, {}:\n{printed}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Both backends count the same; the k-mers are those of the reads, and the repeat's are the most
/// frequent ones, however the file is divided.
fn genome() -> anyhow::Result<()> {
    for (backend, part) in [("threads", "--part=64"), ("processes", "--part=1000")] {
        let printed = succeed("genome", backend, &["--reads=2000", part, "--best=3"], &[])?;
        let file = fs::read_to_string(root().join("target/genome/reads-2000.fastq"))?;
        let bases = file.lines().skip(1).step_by(4);
        let known =
            |line: &str| -> usize { line.split('N').map(|run| run.len().saturating_sub(20)).sum() };
        let kmers: usize = bases.map(known).sum();
        ensure!(printed.starts_with(&format!("{kmers} k-mers, ")), "{kmers} expected:\n{printed}");
        let best = printed.lines().find(|line| line.contains(" occurs ")).unwrap_or_default();
        let kmer = best.split(' ').next().unwrap_or_default();
        let reverse: String = kmer
            .chars()
            .rev()
            .map(|base| match base {
                'A' => 'T',
                'C' => 'G',
                'G' => 'C',
                other => {
                    if other == 'T' {
                        'A'
                    } else {
                        other
                    }
                }
            })
            .collect();
        let repeat = "GATTACAGATTACCAGGATTACAGATT";
        ensure!(repeat.contains(kmer) || repeat.contains(&reverse), "{kmer} is not of the repeat");
    }
    Ok(())
}

/// Every image has its thumbnail, and the sheet has them all.
fn image_pipeline() -> anyhow::Result<()> {
    for backend in BACKENDS {
        let folder = empty_folder("image_pipeline")?;
        let (from, to) = (root().join("examples/images"), folder.to_string_lossy());
        let printed =
            succeed("image_pipeline", backend, &[&from.to_string_lossy(), &to, "--size=64"], &[])?;
        ensure!(printed.starts_with(&format!("{PHOTOGRAPHS} thumbnails")), "{printed}");
        let written = fs::read_dir(&folder)?.count();
        ensure!(written == PHOTOGRAPHS + 1, "{written} files in {}", folder.display());
    }
    Ok(())
}

/// What a web server has arrives byte for byte, and a dead address is named and stops no other.
fn download() -> anyhow::Result<()> {
    let folder = empty_folder("download")?;
    let pages = folder.join("pages");
    fs::create_dir(&pages)?;
    for number in 0..40_usize {
        fs::write(pages.join(number.to_string()), number.to_string().repeat(number * 1000))?;
    }
    let server = servers::files(&pages)?;
    let list = folder.join("list");
    let addresses = (0..40).map(|number| format!("{}/{number}\n", server.address()));
    fs::write(&list, addresses.collect::<String>())?;
    let downloads = folder.join("downloads");
    let (list, to) = (list.to_string_lossy(), downloads.to_string_lossy());
    for backend in BACKENDS {
        let printed = succeed("download", backend, &[&list, "--to", &to, "--at-once=4"], &[])?;
        ensure!(printed.starts_with("40 of 40 addresses, "), "{printed}");
        let host = server.address().trim_start_matches("http://").replace(':', "_");
        for number in 0..40_usize {
            let copy = fs::read_to_string(downloads.join(&host).join(number.to_string()))?;
            ensure!(copy == number.to_string().repeat(number * 1000), "{number} differs");
        }
        let dead = format!("{}/missing", server.address());
        let output = start("download", backend, &[&dead, &list, "--to", &to], &[])?;
        let printed = String::from_utf8_lossy(&output.stdout);
        ensure!(!output.status.success(), "a dead address was downloaded:\n{printed}");
        ensure!(printed.contains(&format!("not downloaded: {dead}: ")), "not named:\n{printed}");
        ensure!(printed.contains("40 of 41 addresses, "), "{printed}");
    }
    Ok(())
}

/// The best setting names nearly every flower, and both backends agree to the last digit.
fn hyperparameter_search() -> anyhow::Result<()> {
    let mut tables = Vec::new();
    for backend in BACKENDS {
        let printed = succeed("hyperparameter_search", backend, &["--repeats=2", "--best=3"], &[])?;
        let table: Vec<String> = printed.lines().take(5).map(str::to_owned).collect();
        let best: f64 = number_after("", table.get(2).context("no table")?)?;
        ensure!((96.0..=100.0).contains(&best), "{best} % is not what logistic regression gives");
        tables.push(table);
    }
    ensure!(tables.windows(2).all(|pair| pair[0] == pair[1]), "not the same: {tables:#?}");
    Ok(())
}

/// The lines found are those that `grep` finds.
fn log_search() -> anyhow::Result<()> {
    let folder = empty_folder("log_search")?;
    let log = "12:00 Error: disk full\n12:01 all well\n12:02 ERROR again\nlast error, no newline";
    fs::write(folder.join("a.log"), log)?;
    fs::write(folder.join("b.log"), "nothing here\n")?;
    fs::write(folder.join("c.log"), "one error\n")?;
    fs::write(folder.join("broken.gz"), "this was never packed, error or not\n")?;
    read(command("gzip", ["--keep".as_ref(), folder.join("a.log").as_os_str()]))?;

    let plain = read(shell("grep -ci error \"$1\"/a.log", &folder))?;
    let plain: u64 = plain.trim().parse().context("grep gave no number")?;
    let expected = format!("{} lines with \"error\" in 3 of 4 files", 2 * plain + 1);
    for backend in BACKENDS {
        let printed = succeed("log_search", backend, &["Error", &folder.to_string_lossy()], &[])?;
        ensure!(printed.contains(&expected), "`{expected}` expected:\n{printed}");
        ensure!(
            printed.lines().any(|l| l.starts_with("not searched: ") && l.contains("broken.gz")),
            "broken.gz is not named:\n{printed}"
        );
    }
    Ok(())
}

/// The records come out sorted and whole, also where a worker dies in either stage.
fn tera_sort() -> anyhow::Result<()> {
    let size = ["--size=8", "--part=2", "--partitions=3"];
    let mut sorted = Vec::new();
    for (backend, kill) in [
        ("threads", None),
        ("processes", None),
        ("processes", Some("map")),
        ("processes", Some("reduce")),
    ] {
        let kill = kill.map(|stage| format!("--kill={stage}"));
        let arguments: Vec<&str> = size.into_iter().chain(kill.as_deref()).collect();
        let printed = succeed("tera_sort", backend, &arguments, &[])?;
        let line = printed.lines().find(|line| line.contains("records, in order, checksum"));
        sorted.push(line.context("no result")?.to_owned());
        let repeated = printed.contains("1 calls repeated");
        ensure!(repeated == kill.is_some(), "a worker should die with {kill:?}:\n{printed}");
    }
    ensure!(sorted.windows(2).all(|pair| pair[0] == pair[1]), "not the same: {sorted:#?}");
    Ok(())
}

/// Both counts are those of the shell pipelines that the example's documentation names, on a
/// folder made of hard cases and on the documentation that every Debian machine has.
fn word_count(settings: &Settings) -> anyhow::Result<()> {
    let folder = empty_folder("word_count")?;
    fs::create_dir(folder.join("below"))?;
    let cases: &[(&str, &[u8])] = &[
        ("empty", b""),
        ("no newline", b"one two"),
        ("below/starts in a word", b"three\tfour\x0bfive\x0csix\rseven\n"),
        ("below/blank", b" \n\n "),
        ("below/bytes", b"a\0b \x01 \xff c\xc3\xa9d \xc2\xa0 \x7f\x80"),
        ("below/only bytes", b"\0\xff"),
        ("long", &b"word ".repeat(300_000)),
    ];
    for (name, content) in cases {
        fs::write(folder.join(name), content)?;
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("no newline", folder.join("link"))?;

    let debian = PathBuf::from("/usr/share/doc");
    let folders = [folder, debian];
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        // With what every `wc` ignores removed, all versions of it count alike, in any locale.
        let visible = r"LC_ALL=C tr -cd '\t-\r -~'";
        let joined = format!("find \"$1\" -type f -print0 | xargs -0 cat | {visible} | wc -w");
        // `grep` ends each file with a newline, so no word reaches into the next file.
        let by_file = format!(
            "find \"$1\" -type f -print0 | LC_ALL=C xargs -0 grep -ah '' | {visible} | wc -w"
        );
        let joined: u64 = number_after("", &read(shell(&joined, folder))?)?;
        let by_file: u64 = number_after("", &read(shell(&by_file, folder))?)?;
        for backend in BACKENDS {
            let path = folder.to_string_lossy();
            let printed = succeed("word_count", backend, &[&path, "--part=1"], settings)?;
            for expected in
                [format!("{joined} words, files joined"), format!("{by_file} words, file by file")]
            {
                ensure!(printed.contains(&expected), "`{expected}` expected:\n{printed}");
            }
        }
    }

    // A file that opens but cannot be read, even by root.
    #[cfg(target_os = "linux")]
    for backend in BACKENDS {
        let output = start("word_count", backend, &["/proc/self/mem"], settings)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success(), "/proc/self/mem cannot be read, yet it was counted");
        ensure!(errors.contains("proc/self/mem"), "the file is not named:\n{errors}");
    }
    Ok(())
}

/// What an example prints; fails unless it succeeds and tells how the job went.
fn succeed(
    name: &str,
    backend: &str,
    arguments: &[&str],
    settings: &Settings,
) -> anyhow::Result<String> {
    summed_up(name, backend, &start(name, backend, arguments, settings)?)
}

/// The same, where and with how many workers the configuration says.
fn succeed_as_configured(
    name: &str,
    arguments: &[&str],
    settings: &Settings,
) -> anyhow::Result<String> {
    let mut run = example(name, settings);
    run.arg("--").args(arguments);
    summed_up(name, "what is configured", &output(run)?)
}

fn summed_up(name: &str, backend: &str, output: &Output) -> anyhow::Result<String> {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("{name} on {backend} ended with {}:\n{printed}{errors}", output.status);
    }
    let summary = printed.lines().last().unwrap_or_default();
    ensure!(summary.contains("calls, 0 failed"), "{name} prints no summary:\n{printed}");
    Ok(printed)
}

fn start(
    name: &str,
    backend: &str,
    arguments: &[&str],
    settings: &Settings,
) -> anyhow::Result<Output> {
    let mut run = example(name, settings);
    run.args(["--", "--backend", backend, "--workers", "2"]).args(arguments);
    output(run)
}

/// Builds an example and runs it.
fn example(name: &str, settings: &Settings) -> Command {
    let mut run = cargo(["run", "--quiet", "--release"]);
    // Builds with other settings are about linking: what they are built with is little.
    if settings.iter().any(|(name, _)| *name == "CARGO_TARGET_DIR") {
        run.args(["--package", "lithops-functions", "--example", &format!("alone_{name}")]);
    } else {
        run.args(["--package", "lithops", "--all-features", "--example", name]);
    }
    run.envs(settings.iter().map(|(name, value)| (name, value)));
    run
}

fn shell(script: &str, folder: &Path) -> Command {
    let mut shell = command("sh", ["-c", script, "sh"]);
    shell.arg(folder);
    shell
}

/// The number after a label, or at the beginning for an empty one.
fn number_after<T: std::str::FromStr>(label: &str, text: &str) -> anyhow::Result<T> {
    text.split_once(label)
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .and_then(|word| word.trim_end_matches('%').parse().ok())
        .with_context(|| format!("no number after {label:?} in {text:?}"))
}

/// A folder for one check's files, as empty as on its first run.
fn empty_folder(name: &str) -> anyhow::Result<PathBuf> {
    let folder = target().join("xtask").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {folder:?}"))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {folder:?}"))?;
    Ok(folder)
}
