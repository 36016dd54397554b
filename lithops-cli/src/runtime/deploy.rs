//! `lithops runtime deploy`: the configured backend is made ready.

use std::path::PathBuf;

use clap::Args;
use lithops_core::ports::Executor as _;
use serde_json::json;

use crate::output::print;
use crate::settings::{Settings, executor};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops runtime deploy --program target/release/words
  lithops runtime deploy --backend code_engine --program target/release/words")]
pub(crate) struct Deploy {
    /// The program that workers run: the path of an executable. This command itself if none is said
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// Print JSON: an object with the runtime and the backend
    #[arg(long)]
    json: bool,
}

pub(super) async fn deploy(arguments: Deploy, settings: &Settings) -> anyhow::Result<()> {
    let mut builder = settings.builder()?;
    if let Some(program) = arguments.program {
        // What is no program is told before a platform is asked for anything.
        lithops_runtime::Program::read(&program)?;
        builder = builder.worker_program(program);
    }
    let exec = executor(builder).await?;
    let runtime = exec.deploy().await?;
    let backend = exec.capability().backend;
    exec.shutdown().await;
    if arguments.json {
        let told = json!({ "runtime": runtime.to_string(), "backend": backend });
        return print(&format!("{told}\n"));
    }
    print(&format!("{runtime}\nready on the backend {backend}\n"))
}
