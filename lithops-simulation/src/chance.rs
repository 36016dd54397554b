//! Chance that a seed decides.

use std::time::Duration;

/// A generator of numbers, the same for the same seed in every version of this crate: SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of_seed(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to just below 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Whether something of this rate happens.
    pub(crate) fn happens(&mut self, rate: f64) -> bool {
        // Drawn in any case: a rate that changes must not shift all that follows.
        self.unit() < rate
    }

    /// A number below `bound`; 0 if that is 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        (self.unit() * f64::from(bound)) as u32
    }

    /// A length of time, each between the two as likely as any other.
    pub(crate) fn between(&mut self, (least, most): (Duration, Duration)) -> Duration {
        let share = self.unit();
        least + most.saturating_sub(least).mul_f64(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_numbers_of_the_published_generator() {
        let mut chance = Chance::of_seed(1_234_567);
        let numbers = [chance.next(), chance.next(), chance.next()];
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn what_is_drawn_lies_within_its_bounds() {
        let mut chance = Chance::of_seed(1);
        let (least, most) = (Duration::from_millis(5), Duration::from_millis(7));
        for _ in 0..1000 {
            assert!((least..=most).contains(&chance.between((least, most))));
            assert!(chance.below(3) < 3);
            assert!(chance.happens(1.0) && !chance.happens(0.0));
        }
        assert_eq!(chance.below(0), 0);
    }
}
