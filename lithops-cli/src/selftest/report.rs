//! What came of the cases: a line each, then the counts.

use anyhow::bail;
use serde_json::json;

use super::case::Outcome;
use crate::output::tell;

/// Told as it goes.
#[derive(Debug)]
pub(super) struct Report {
    json: bool,
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self { json, passed: 0, failed: 0, ignored: 0 }
    }

    /// Tells one.
    pub(super) fn add(&mut self, name: &str, outcome: Outcome) -> anyhow::Result<()> {
        let count = match outcome {
            Outcome::Passed { .. } => &mut self.passed,
            Outcome::Failed { .. } => &mut self.failed,
            Outcome::Ignored { .. } => &mut self.ignored,
        };
        *count += 1;
        tell(&if self.json { as_json(name, &outcome) } else { as_line(name, &outcome) })
    }

    /// Tells the counts; fails if a case did.
    pub(super) fn end(self) -> anyhow::Result<()> {
        let Self { json, passed, failed, ignored } = self;
        if !json {
            tell(&format!("\n{passed} passed, {failed} failed, {ignored} ignored\n"))?;
        }
        match failed {
            0 => Ok(()),
            1 => bail!("1 case failed"),
            _ => bail!("{failed} cases failed"),
        }
    }
}

fn as_line(name: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed { took } => format!("ok       {name} ({:.2} s)\n", took.as_secs_f64()),
        Outcome::Ignored { reason } => format!("ignored  {name}: {reason}\n"),
        Outcome::Failed { took, words } => {
            let words: String = words.lines().map(|line| format!("         {line}\n")).collect();
            format!("FAILED   {name} ({:.2} s)\n{words}", took.as_secs_f64())
        }
    }
}

fn as_json(name: &str, outcome: &Outcome) -> String {
    let told = match outcome {
        Outcome::Passed { took } => {
            json!({ "name": name, "outcome": "passed", "seconds": took.as_secs_f64() })
        }
        Outcome::Failed { took, words } => {
            let seconds = took.as_secs_f64();
            json!({ "name": name, "outcome": "failed", "seconds": seconds, "reason": words })
        }
        Outcome::Ignored { reason } => {
            json!({ "name": name, "outcome": "ignored", "reason": reason })
        }
    };
    format!("{told}\n")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_failure_is_told_with_all_its_lines_and_fails_the_command() {
        let took = Duration::from_millis(1500);
        let failed = || Outcome::Failed { took, words: "a.rs:1:2: no\nleft: 1".to_owned() };
        let expected = "FAILED   backend::x (1.50 s)\n         a.rs:1:2: no\n         left: 1\n";
        assert_eq!(as_line("backend::x", &failed()), expected);
        let mut report = Report::new(true);
        report.add("backend::x", failed()).unwrap();
        report.add("backend::y", Outcome::Passed { took }).unwrap();
        assert_eq!((report.passed, report.failed), (1, 1));
        assert_eq!(report.end().unwrap_err().to_string(), "1 case failed");
    }
}
