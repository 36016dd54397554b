//! Finds the best settings of a classifier by trying a whole grid of them in parallel.
//!
//! ```console
//! $ cargo run --release --example hyperparameter_search -- --folds 5 --repeats 10
//! ```
//!
//! The model is a multinomial logistic regression, fitted by gradient descent; each setting is
//! judged by repeated k-fold cross-validation. The data are R. A. Fisher's measurements of 150
//! irises ("The use of multiple measurements in taxonomic problems", Annals of Eugenics 7, 1936),
//! with the values that R and scikit-learn ship; as measurements they are in the public domain.
//!
//! All calls need the same data and differ only in the setting. `map_with` sends the shared part
//! once a job, and a worker decodes it once, however many settings it tries.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use anyhow::ensure;
use lithops::prelude::*;
use serde::{Deserialize, Serialize};

#[path = "../options/mod.rs"]
mod options;
use options::Options;

mod data;
mod model;
use data::Dataset;
use model::{Model, Setting};

const USAGE: &str = "\
usage: hyperparameter_search [--folds K] [--repeats N] [--best N]

  --folds K        how many parts a cross-validation has (default 5)
  --repeats N      how many cross-validations judge a setting (default 10)
  --best N         how many settings to print (default 5)";

/// What all calls of the job share.
#[derive(Debug, Serialize, Deserialize)]
struct Experiment {
    data: Dataset,
    folds: usize,
    repeats: u64,
}

/// How a setting did.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Score {
    setting: Setting,
    /// The share of flowers named rightly, each by a model that was not shown it.
    accuracy: f64,
    /// The mean of -ln(the probability given to the right name).
    log_loss: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse(USAGE, &["--folds", "--repeats", "--best"])?;
    let data = Dataset::iris()?;
    let folds: usize = options.value("--folds", 5)?;
    let repeats: u64 = options.value("--repeats", 10)?;
    let best: usize = options.value("--best", 5)?;
    ensure!((2..=data.len()).contains(&folds), "--folds must be from 2 to {}", data.len());
    ensure!(repeats > 0, "--repeats must be at least 1");
    let experiment = Experiment { data, folds, repeats };

    let exec = options.connect().await?;
    let job = exec.map_with(experiment, Setting::grid(), evaluate).submit()?;
    let mut scores = job.results().await?;

    scores.sort_by(|a, b| {
        b.accuracy.total_cmp(&a.accuracy).then_with(|| a.log_loss.total_cmp(&b.log_loss))
    });
    println!("the best of {} settings:", scores.len());
    println!("accuracy  log loss  degree  penalty   rate  epochs");
    for Score { setting, accuracy, log_loss } in scores.iter().take(best) {
        println!(
            "{:>7.2}%  {log_loss:>8.4}  {:>6}  {:>7}  {:>5}  {:>6}",
            accuracy * 100.0,
            setting.degree,
            setting.penalty,
            setting.rate,
            setting.epochs
        );
    }
    println!("{}", job.summary());
    Ok(())
}

/// Judges one setting.
fn evaluate(experiment: &Experiment, setting: Setting) -> Score {
    let Experiment { data, folds, repeats } = experiment;
    let mut right = 0;
    let mut loss = 0.0;
    for repeat in 0..*repeats {
        // The same splits for every setting, so that none wins by an easier one.
        let order = data.shuffled(repeat);
        for fold in 0..*folds {
            let (test, train) = split(&order, fold, *folds);
            let model = Model::fit(data, &train, &setting);
            for flower in test {
                let probabilities = model.predict(&data.features[flower]);
                let truth = data.labels[flower];
                right += u64::from(most_likely(&probabilities) == truth);
                loss -= probabilities[truth].max(f64::MIN_POSITIVE).ln();
            }
        }
    }
    let judged = (data.len() as u64 * repeats) as f64;
    Score { setting, accuracy: right as f64 / judged, log_loss: loss / judged }
}

/// Every `folds`-th index, from `fold` on, and the others.
fn split(order: &[usize], fold: usize, folds: usize) -> (Vec<usize>, Vec<usize>) {
    let (mut test, mut train) = (Vec::new(), Vec::new());
    for (place, &index) in order.iter().enumerate() {
        if place % folds == fold { test.push(index) } else { train.push(index) }
    }
    (test, train)
}

fn most_likely(probabilities: &[f64]) -> usize {
    let mut best = 0;
    for (class, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = class;
        }
    }
    best
}
