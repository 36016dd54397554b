//! `lithops config show`.

use clap::Args;
use lithops_core::config::{Origin, Setting, Traced};
use serde_json::json;

use super::tell;
use crate::output::print;
use crate::settings::Settings;
use crate::table::Table;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops config show
  lithops config show --all --json")]
pub(crate) struct Show {
    /// Show all keys, those too that are as by default
    #[arg(long)]
    all: bool,
    /// Print JSON: an object with the file and an array of the settings
    #[arg(long)]
    json: bool,
}

/// A setting, as it is told.
#[derive(Debug)]
struct Told {
    key: String,
    value: Option<String>,
    /// Who has said it.
    from: String,
    is_default: bool,
}

pub(crate) fn run(arguments: &Show, settings: &Settings) -> anyhow::Result<()> {
    let Traced { config, settings: traced } = settings.traced()?;
    let file = config.file.as_ref().map(|file| file.display().to_string());
    let options: Vec<_> = settings.options().collect();
    let told = traced.iter().map(|setting| told(setting, file.as_deref(), &options));
    let told: Vec<Told> = told.filter(|told| arguments.all || !told.is_default).collect();
    if arguments.json {
        let settings = told
            .iter()
            .map(|told| json!({ "key": told.key, "value": told.value, "from": told.from }));
        let notes = config.notes.iter().map(|note| json!({ "key": note.what, "why": note.why }));
        let shown = json!({
            "file": file,
            "settings": settings.collect::<Vec<_>>(),
            "notes": notes.collect::<Vec<_>>(),
        });
        return print(&format!("{shown}\n"));
    }
    tell(&config.notes);
    let file = file.unwrap_or_else(|| "none".to_owned());
    let heading = format!("configuration file: {file}\n");
    if told.is_empty() {
        return print(&format!("{heading}all settings are as by default: --all shows them\n"));
    }
    let mut table = Table::new(["key", "value", "from"]);
    for Told { key, value, from, .. } in told {
        table.add([key, value.unwrap_or_default(), from]);
    }
    print(&format!("{heading}{}", table.shown()))
}

fn told(setting: &Setting, file: Option<&str>, options: &[(&str, &str, &str)]) -> Told {
    let (section, name) = (setting.section.name, setting.key.name);
    let key = format!("{section}.{name}");
    if let Some((.., value)) = options.iter().find(|option| (option.0, option.1) == (section, name))
    {
        let (value, from) = (Some((*value).to_owned()), format!("option --{name}"));
        return Told { key, value, from, is_default: false };
    }
    let from = match &setting.origin {
        Origin::Default => "default".to_owned(),
        Origin::File => file.unwrap_or("file").to_owned(),
        Origin::Environment(variable) => variable.clone(),
    };
    let is_default = setting.origin == Origin::Default;
    Told { key, value: setting.value.clone(), from, is_default }
}
