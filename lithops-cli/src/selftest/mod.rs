//! `lithops test`: whether the configured backend and storage keep all promises.

mod backend;
mod case;
mod prefixed;
mod report;
mod store;

use anyhow::bail;
use clap::Args;
use lithops_testkit::trials::Case;

use crate::output::print;
use crate::settings::Settings;
use case::Outcome;
use report::Report;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops test
  lithops test --backend containers deaths
  lithops test storage:: --exitfirst
  lithops test --list

The cases of the backend call functions that fail, hang and die; those of the storage write objects
below lithops-test/, and remove them. A case that the nature of either forbids is ignored, and it is
told why.")]
pub(crate) struct Test {
    /// Run only the cases with one of these words in their names
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Show the names of the cases, and run none
    #[arg(short, long, conflicts_with = "exitfirst")]
    list: bool,
    /// Run no further case after the first that fails
    #[arg(short = 'x', long)]
    exitfirst: bool,
    /// Print JSON: a line with an object for each case
    #[arg(long)]
    json: bool,
}

/// Runs the cases, or lists them. Each has a runtime of its own.
pub(crate) fn run(arguments: &Test, settings: &Settings) -> anyhow::Result<()> {
    let mut cases = backend::cases(settings)?;
    cases.extend(store::cases(settings)?);
    let is_wanted = |case: &Case| {
        let mut names = arguments.names.iter();
        arguments.names.is_empty() || names.any(|name| case.name.contains(name.as_str()))
    };
    cases.retain(is_wanted);
    if cases.is_empty() {
        bail!("no case has such a name: `lithops test --list` shows all");
    }
    if arguments.list {
        let names = cases.iter().map(|case| format!("{}\n", case.name));
        return print(&names.collect::<String>());
    }
    case::catch_panics();
    let mut report = Report::new(arguments.json);
    for case in cases {
        let Case { name, body } = case;
        let outcome = case::outcome(body);
        let failed = matches!(outcome, Outcome::Failed { .. });
        report.add(&name, outcome)?;
        if failed && arguments.exitfirst {
            break;
        }
    }
    report.end()
}
