//! How many processors go with how much memory.

use std::fmt;

/// What an instance has: processors and memory, in one of the pairs that Code Engine offers.
///
/// Code Engine takes no others. Memory is in its gigabytes, which are decimal: `0.25` is
/// 250 000 000 bytes.
///
/// ```
/// use lithops_backend_codeengine::Combination;
///
/// let small = Combination::new(0.25, 0.5)?;
/// assert_eq!((small.cpu(), small.memory_bytes()), (0.25, 500_000_000));
/// assert_eq!(
///     Combination::new(2.0, 5.0).unwrap_err().to_string(),
///     "no instance has 2 vCPU and 5 GB of memory; nearest to it is 2 vCPU with 4 GB",
/// );
/// # Ok::<(), lithops_backend_codeengine::CombinationError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Combination {
    cpu: f64,
    memory_gb: f64,
}

/// All that there are: processors, and the memory that goes with them.
const ALL: [(f64, &[f64]); 10] = [
    (0.125, &[0.25, 0.5, 1.0]),
    (0.25, &[0.5, 1.0, 2.0]),
    (0.5, &[1.0, 2.0, 4.0]),
    (1.0, &[2.0, 4.0, 8.0]),
    (2.0, &[4.0, 8.0, 16.0]),
    (4.0, &[8.0, 16.0, 32.0]),
    (6.0, &[12.0, 24.0, 48.0]),
    (8.0, &[16.0, 32.0]),
    (10.0, &[20.0, 40.0]),
    (12.0, &[24.0, 48.0]),
];

/// Why an instance can't be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CombinationError {
    /// Code Engine does not offer the pair.
    #[error(
        "no instance has {cpu} vCPU and {memory_gb} GB of memory; nearest to it {} {}",
        if .nearest.len() == 1 { "is" } else { "are" },
        listed(.nearest)
    )]
    NotOffered {
        /// The processors.
        cpu: f64,
        /// The memory, in decimal gigabytes.
        memory_gb: f64,
        /// The pairs that come nearest by ratio, in order of processors.
        nearest: Vec<Combination>,
    },
    /// No pair has so many processors.
    #[error("no instance has {cpu} vCPU; there are {}", listed_numbers(&ALL.map(|(cpu, _)| cpu)))]
    Cpu {
        /// The processors.
        cpu: f64,
    },
    /// No pair has so much memory.
    #[error("no instance has {memory_gb} GB of memory; there are {}", listed_numbers(&memories()))]
    Memory {
        /// The memory, in decimal gigabytes.
        memory_gb: f64,
    },
}

impl Combination {
    /// What Lithops takes when nothing is said: an eighth of a processor, and 0.25 GB.
    pub const DEFAULT: Self = Self { cpu: 0.125, memory_gb: 0.25 };

    /// Takes so many processors and so many decimal gigabytes.
    ///
    /// # Errors
    /// [`CombinationError::NotOffered`] if Code Engine has no such pair; it lists the nearest.
    pub fn new(cpu: f64, memory_gb: f64) -> Result<Self, CombinationError> {
        let wanted = Self { cpu, memory_gb };
        if all().any(|pair| pair == wanted) {
            return Ok(wanted);
        }
        Err(CombinationError::NotOffered { cpu, memory_gb, nearest: wanted.nearest() })
    }

    /// Takes so many processors with the least memory that goes with them.
    ///
    /// # Errors
    /// [`CombinationError::Cpu`] if no instance has so many.
    pub fn with_cpu(cpu: f64) -> Result<Self, CombinationError> {
        all().find(|pair| pair.cpu == cpu).ok_or(CombinationError::Cpu { cpu })
    }

    /// Takes so much memory, in decimal gigabytes, with the fewest processors that go with it.
    ///
    /// # Errors
    /// [`CombinationError::Memory`] if no instance has so much.
    pub fn with_memory(memory_gb: f64) -> Result<Self, CombinationError> {
        let found = all().find(|pair| pair.memory_gb == memory_gb);
        found.ok_or(CombinationError::Memory { memory_gb })
    }

    /// The processors.
    pub fn cpu(self) -> f64 {
        self.cpu
    }

    /// The memory in decimal gigabytes.
    pub fn memory_gb(self) -> f64 {
        self.memory_gb
    }

