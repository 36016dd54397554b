//! How a failure is told, and what the process ends with.

use std::fmt;
use std::process::ExitCode;

use crate::output::{Closed, remark};

/// A setting can't be used.
const CONFIGURATION: u8 = 3;

/// Settings that make no executor, whatever part of it refuses them.
#[derive(Debug)]
pub(crate) struct Unusable(pub(crate) lithops::Error);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Unusable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// Tells what went wrong. The code is 1; 2 if the command line makes no sense, 3 if a setting can't
/// be used.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if error.is::<Closed>() {
        return ExitCode::SUCCESS;
    }
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        // As above: there is nowhere else.
        usage.print().ok();
        return ExitCode::from(2);
    }
    remark(&format!("error: {}", told(error)));
    if is_about_settings(error) { ExitCode::from(CONFIGURATION) } else { ExitCode::FAILURE }
}

fn is_about_settings(error: &anyhow::Error) -> bool {
    let ours = error.downcast_ref::<lithops::Error>();
    error.is::<lithops::ConfigError>()
        || error.is::<Unusable>()
        || matches!(ours, Some(lithops::Error::Config(_)))
}

/// An error with its causes, down to where the last of them has been told: errors of libraries often
/// have it in their text.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let root = error.root_cause().to_string();
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if text.contains(&root) {
            break;
        }
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::told;

    #[test]
    fn a_cause_is_told_once() {
        let cause = anyhow!("the disk is full");
        assert_eq!(told(&cause), "the disk is full");
        let error = cause.context("`a` can't be written: the disk is full");
        assert_eq!(told(&error), "`a` can't be written: the disk is full");
        let error = error.context("no image: the disk is full");
        assert_eq!(told(&error), "no image: the disk is full");
        let error = anyhow!("the disk is full").context("`a` can't be written").context("no image");
        assert_eq!(told(&error), "no image: `a` can't be written: the disk is full");
    }
}
