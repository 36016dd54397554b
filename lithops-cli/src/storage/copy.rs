//! `lithops storage copy`: from one object to another.

use clap::Args;
use lithops::FunctionExecutor;
use serde_json::json;

use super::address::Address;
use super::progress::watched;
use crate::output::print;
use crate::size;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops storage copy reports/2024.csv archive/2024.csv
  lithops storage copy reports/2024.csv s3://bucket/reports/")]
pub(super) struct Copy {
    /// The object: a key or a URI
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Where to: a key or a URI. Behind a slash at its end the source's name is put
    #[arg(value_name = "TARGET")]
    target: String,
    /// Print JSON: an object with both addresses and the size
    #[arg(long)]
    json: bool,
}

pub(super) async fn copy(arguments: Copy, exec: &FunctionExecutor) -> anyhow::Result<()> {
    let source = Address::of_object(&arguments.source, None, exec)?;
    let target = Address::of_object(&arguments.target, Some(source.name()), exec)?;
    let copied = match source.storage.location() == target.storage.location() {
        true => {
            let size = source.storage.head(&source.key).await?.size;
            source.storage.copy(&source.key, &target.key).await?;
            size
        }
        false => {
            let object = source.storage.get_stream(&source.key, None).await?;
            let body = watched(object.body, Some(object.meta.size));
            target.storage.put_stream(&target.key, body).await?
        }
    };
    let (from, to) = (source.told(&source.key), target.told(&target.key));
    if arguments.json {
        return print(&format!("{}\n", json!({ "from": from, "to": to, "bytes": copied })));
    }
    print(&format!("copied {from} to {to} ({})\n", size::shown(copied)))
}