    /// The memory in bytes.
    pub fn memory_bytes(self) -> u64 {
        // All of them are whole numbers of bytes.
        (self.memory_gb * 1e9).round() as u64
    }

    /// What an instance may write to its disk, in decimal gigabytes: as much as Code Engine allows.
    pub fn ephemeral_gb(self) -> f64 {
        self.memory_gb.max(0.4)
    }

    fn nearest(self) -> Vec<Self> {
        let least = all().map(|pair| self.distance(pair)).fold(f64::INFINITY, f64::min);
        // Ratios that are equal on paper differ in the last digit.
        all().filter(|pair| self.distance(*pair) <= least + 1e-9).collect()
    }

    /// How far apart two pairs are, by the ratios of their parts.
    fn distance(self, other: Self) -> f64 {
        let apart = |a: f64, b: f64| (a.max(1e-3) / b).log2().abs();
        apart(self.cpu, other.cpu) + apart(self.memory_gb, other.memory_gb)
    }
}

impl Default for Combination {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Combination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} vCPU with {} GB", self.cpu, self.memory_gb)
    }
}

fn all() -> impl Iterator<Item = Combination> {
    let pairs = |(cpu, memories): (f64, &'static [f64])| {
        memories.iter().map(move |memory_gb| Combination { cpu, memory_gb: *memory_gb })
    };
    ALL.into_iter().flat_map(pairs)
}

fn memories() -> Vec<f64> {
    let mut found: Vec<f64> = all().map(|pair| pair.memory_gb).collect();
    found.sort_by(f64::total_cmp);
    found.dedup();
    found
}

fn listed(pairs: &[Combination]) -> String {
    pairs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn listed_numbers(numbers: &[f64]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn there_are_27_pairs_and_each_is_accepted() {
        let pairs: Vec<_> = all().collect();
        assert_eq!(pairs.len(), 27);
        for pair in pairs {
            assert_eq!(Combination::new(pair.cpu, pair.memory_gb), Ok(pair));
        }
    }

    #[test]
    fn an_unknown_pair_is_refused_with_all_that_lie_nearest() {
        let text = |cpu, memory| Combination::new(cpu, memory).unwrap_err().to_string();
        assert_eq!(
            text(1.0, 1.0),
            "no instance has 1 vCPU and 1 GB of memory; \
             nearest to it are 0.5 vCPU with 1 GB, 1 vCPU with 2 GB"
        );
        assert_eq!(
            text(8.0, 64.0),
            "no instance has 8 vCPU and 64 GB of memory; nearest to it is 6 vCPU with 48 GB"
        );
        assert_eq!(
            text(0.125, 0.3),
            "no instance has 0.125 vCPU and 0.3 GB of memory; nearest to it is 0.125 vCPU with 0.25 GB"
        );
        assert!(text(f64::NAN, 1.0).starts_with("no instance has NaN vCPU"));
        assert!(text(0.0, -1.0).ends_with("nearest to it is 0.125 vCPU with 0.25 GB"));
    }

    #[test]
    fn what_is_not_said_is_as_small_as_it_can_be() {
        assert_eq!(Combination::with_cpu(2.0), Combination::new(2.0, 4.0));
        assert_eq!(Combination::with_memory(4.0), Combination::new(0.5, 4.0));
        assert_eq!(
            Combination::with_cpu(3.0).unwrap_err().to_string(),
            "no instance has 3 vCPU; there are 0.125, 0.25, 0.5, 1, 2, 4, 6, 8, 10, 12"
        );
        assert_eq!(
            Combination::with_memory(3.0).unwrap_err().to_string(),
            "no instance has 3 GB of memory; there are 0.25, 0.5, 1, 2, 4, 8, 12, 16, 20, 24, 32, 40, 48"
        );
    }

    #[test]
    fn gigabytes_are_decimal() {
        assert_eq!(Combination::new(0.125, 0.25).unwrap().memory_bytes(), 250_000_000);
        assert_eq!(Combination::new(12.0, 48.0).unwrap().memory_bytes(), 48_000_000_000);
        assert_eq!(Combination::DEFAULT.ephemeral_gb(), 0.4);
    }
}
