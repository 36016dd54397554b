//! The command line that all examples share: where to run, plus each example's own options.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use anyhow::{Context, bail};
use lithops::{Builder, FunctionExecutor};

const BACKEND: &str = "--backend";
const WORKERS: &str = "--workers";
const SHARED_USAGE: &str = "
  --backend NAME   where to run: processes, threads, or (a feature each) containers, code_engine,
                   slurm
  --workers N      how many run at once
                   (without one of these, lithops.toml or the LITHOPS_ variables say,
                   else it is one process for each processor)
  --help           print this text";

/// The arguments of one example, split into `--name value` pairs and the rest.
#[derive(Debug)]
pub(crate) struct Options {
    values: BTreeMap<String, String>,
    /// The arguments that belong to no option, in order.
    pub(crate) positional: Vec<String>,
}

impl Options {
    /// Reads the process's arguments. `own` names the example's options beside the shared ones;
    /// each takes a value. `--help` prints `usage` and ends the process.
    pub(crate) fn parse(usage: &str, own: &[&str]) -> anyhow::Result<Self> {
        let mut options = Options { values: BTreeMap::new(), positional: Vec::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            if argument == "--help" || argument == "-h" {
                println!("{usage}{SHARED_USAGE}");
                std::process::exit(0);
            }
            if !argument.starts_with("--") {
                options.positional.push(argument);
                continue;
            }
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (argument, arguments.next()),
            };
            if name != BACKEND && name != WORKERS && !own.contains(&name.as_str()) {
                bail!("unknown option {name}\n\n{usage}{SHARED_USAGE}");
            }
            let value = value.with_context(|| format!("option {name} needs a value"))?;
            options.values.insert(name, value);
        }
        Ok(options)
    }

    /// The value of the option `name`, or `default` if it was not given.
    pub(crate) fn value<T>(&self, name: &str, default: T) -> anyhow::Result<T>
    where
        T: FromStr<Err: Display>,
    {
        Ok(self.parsed(name)?.unwrap_or(default))
    }

    /// The configured executor, with what `--backend` and `--workers` ask for.
    pub(crate) async fn connect(&self) -> anyhow::Result<FunctionExecutor> {
        let (backend, workers) = (self.values.get(BACKEND), self.parsed(WORKERS)?);
        let mut builder = Builder::from_config().context("cannot read the configuration")?;
        if let Some(backend) = backend {
            builder = builder.backend(backend);
        }
        if let Some(workers) = workers {
            builder = builder.workers(workers);
        }
        builder.build().await.context("cannot start an executor")
    }

    fn parsed<T>(&self, name: &str) -> anyhow::Result<Option<T>>
    where
        T: FromStr<Err: Display>,
    {
        let Some(text) = self.values.get(name) else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(error) => bail!("option {name}: cannot read {text:?}: {error}"),
        }
    }
}
