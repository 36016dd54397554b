//! `lithops hello`: whether calls run at all, and where.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::Args;
use lithops::ExecutorExt as _;
use lithops_core::ports::Executor as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::output::print;
use crate::settings::Settings;
use crate::table::Table;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops hello
  lithops hello --backend containers --map 100")]
pub(crate) struct Hello {
    /// Make so many calls instead of one
    #[arg(short, long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    map: Option<u32>,
    /// Print JSON: an object that tells what was called where
    #[arg(long)]
    json: bool,
}

/// Where a call ran.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place {
    host: String,
    process: u32,
}

/// What is called.
fn greet(_: u32) -> Place {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname");
    let host = host.map_or_else(|_| "unknown".to_owned(), |name| name.trim().to_owned());
    Place { host, process: std::process::id() }
}

/// Calls it, and tells what came of it.
pub(crate) async fn run(arguments: Hello, settings: &Settings) -> anyhow::Result<()> {
    let exec = settings.executor().await?;
    let capability = exec.capability();
    let started = Instant::now();
    let places = match arguments.map {
        None => vec![exec.call_async(greet, 0).await?],
        Some(calls) => exec.map(greet, 0..calls).await?,
    };
    let told = Told { backend: capability.backend, places, took: started.elapsed() };
    exec.shutdown().await;
    print(&if arguments.json { told.json() } else { told.shown() })
}

#[derive(Debug)]
struct Told {
    backend: &'static str,
    places: Vec<Place>,
    took: Duration,
}

impl Told {
    /// How many calls ran at each place.
    fn by_place(&self) -> BTreeMap<&Place, usize> {
        let mut counts = BTreeMap::new();
        for place in &self.places {
            *counts.entry(place).or_default() += 1;
        }
        counts
    }

    fn shown(&self) -> String {
        let took = format!("in {:.3} s, workers' start included", self.took.as_secs_f64());
        let backend = self.backend;
        let counts = self.by_place();
        if let [Place { host, process }] = self.places.as_slice() {
            return format!(
                "hello from process {process} on {host}\n1 call on the backend {backend} {took}\n"
            );
        }
        let mut table = Table::new(["host", "process", "calls"]);
        for (place, calls) in &counts {
            table.add([place.host.clone(), place.process.to_string(), calls.to_string()]);
        }
        let (calls, workers) = (self.places.len(), counts.len());
        let processes = if workers == 1 { "1 process" } else { &format!("{workers} processes") };
        format!(
            "{}hello from {processes}\n{calls} calls on the backend {backend} {took}\n",
            table.shown()
        )
    }

    fn json(&self) -> String {
        let places: Vec<_> = self.by_place().into_iter().collect();
        let places = places.iter().map(|(place, calls)| {
            json!({ "host": place.host, "process": place.process, "calls": calls })
        });
        let told = json!({
            "backend": self.backend,
            "calls": self.places.len(),
            "seconds": self.took.as_secs_f64(),
            "places": places.collect::<Vec<_>>(),
        });
        format!("{told}\n")
    }
}
