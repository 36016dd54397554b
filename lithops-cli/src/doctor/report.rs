//! What was found, for people and for programs.

use lithops::Finding;
use serde_json::json;

/// What was found, in order.
#[derive(Debug)]
pub(super) struct Report(pub(super) Vec<Finding>);

impl Report {
    pub(super) fn problems(&self) -> usize {
        self.0.iter().filter(|finding| finding.verdict.is_err()).count()
    }

    /// A line for each, and below a problem how to mend it.
    pub(super) fn shown(&self) -> String {
        let lines = self.0.iter().map(|Finding { subject, verdict }| match verdict {
            Ok(how) => format!("ok       {subject}: {how}\n"),
            Err(flaw) => {
                format!("PROBLEM  {subject}: {}\n         mend it: {}\n", flaw.what, flaw.mend)
            }
        });
        lines.collect()
    }

    pub(super) fn json(&self) -> String {
        let findings = self.0.iter().map(|Finding { subject, verdict }| match verdict {
            Ok(how) => json!({ "subject": subject, "ok": true, "found": how }),
            Err(flaw) => {
                json!({ "subject": subject, "ok": false, "found": flaw.what, "mend": flaw.mend })
            }
        });
        format!("{}\n", serde_json::Value::Array(findings.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_with_its_next_step() {
        let found = vec![Finding::good("a", "fine"), Finding::bad("b", "broken", "mend me")];
        let report = Report(found);
        assert_eq!(report.problems(), 1);
        let shown = "ok       a: fine\nPROBLEM  b: broken\n         mend it: mend me\n";
        assert_eq!(report.shown(), shown);
        let json = r#"[{"found":"fine","ok":true,"subject":"a"},{"found":"broken","mend":"mend me","ok":false,"subject":"b"}]"#;
        assert_eq!(report.json(), format!("{json}\n"));
    }
}
