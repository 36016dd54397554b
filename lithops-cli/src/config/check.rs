//! `lithops config check`.

use clap::Args;
use lithops_core::ports::Executor as _;
use serde_json::json;

use super::tell;
use crate::output::print;
use crate::settings::Settings;

#[derive(Debug, Args)]
#[command(after_help = "\
Example: lithops config check --config other.toml

It asks nobody: whether a storage or a cloud lets you in is what `lithops doctor` finds out.")]
pub(crate) struct Check {
    /// Print JSON: an object with the file, the backend and the storage
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: &Check, settings: &Settings) -> anyhow::Result<()> {
    let config = settings.resolve()?;
    let (file, notes) = (config.file.clone(), config.notes.clone());
    let exec = settings.executor().await?;
    let (backend, storage) = (exec.capability().backend, exec.storage().location().scheme);
    exec.shutdown().await;
    let file = file.map(|file| file.display().to_string());
    if arguments.json {
        let told = json!({ "file": file, "backend": backend, "storage": storage });
        return print(&format!("{told}\n"));
    }
    tell(&notes);
    let file = file.unwrap_or_else(|| "no file".to_owned());
    print(&format!("good: {file}\nbackend {backend}, storage {storage}\n"))
}
