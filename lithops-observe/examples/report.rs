//! Writes the report of a made-up job: `cargo run --example report -- CALLS WORKERS FILE`.

use std::error::Error;

use lithops_observe::Report;

#[path = "../tests/made_up/mod.rs"]
mod made_up;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [calls, workers, file] = arguments.as_slice() else {
        return Err("say how many calls, how many workers, and which file".into());
    };
    let record = made_up::job(calls.parse()?, workers.parse()?);
    let picture = match file.rsplit_once('.') {
        Some((_, "svg")) => lithops_observe::svg::overview(&record).into_bytes(),
        #[cfg(feature = "png")]
        Some((_, "png")) => lithops_observe::png(&lithops_observe::svg::overview(&record), 1.0)?,
        _ => Report::new(vec![record]).html().into_bytes(),
    };
    std::fs::write(file, picture)?;
    Ok(())
}
