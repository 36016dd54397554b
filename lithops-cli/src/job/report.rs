//! `lithops job report`.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use clap::error::ErrorKind;
use lithops_core::wire::JobRecord;
use lithops_observe::journal::Journal;
use lithops_observe::{png, svg};
use serde_json::json;

use super::found;
use crate::arguments::misused;
use crate::output::print;
use crate::written::{Link, OWNERS, whole};

/// Pixels of a PNG for each of the picture's own, for screens of high density.
const SCALE: f32 = 2.0;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops job report -o report.html
  lithops job report 4f1c2a9e-001 4f1c2a9e-002 -o pipeline.html
  lithops job report 4f1c -o timeline.svg --picture timeline")]
pub(crate) struct Report {
    /// The jobs' ids, or the beginnings of them, each a section of the page; the latest by default
    jobs: Vec<String>,
    /// Write to this file; its end says what: .html, .svg or .png
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which picture, in SVG or PNG
    #[arg(long, value_name = "NAME", default_value = "overview")]
    picture: Picture,
    /// Print JSON: an object with the file and the jobs in it
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Picture {
    /// The other three below one another
    Overview,
    /// Every call in the row of its worker
    Timeline,
    /// How many calls ran at once
    Concurrency,
    /// How many calls took how long
    Histogram,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Html,
    Svg,
    Png,
}

pub(super) fn run(arguments: &Report) -> anyhow::Result<()> {
    let usage = |told: &str| misused(&["job", "report"], ErrorKind::ValueValidation, told);
    let format = match &arguments.output {
        None => Format::Html,
        Some(path) => match path.extension().and_then(|end| end.to_str()) {
            Some("html" | "htm") => Format::Html,
            Some("svg") => Format::Svg,
            Some("png") => Format::Png,
            _ => {
                bail!(usage("the file must end in .html, .svg or .png: its end says what is made"))
            }
        },
    };
    let is_page = matches!(format, Format::Html);
    if !is_page && arguments.jobs.len() > 1 {
        bail!(usage("a picture is of one job: write a page, .html, for several"));
    }
    if is_page && arguments.picture != Picture::Overview {
        bail!(usage("a page has all pictures: `--picture` is for files that end in .svg or .png"));
    }
    let journal = Journal::of_user()?;
    let names: Vec<Option<&str>> = match arguments.jobs.as_slice() {
        [] => vec![None],
        names => names.iter().map(|name| Some(name.as_str())).collect(),
    };
    let mut records = Vec::with_capacity(names.len());
    for name in names {
        records.push(journal.record(&found(&journal, name)?)?);
    }
    let jobs: Vec<String> = records.iter().map(|record| record.job.to_string()).collect();
    let made = match (format, records.as_slice()) {
        (Format::Svg, [record]) => drawn(arguments.picture, record).into_bytes(),
        (Format::Png, [record]) => png(&drawn(arguments.picture, record), SCALE)?,
        _ => lithops_observe::Report::new(records).html().into_bytes(),
    };
    let path = match (&arguments.output, jobs.first()) {
        (Some(path), _) => path.clone(),
        (None, Some(first)) => PathBuf::from(format!("{first}.html")),
        (None, None) => PathBuf::from("job.html"),
    };
    // As the journal itself: texts of failures may be nobody else's business.
    whole(&path, &made, OWNERS, Link::Followed)
        .with_context(|| format!("`{}` can't be written", path.display()))?;
    let file = path.display().to_string();
    match arguments.json {
        true => print(&format!("{}\n", json!({ "file": file, "jobs": jobs }))),
        false => print(&format!("{file}\n")),
    }
}

fn drawn(picture: Picture, record: &JobRecord) -> String {
    match picture {
        Picture::Overview => svg::overview(record),
        Picture::Timeline => svg::timeline(record),
        Picture::Concurrency => svg::concurrency(record),
        Picture::Histogram => svg::histogram(record),
    }
}
