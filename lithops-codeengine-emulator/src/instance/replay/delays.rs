//! A list of delays, and draws from it.

use std::num::ParseFloatError;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// Delays of an elastic platform; the file's head says what of it is published.
const ELASTIC: &str = include_str!("elastic.csv");

/// Delays to draw from, each as likely as any other.
///
/// As a text, a delay in seconds a line; `#` begins a comment.
///
/// ```
/// use std::time::Duration;
///
/// use lithops_codeengine_emulator::instance::StartDelays;
///
/// let delays: StartDelays = "# measured\n0.25\n1.5 # slow\n".parse().unwrap();
/// assert_eq!(delays.longest(), Duration::from_millis(1500));
/// assert_eq!(delays.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartDelays(Vec<Duration>);

/// A list of delays that can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadDelays {
    /// The file can't be read.
    #[error("{} can't be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is no number.
    #[error("line {line} is no number of seconds: {source}")]
    Number {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: ParseFloatError,
    },
    /// A line is no time that can pass.
    #[error("line {line} is no time that can pass: {source}")]
    Time {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: std::time::TryFromFloatSecsError,
    },
    /// There is none.
    #[error("there is no delay")]
    Empty,
}

impl StartDelays {
    /// Delays of an elastic platform that starts a thousand cold instances: the latest of a thousand
    /// draws is between 5.7 and 8.3 s, as published for Lithops on AWS Lambda in November 2023. How
    /// they are spread is modelled, and none was measured on Code Engine.
    pub fn elastic() -> Self {
        ELASTIC.parse().expect("the file is part of the program, and a test reads it")
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`BadDelays`] if it can't be read or used.
    pub fn read(path: &Path) -> Result<Self, BadDelays> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| BadDelays::File { path: path.to_owned(), source })?;
        text.parse()
    }

    /// The longest one.
    pub fn longest(&self) -> Duration {
        self.0.iter().copied().max().unwrap_or_default()
    }

    /// How many there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "a list of none can't be made")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The first `count` draws of a seed: what the first instances of an emulator with that seed
    /// wait for.
    ///
    /// ```
    /// use lithops_codeengine_emulator::instance::StartDelays;
    ///
    /// let delays = StartDelays::elastic();
    /// assert_eq!(delays.draws(7, 1000)[..10], delays.draws(7, 10));
    /// ```
    pub fn draws(&self, seed: u64, count: usize) -> Vec<Duration> {
        let mut chance = chance(seed);
        (0..count).map(|_| self.draw(&mut chance)).collect()
    }

    pub(super) fn draw(&self, chance: &mut impl rand::Rng) -> Duration {
        self.0.get(chance.random_range(0..self.0.len())).copied().unwrap_or_default()
    }
}

/// What the draws of a seed come from.
pub(super) fn chance(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

impl FromStr for StartDelays {
    type Err = BadDelays;

    fn from_str(text: &str) -> Result<Self, BadDelays> {
        let mut delays = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line_number = number + 1;
            let said = line.split('#').next().unwrap_or_default().trim();
            if said.is_empty() {
                continue;
            }
            let seconds: f64 =
                said.parse().map_err(|source| BadDelays::Number { line: line_number, source })?;
            let delay = Duration::try_from_secs_f64(seconds)
                .map_err(|source| BadDelays::Time { line: line_number, source })?;
            delays.push(delay);
        }
        if delays.is_empty() { Err(BadDelays::Empty) } else { Ok(Self(delays)) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_latest_of_a_thousand_draws_is_within_what_is_published() {
        let delays = StartDelays::elastic();
        assert_eq!(delays.len(), 1000);
        for seed in 0..100 {
            let latest = delays.draws(seed, 1000).into_iter().max().unwrap().as_secs_f64();
            assert!((5.7..=8.3).contains(&latest), "{latest} with seed {seed}");
        }
    }

    #[test]
    fn a_line_that_is_no_delay_is_named() {
        for (text, error) in [
            ("1\nx\n", "line 2 is no number of seconds: invalid float literal"),
            (
                "-1\n",
                "line 1 is no time that can pass: cannot convert float seconds to Duration: value \
                 is negative",
            ),
            ("# nothing\n\n", "there is no delay"),
        ] {
            assert_eq!(text.parse::<StartDelays>().unwrap_err().to_string(), error);
        }
    }
}
