//! Multinomial logistic regression, fitted by gradient descent.

use serde::{Deserialize, Serialize};

use crate::data::{Dataset, MEASURES};

/// One point of the grid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Setting {
    /// 1: the measures themselves. 2: their products, too.
    pub(crate) degree: u8,
    /// How strongly large weights are penalised (L2).
    pub(crate) penalty: f64,
    /// The step of the descent.
    pub(crate) rate: f64,
    /// The number of steps.
    pub(crate) epochs: u32,
}

impl Setting {
    /// All settings to try.
    pub(crate) fn grid() -> Vec<Self> {
        let mut grid = Vec::new();
        for degree in [1, 2] {
            for penalty in [0.0, 1e-4, 1e-3, 1e-2, 1e-1] {
                for rate in [0.03, 0.1, 0.3, 1.0] {
                    for epochs in [50, 200, 800] {
                        grid.push(Setting { degree, penalty, rate, epochs });
                    }
                }
            }
        }
        grid
    }
}

/// A fitted model.
#[derive(Debug)]
pub(crate) struct Model {
    degree: u8,
    mean: Vec<f64>,
    deviation: Vec<f64>,
    /// One row of weights for each class; the first weight of a row is the bias.
    weights: Vec<Vec<f64>>,
}

impl Model {
    /// Fits a model to the flowers named by `train`.
    pub(crate) fn fit(data: &Dataset, train: &[usize], setting: &Setting) -> Self {
        let degree = setting.degree;
        let raw: Vec<Vec<f64>> =
            train.iter().map(|&flower| expand(&data.features[flower], degree)).collect();
        let (mean, deviation) = moments(&raw);
        let width = mean.len() + 1;
        let weights = vec![vec![0.0; width]; data.species.len()];
        let mut model = Model { degree, mean, deviation, weights };
        let inputs: Vec<Vec<f64>> = raw.iter().map(|input| model.standardise(input)).collect();

        let step = setting.rate / train.len() as f64;
        for _ in 0..setting.epochs {
            let mut gradient = vec![vec![0.0; width]; data.species.len()];
            for (input, &flower) in inputs.iter().zip(train) {
                let probabilities = model.softmax(input);
                for (class, row) in gradient.iter_mut().enumerate() {
                    let target = f64::from(u8::from(class == data.labels[flower]));
                    let error = probabilities[class] - target;
                    for (slope, value) in row.iter_mut().zip(input) {
                        *slope += error * value;
                    }
                }
            }
            for (row, slopes) in model.weights.iter_mut().zip(&gradient) {
                for (place, (weight, slope)) in row.iter_mut().zip(slopes).enumerate() {
                    // The bias is not penalised.
                    let shrink = if place == 0 { 0.0 } else { setting.penalty * *weight };
                    *weight -= step * slope + setting.rate * shrink;
                }
            }
        }
        model
    }

    /// The probability of each class.
    pub(crate) fn predict(&self, features: &[f64; MEASURES]) -> Vec<f64> {
        self.softmax(&self.standardise(&expand(features, self.degree)))
    }

    /// Mean 0 and deviation 1 over the training data, with a leading 1 for the bias.
    fn standardise(&self, input: &[f64]) -> Vec<f64> {
        let scaled = input
            .iter()
            .zip(self.mean.iter().zip(&self.deviation))
            .map(|(value, (mean, deviation))| (value - mean) / deviation);
        std::iter::once(1.0).chain(scaled).collect()
    }

    fn softmax(&self, input: &[f64]) -> Vec<f64> {
        let mut outputs: Vec<f64> = self
            .weights
            .iter()
            .map(|row| row.iter().zip(input).map(|(weight, value)| weight * value).sum())
            .collect();
        let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for output in &mut outputs {
            *output = (*output - largest).exp();
            sum += *output;
        }
        outputs.iter_mut().for_each(|output| *output /= sum);
        outputs
    }
}

/// The measures, and for degree 2 the product of each two of them.
fn expand(features: &[f64; MEASURES], degree: u8) -> Vec<f64> {
    let mut expanded = features.to_vec();
    if degree == 2 {
        for (place, left) in features.iter().enumerate() {
            expanded.extend(features[place..].iter().map(|right| left * right));
        }
    }
    expanded
}

/// Mean and standard deviation of each column.
fn moments(rows: &[Vec<f64>]) -> (Vec<f64>, Vec<f64>) {
    let width = rows.first().map_or(0, Vec::len);
    let count = rows.len() as f64;
    let mut means = Vec::new();
    let mut deviations = Vec::new();
    for column in 0..width {
        let mean = rows.iter().map(|row| row[column]).sum::<f64>() / count;
        let variance = rows.iter().map(|row| (row[column] - mean).powi(2)).sum::<f64>() / count;
        means.push(mean);
        // A column that never changes says nothing; any divisor but 0 will do.
        deviations.push(if variance > 0.0 { variance.sqrt() } else { 1.0 });
    }
    (means, deviations)
}
