//! `lithops config`: settings, shown, checked, taken over.

mod check;
mod import;
mod show;

use clap::{Args, Subcommand};
use lithops_core::config::Note;

use crate::output::remark;
use crate::settings::{Settings, Useless};

#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Example: lithops config show --config other.toml"
)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show all settings that somebody has said, and who; secrets are not shown
    Show(show::Show),
    /// Tell whether the settings make an executor; starts nothing
    Check(check::Check),
    /// Write the settings of a YAML file of Lithops for Python as TOML
    Import(import::Import),
}

pub(crate) async fn run(command: ConfigCommand, settings: &Settings) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Show(show) => show::run(&show, settings),
        ConfigCommand::Check(check) => check::run(&check, settings).await,
        ConfigCommand::Import(import) => {
            settings.refuse(&["config", "import"], &Useless::ALL)?;
            import::run(&import)
        }
    }
}

/// Tells of what a file says that holds nothing here.
fn tell(notes: &[Note]) {
    for Note { what, why } in notes {
        remark(&format!("note: `{what}` holds nothing: {why}"));
    }
}
