//! Named, timed steps, and the report at the end.

use std::time::{Duration, Instant};

use anyhow::bail;

/// The steps run so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
    /// The test cases that libtest has reported, over all steps.
    pub(crate) cases: Cases,
}

#[derive(Debug)]
struct Step {
    name: String,
    outcome: Outcome,
    took: Duration,
}

#[derive(Debug)]
enum Outcome {
    Ok,
    Failed,
    Skipped(String),
}

/// Counts of test cases.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Cases {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Cases {
    pub(crate) fn add(&mut self, more: Cases) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.ignored += more.ignored;
    }
}

impl Steps {
    /// Runs one step, telling its name before and its time after. A failure is told and kept for
    /// the [verdict](Self::verdict): the steps after it run all the same, so that one run shows all
    /// that is wrong.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce(&mut Cases) -> anyhow::Result<()>) {
        println!("==> {name}");
        let started = Instant::now();
        let result = step(&mut self.cases);
        let took = started.elapsed();
        let outcome = if result.is_ok() { Outcome::Ok } else { Outcome::Failed };
        println!("<== {name}: {} in {:.1} s", outcome.word(), took.as_secs_f64());
        if let Err(error) = result {
            println!("    {error:#}");
        }
        self.done.push(Step { name: name.to_owned(), outcome, took });
    }

    /// Whether every step was all right.
    pub(crate) fn verdict(&self) -> anyhow::Result<()> {
        let failed = self.done.iter().filter(|step| matches!(step.outcome, Outcome::Failed));
        let failed: Vec<&str> = failed.map(|step| step.name.as_str()).collect();
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }

    /// Records a step that this machine cannot run.
    pub(crate) fn skip(&mut self, name: &str, reason: &str) {
        println!("==> {name}: skipped, {reason}");
        let outcome = Outcome::Skipped(reason.to_owned());
        self.done.push(Step { name: name.to_owned(), outcome, took: Duration::ZERO });
    }

    /// Prints all steps with their times, and the test cases that they ran.
    pub(crate) fn report(&self) {
        println!();
        for Step { name, outcome, took } in &self.done {
            print!("{:>8.1} s  {:<8} {name}", took.as_secs_f64(), outcome.word());
            match outcome {
                Outcome::Skipped(reason) => println!(" ({reason})"),
                Outcome::Ok | Outcome::Failed => println!(),
            }
        }
        let Cases { passed, failed, ignored } = self.cases;
        if self.cases != Cases::default() {
            println!();
            println!("{passed} passed, {failed} failed, {ignored} skipped");
        }
    }
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Failed => "failed",
            Outcome::Skipped(_) => "skipped",
        }
    }
}
