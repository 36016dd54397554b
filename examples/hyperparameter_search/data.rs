//! The data set, read from the CSV file beside this one.

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

/// What is measured of a flower, in centimetres.
pub(crate) const MEASURES: usize = 4;

/// Flowers with their species.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Dataset {
    pub(crate) features: Vec<[f64; MEASURES]>,
    /// For each flower, the place of its species in `species`.
    pub(crate) labels: Vec<usize>,
    pub(crate) species: Vec<String>,
}

impl Dataset {
    /// Fisher's irises.
    pub(crate) fn iris() -> anyhow::Result<Self> {
        let mut data = Dataset { features: Vec::new(), labels: Vec::new(), species: Vec::new() };
        for (number, line) in include_str!("iris.csv").lines().enumerate().skip(1) {
            data.add(line).with_context(|| format!("iris.csv, line {}: {line}", number + 1))?;
        }
        Ok(data)
    }

    /// How many flowers there are.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// All indices in an order that depends on `seed` alone.
    pub(crate) fn shuffled(&self, seed: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        let mut state = seed;
        for end in (1..order.len()).rev() {
            // SplitMix64; a modulo this small has no bias that matters here.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            order.swap(end, ((z ^ (z >> 31)) % (end as u64 + 1)) as usize);
        }
        order
    }

    fn add(&mut self, line: &str) -> anyhow::Result<()> {
        let fields: Vec<&str> = line.split(',').collect();
        ensure!(fields.len() == MEASURES + 1, "{} fields, not {}", fields.len(), MEASURES + 1);
        let mut features = [0.0; MEASURES];
        for (feature, field) in features.iter_mut().zip(&fields) {
            *feature = field.parse().with_context(|| format!("{field:?} is not a number"))?;
        }
        let name = fields[MEASURES];
        let label = match self.species.iter().position(|species| species == name) {
            Some(label) => label,
            None => {
                self.species.push(name.to_owned());
                self.species.len() - 1
            }
        };
        self.features.push(features);
        self.labels.push(label);
        Ok(())
    }
}
