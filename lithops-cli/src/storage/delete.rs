//! `lithops storage delete`: objects are removed.

use anyhow::bail;
use clap::error::ErrorKind;
use clap::{ArgGroup, Args};
use lithops::FunctionExecutor;
use serde_json::json;

use super::address::Address;
use crate::arguments::misused;
use crate::output::{print, remark, tell};
use crate::size;

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("which").args(["addresses", "prefix"]).required(true),
    after_help = "\
Examples:
  lithops storage delete reports/2023.csv reports/2024.csv
  lithops storage delete --prefix reports/
  lithops storage delete --prefix reports/ --yes

A prefix matches any beginning of a key: `--prefix rep` means `reports/2024.csv` too. Without --yes, what
it means is only shown."
)]
pub(super) struct Delete {
    /// The objects: keys or URIs
    #[arg(value_name = "KEY|URI")]
    addresses: Vec<String>,
    /// All objects whose keys begin so: a key or a URI
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Remove what begins with the prefix
    #[arg(short, long, requires = "prefix")]
    yes: bool,
    /// Print JSON: an object that tells how many were found and removed, and their bytes
    #[arg(long)]
    json: bool,
}

pub(super) async fn delete(arguments: Delete, exec: &FunctionExecutor) -> anyhow::Result<()> {
    let Delete { addresses, prefix, yes, json } = arguments;
    match prefix {
        Some(prefix) => below(&prefix, yes, json, exec).await,
        None => named(&addresses, json, exec).await,
    }
}

/// Removes these objects: all of them are there before the first is removed.
async fn named(addresses: &[String], json: bool, exec: &FunctionExecutor) -> anyhow::Result<()> {
    let mut found = Vec::new();
    let mut bytes = 0_u64;
    for text in addresses {
        let address = Address::of_object(text, None, exec)?;
        bytes = bytes.saturating_add(address.storage.head(&address.key).await?.size);
        found.push(address);
    }
    for address in &found {
        address.storage.delete(std::slice::from_ref(&address.key)).await?;
        if !json {
            tell(&format!("removed {}\n", address.told(&address.key)))?;
        }
    }
    if json { print(&as_json(found.len(), found.len(), bytes)) } else { Ok(()) }
}

async fn below(
    prefix: &str,
    is_meant: bool,
    json: bool,
    exec: &FunctionExecutor,
) -> anyhow::Result<()> {
    let address = Address::of(prefix, exec)?;
    if is_meant && address.key.is_empty() {
        let told = format!(
            "`{prefix}` is the beginning of every key, and --yes would remove all there is: say more \
             of the prefix"
        );
        return Err(misused(&["storage", "delete"], ErrorKind::ValueValidation, &told).into());
    }
    let (mut count, mut bytes) = (0_usize, 0_u64);
    let mut pages = address.pages();
    while let Some(objects) = pages.next().await? {
        count += objects.len();
        bytes = objects.iter().fold(bytes, |sum, object| sum.saturating_add(object.size));
        let keys = objects.into_iter().map(|object| object.key);
        match is_meant {
            true => address.storage.delete(&keys.collect::<Vec<_>>()).await?,
            false if json => {}
            false => {
                print(&keys.map(|key| format!("{}\n", address.told(&key))).collect::<String>())?;
            }
        }
    }
    if count == 0 {
        bail!("no object's key begins with `{}`", address.told(&address.key));
    }
    let objects = if count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
    match is_meant {
        _ if json => print(&as_json(count, if is_meant { count } else { 0 }, bytes)),
        true => print(&format!("removed {objects}, {}\n", size::shown(bytes))),
        false => {
            remark(&format!("{objects}, {}: --yes removes them", size::shown(bytes)));
            Ok(())
        }
    }
}

fn as_json(found: usize, removed: usize, bytes: u64) -> String {
    format!("{}\n", json!({ "found": found, "removed": removed, "bytes": bytes }))
}
