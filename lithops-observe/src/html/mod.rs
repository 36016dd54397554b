//! The page of a report: figures and tables that need no script, and charts that one draws.

mod columns;
mod headline;
mod section;
mod tables;

use std::fmt::Write as _;

use crate::escape::escaped;

use lithops_core::wire::JobRecord;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The hashes of the two, by which the page lets a browser use them and no others: a text that got
/// into the page as markup could do nothing. A test compares them, and says what they are to be.
const STYLE_HASH: &str = "sha256-GqRlDrL7HHwM+bBCiFnehbQ2BwdV6BYPlkxOaJbKtM8=";
const SCRIPT_HASH: &str = "sha256-6kTqDJav1iMbgjgViaJTWSB4GQsbgRnFMgs3yHFFcb0=";

/// The whole page.
pub(crate) fn page(records: &[JobRecord]) -> String {
    let title = match records {
        [] => "No jobs".to_owned(),
        [one] => format!("{} · {}", escaped(&one.title), escaped(one.job.as_str())),
        [first, .., last] => {
            format!(
                "{} to {} · {} stages",
                escaped(&first.title),
                escaped(&last.title),
                records.len()
            )
        }
    };
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src '{STYLE_HASH}'; script-src '{SCRIPT_HASH}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    if records.len() > 1 {
        page.push_str(&headline::stages(records));
    }
    for (number, record) in records.iter().enumerate() {
        let stage = (records.len() > 1).then_some(number + 1);
        section::add(&mut page, record, number, stage);
    }
    // A string that can't be written to never fails.
    write!(page, "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n").ok();
    page
}

#[cfg(test)]
mod tests;
