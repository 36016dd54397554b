//! `lithops storage list`: which objects there are.

use clap::Args;
use lithops::{FunctionExecutor, ObjectMeta};
use serde_json::json;

use super::address::Address;
use crate::output::{print, remark};
use crate::{moment, size};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops storage list
  lithops storage list reports/ --long
  lithops storage list s3://bucket/reports/ --json")]
pub(super) struct List {
    /// How their keys begin: a key or a URI; all objects if nothing is said
    #[arg(value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// Show sizes and times too
    #[arg(short, long, conflicts_with = "json")]
    long: bool,
    /// Print JSON: an array with an object for each
    #[arg(long)]
    json: bool,
}

pub(super) async fn list(arguments: List, exec: &FunctionExecutor) -> anyhow::Result<()> {
    let List { prefix, long, json } = arguments;
    let address = Address::of(&prefix, exec)?;
    let mut count = 0;
    let mut pages = address.pages();
    while let Some(objects) = pages.next().await? {
        let lines = objects.into_iter().map(|object| {
            count += 1;
            match (json, long) {
                (true, _) => as_json(&address, &object, count == 1),
                (_, true) => as_line(&address, &object),
                (..) => format!("{}\n", address.told(&object.key)),
            }
        });
        print(&lines.collect::<String>())?;
    }
    match (json, count) {
        (true, 0) => print("[]\n"),
        (true, _) => print("\n]\n"),
        (false, 0) => {
            remark("there are no such objects");
            Ok(())
        }
        (false, _) => Ok(()),
    }
}

fn as_line(address: &Address, object: &ObjectMeta) -> String {
    let time = object.modified.map_or("-".to_owned(), moment::shown);
    format!("{:>10}  {time:<20}  {}\n", size::shown(object.size), address.told(&object.key))
}

fn as_json(address: &Address, object: &ObjectMeta, is_first: bool) -> String {
    let before = if is_first { "[\n  " } else { ",\n  " };
    let told = json!({
        "address": address.told(&object.key),
        "key": object.key,
        "size": object.size,
        "modified": object.modified.map(moment::shown),
        "version": object.version,
    });
    format!("{before}{told}")
}
