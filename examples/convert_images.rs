//! Makes JPEG thumbnails of a folder of photographs, in parallel.
//!
//! ```console
//! $ cargo run --release --example convert_images -- examples/images target/thumbnails
//! ```
//!
//! Each call takes the path of one photograph, writes its thumbnail itself, and returns only what
//! there is to tell about it. A file that cannot be read is reported by its name; the others are
//! converted all the same, and the exit code is 1.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, ensure};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageReader};
use lithops::prelude::*;
use serde::{Deserialize, Serialize};

mod options;
use options::Options;

const USAGE: &str = "\
usage: convert_images [FOLDER [OUTPUT]] [--size PIXELS] [--quality PERCENT]

  FOLDER           where the .jpg, .jpeg and .png files are (default examples/images)
  OUTPUT           where the thumbnails go (default target/thumbnails)
  --size PIXELS    the longer side of a thumbnail (default 256)
  --quality N      the JPEG quality, 1 to 100 (default 85)";

/// What all calls of the job share.
#[derive(Debug, Serialize, Deserialize)]
struct Settings {
    output: PathBuf,
    size: u32,
    quality: u8,
}

/// What one call has done.
#[derive(Debug, Serialize, Deserialize)]
struct Thumbnail {
    name: String,
    pixels: u64,
    bytes_in: u64,
    bytes_out: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse(USAGE, &["--size", "--quality"])?;
    let mut folders = options.positional.iter();
    let input = folders.next().map_or("examples/images", String::as_str);
    let output = folders.next().map_or("target/thumbnails", String::as_str);
    let settings = Settings {
        // A worker process need not share this one's current folder.
        output: std::path::absolute(output).with_context(|| format!("cannot use {output}"))?,
        size: options.value("--size", 256)?,
        quality: options.value("--quality", 85)?,
    };
    ensure!(settings.size > 0, "--size must be at least 1");
    ensure!((1..=100).contains(&settings.quality), "--quality must be from 1 to 100");

    let photographs = photographs(Path::new(input))?;
    ensure!(!photographs.is_empty(), "{input} has no .jpg, .jpeg or .png file");
    fs::create_dir_all(&settings.output).with_context(|| format!("cannot create {output}"))?;

    let exec = options.connect().await?;
    let started = Instant::now();
    let job = exec.map_with(settings, photographs.clone(), convert).submit()?;
    let outcomes = job.settled().await?;
    let seconds = started.elapsed().as_secs_f64();

    let mut converted = Vec::new();
    let mut failed = 0;
    for (path, outcome) in photographs.iter().zip(outcomes) {
        match outcome {
            Ok(thumbnail) => converted.push(thumbnail),
            Err(error) => {
                failed += 1;
                eprintln!("{}: {error}", path.display());
            }
        }
    }
    for thumbnail in &converted {
        println!(
            "{:<28} {:>9} pixels {:>9} bytes -> {:>7} bytes",
            thumbnail.name, thumbnail.pixels, thumbnail.bytes_in, thumbnail.bytes_out
        );
    }
    let megabytes = converted.iter().map(|t| t.bytes_in).sum::<u64>() as f64 / 1e6;
    println!(
        "{} of {} images converted into {output}: {:.1} images/s, {:.1} MB/s",
        converted.len(),
        photographs.len(),
        converted.len() as f64 / seconds,
        megabytes / seconds
    );
    println!("{}", job.summary());
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The photographs directly in `folder`, by name.
fn photographs(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = std::path::absolute(folder)
        .with_context(|| format!("cannot use the folder {}", folder.display()))?;
    let entries = fs::read_dir(&folder)
        .with_context(|| format!("cannot list the folder {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if matches!(extension.as_str(), "jpg" | "jpeg" | "png") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Writes the thumbnail of one photograph.
fn convert(settings: &Settings, path: PathBuf) -> anyhow::Result<Thumbnail> {
    let name = path.file_name().context("the path has no file name")?.to_string_lossy();
    let bytes_in = fs::metadata(&path)?.len();

    let mut decoder = ImageReader::open(&path)?.with_guessed_format()?.into_decoder()?;
    let orientation = decoder.orientation()?;
    let photograph = DynamicImage::from_decoder(decoder)?;
    let pixels = u64::from(photograph.width()) * u64::from(photograph.height());

    // `thumbnail` would enlarge a photograph that is smaller than its thumbnail.
    let size = settings.size.min(photograph.width().max(photograph.height()));
    let mut thumbnail = photograph.thumbnail(size, size);
    thumbnail.apply_orientation(orientation);

    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, settings.quality);
    thumbnail.into_rgb8().write_with_encoder(encoder)?;
    // The whole name is kept, so that `a.png` and `a.jpg` do not become the same file.
    let target = settings.output.join(format!("{name}.jpg"));
    fs::write(&target, &jpeg).with_context(|| format!("cannot write {}", target.display()))?;

    Ok(Thumbnail { name: name.into_owned(), pixels, bytes_in, bytes_out: jpeg.len() as u64 })
}
