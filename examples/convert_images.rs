//! Makes JPEG thumbnails of a folder of photographs, in parallel.
//!
//! ```console
//! $ cargo run --release --example convert_images -- examples/images target/thumbnails
//! $ cargo run --release --features containers --example convert_images -- --backend containers
//! ```
//!
//! Each call reads one photograph and returns its thumbnail, which the client writes: so it is all
//! the same where calls run, and what they see there. A file that cannot be read is reported by its
//! name; the others are converted all the same, and the exit code is 1.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, ensure};
use bytes::Bytes;
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
    size: u32,
    quality: u8,
}

/// What one call has done.
#[derive(Debug, Serialize, Deserialize)]
struct Thumbnail {
    name: String,
    pixels: u64,
    bytes_in: u64,
    jpeg: Bytes,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse(USAGE, &["--size", "--quality"])?;
    let mut folders = options.positional.iter();
    let input = folders.next().map_or("examples/images", String::as_str);
    let output = folders.next().map_or("target/thumbnails", String::as_str);
    let settings =
        Settings { size: options.value("--size", 256)?, quality: options.value("--quality", 85)? };
    ensure!(settings.size > 0, "--size must be at least 1");
    ensure!((1..=100).contains(&settings.quality), "--quality must be from 1 to 100");

    let photographs = photographs(Path::new(input))?;
    ensure!(!photographs.is_empty(), "{input} has no .jpg, .jpeg or .png file");
    fs::create_dir_all(output).with_context(|| format!("cannot create {output}"))?;

    let exec = options.connect().await?;
    let started = Instant::now();
    let parts = exec.objects(photographs.clone()).await?;
    let job = exec.map_with(settings, parts, convert).submit()?;
    let outcomes = job.settled().await?;
    let seconds = started.elapsed().as_secs_f64();

    let mut converted = Vec::new();
    let mut failed = 0;
    for (path, outcome) in photographs.iter().zip(outcomes) {
        match outcome {
            Ok(thumbnail) => {
                // The whole name is kept, so that `a.png` and `a.jpg` do not become the same file.
                let target = Path::new(output).join(format!("{}.jpg", thumbnail.name));
                fs::write(&target, &thumbnail.jpeg)
                    .with_context(|| format!("cannot write {}", target.display()))?;
                converted.push(thumbnail);
            }
            Err(error) => {
                failed += 1;
                eprintln!("{path}: {error}");
            }
        }
    }
    for thumbnail in &converted {
        println!(
            "{:<28} {:>9} pixels {:>9} bytes -> {:>7} bytes",
            thumbnail.name,
            thumbnail.pixels,
            thumbnail.bytes_in,
            thumbnail.jpeg.len()
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
fn photographs(folder: &Path) -> anyhow::Result<Vec<String>> {
    let folder = std::path::absolute(folder)
        .with_context(|| format!("cannot use the folder {}", folder.display()))?;
    let entries = fs::read_dir(&folder)
        .with_context(|| format!("cannot list the folder {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if matches!(extension.as_str(), "jpg" | "jpeg" | "png") {
            let path = path.to_str().with_context(|| format!("{} is no UTF-8", path.display()))?;
            paths.push(path.to_owned());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Makes the thumbnail of one photograph.
fn convert(settings: &Settings, photograph: ObjectPart) -> anyhow::Result<Thumbnail> {
    let name = photograph.key().rsplit('/').next().unwrap_or_default().to_owned();
    let bytes = photograph.bytes()?;

    let mut decoder =
        ImageReader::new(Cursor::new(&bytes)).with_guessed_format()?.into_decoder()?;
    let orientation = decoder.orientation()?;
    let image = DynamicImage::from_decoder(decoder)?;
    let pixels = u64::from(image.width()) * u64::from(image.height());

    // `thumbnail` would enlarge a photograph that is smaller than its thumbnail.
    let size = settings.size.min(image.width().max(image.height()));
    let mut thumbnail = image.thumbnail(size, size);
    thumbnail.apply_orientation(orientation);

    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, settings.quality);
    thumbnail.into_rgb8().write_with_encoder(encoder)?;
    Ok(Thumbnail { name, pixels, bytes_in: bytes.len() as u64, jpeg: jpeg.into() })
}
