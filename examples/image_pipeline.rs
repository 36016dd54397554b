//! Objects in, objects out: makes a thumbnail of every image below a prefix, beside a contact sheet.
//!
//! ```console
//! $ cargo run --release --example image_pipeline -- examples/images/ target/pipeline/
//! $ cargo run --release --features storage-s3 --example image_pipeline -- s3://photos/2026/ s3://thumbnails/
//! ```
//!
//! Each call reads its object from the store and writes its thumbnail to the store; the client sees
//! names only. The last call reads the thumbnails and puts them together on one sheet.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::io::{Cursor, Write};

use anyhow::{Context, bail};
use image::{ImageFormat, RgbImage};
use lithops::ObjectWriter;
use lithops::prelude::*;
use serde::{Deserialize, Serialize};

mod options;
use options::Options;

const USAGE: &str = "\
usage: image_pipeline FROM TO [--size PIXELS]

  FROM             a prefix or folder of images
  TO               the prefix or folder that thumbnails go to
  --size PIXELS    longest side of a thumbnail (default 128)";

/// What all calls share.
#[derive(Debug, Serialize, Deserialize)]
struct Target {
    prefix: String,
    size: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse(USAGE, &["--size"])?;
    let [from, to] = options.positional.as_slice() else { bail!("{USAGE}") };
    let target = Target {
        prefix: format!("{}/", absolute(to)?.trim_end_matches('/')),
        size: options.value("--size", 128)?,
    };

    let exec = options.connect().await?;
    let mut images = exec.objects(from).await?;
    images.retain(|part| ["jpg", "jpeg", "png"].iter().any(|kind| part.key().ends_with(kind)));
    let count = images.len();
    let thumbnails = exec.map_with(target, images, thumbnail).submit()?;
    let sheet = exec.call_async(contact_sheet, thumbnails.results().await?).await?;
    println!("{count} thumbnails, and a contact sheet of {} bytes: {}", sheet.size, sheet.key);
    println!("{}", thumbnails.summary());
    Ok(())
}

/// A folder as workers can find it, whose current folder may be another.
fn absolute(to: &str) -> anyhow::Result<String> {
    if to.contains("://") {
        return Ok(to.to_owned());
    }
    let path = std::path::absolute(to).with_context(|| format!("no such folder: {to}"))?;
    Ok(path.to_str().context("the folder's name is not UTF-8")?.to_owned())
}

fn thumbnail(target: &Target, part: ObjectPart) -> anyhow::Result<(String, StoredObject)> {
    let name = part.key().rsplit('/').next().unwrap_or_default().to_owned();
    let image = image::load_from_memory(&part.bytes()?)
        .with_context(|| format!("{name} is no image that can be read"))?;
    let small = image.thumbnail(target.size, target.size).to_rgb8();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let object = write(&format!("{}{stem}.png", target.prefix), &small)?;
    Ok((target.prefix.clone(), object))
}

/// Puts the thumbnails side by side, as many in a row as makes a square.
fn contact_sheet(thumbnails: Vec<(String, StoredObject)>) -> anyhow::Result<StoredObject> {
    let prefix = thumbnails.first().context("there is no image")?.0.clone();
    let images = thumbnails
        .iter()
        .map(|(_, object)| Ok(image::load_from_memory(&object.bytes()?)?.to_rgb8()));
    let images = images.collect::<anyhow::Result<Vec<RgbImage>>>()?;
    let side = images.iter().flat_map(|image| [image.width(), image.height()]).max().unwrap_or(1);
    let columns = (images.len() as f64).sqrt().ceil() as u32;
    let rows = (images.len() as u32).div_ceil(columns);
    let mut sheet = RgbImage::new(columns * side, rows * side);
    for (place, image) in (0..).zip(&images) {
        let (x, y) = (place % columns * side, place / columns * side);
        image::imageops::overlay(&mut sheet, image, i64::from(x), i64::from(y));
    }
    write(&format!("{prefix}sheet.png"), &sheet)
}

fn write(uri: &str, image: &RgbImage) -> anyhow::Result<StoredObject> {
    let mut encoded = Cursor::new(Vec::new());
    image.write_to(&mut encoded, ImageFormat::Png)?;
    let mut writer = ObjectWriter::create(uri)?;
    writer.write_all(encoded.get_ref())?;
    Ok(writer.finish()?)
}
