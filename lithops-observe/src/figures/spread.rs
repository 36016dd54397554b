//! How values are spread: the least, percentiles, the most.

/// How values are spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The least.
    pub least: u64,
    /// The median.
    pub p50: u64,
    /// Nine in ten are at most this.
    pub p90: u64,
    /// Ninety-nine in a hundred are at most this.
    pub p99: u64,
    /// The most.
    pub most: u64,
    /// The arithmetic mean.
    pub mean: f64,
}

impl Spread {
    /// The spread of these values, `None` of none. Percentiles are by nearest rank: always one of the
    /// values. Sorts once.
    pub fn of(mut values: Vec<u64>) -> Option<Self> {
        values.sort_unstable();
        let (&least, &most) = (values.first()?, values.last()?);
        let rank = |percent: usize| values[(values.len() * percent).div_ceil(100).max(1) - 1];
        let mean = values.iter().map(|&value| value as f64).sum::<f64>() / values.len() as f64;
        Some(Self { least, p50: rank(50), p90: rank(90), p99: rank(99), most, mean })
    }
}
