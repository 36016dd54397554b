//! Round values along an axis.

/// About `wanted` round values from 0 to `most`: multiples of 1, 2 or 5 times a power of ten.
pub(super) fn round(most: u64, wanted: u64) -> Vec<u64> {
    let rough = (most / wanted.max(1)).max(1);
    let mut power = 1;
    while power <= rough / 10 {
        power *= 10;
    }
    let step = [1, 2, 5].map(|factor| factor * power).into_iter().find(|&step| step >= rough);
    multiples(step.unwrap_or(10 * power), most)
}

/// The same for a time in nanoseconds: minutes and hours where seconds would be many.
pub(super) fn times(most_ns: u64, wanted: u64) -> Vec<u64> {
    const MINUTE: u64 = 60_000_000_000;
    let steps = [1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440].map(|minutes| minutes * MINUTE);
    let rough = most_ns / wanted.max(1);
    match steps.into_iter().find(|&step| step >= rough) {
        Some(step) if rough > MINUTE / 2 => multiples(step, most_ns),
        _ => round(most_ns, wanted),
    }
}

fn multiples(step: u64, most: u64) -> Vec<u64> {
    (0..=most / step).map(|factor| factor * step).collect()
}

#[cfg(test)]
mod tests {
    use super::{round, times};

    #[test]
    fn values_along_an_axis_are_round() {
        assert_eq!(round(10, 5), [0, 2, 4, 6, 8, 10]);
        assert_eq!(round(99, 4), [0, 50]);
        assert_eq!(round(3, 4), [0, 1, 2, 3]);
        assert_eq!(round(0, 4), [0]);
        assert_eq!(times(600_000_000_000, 5), [0, 2, 4, 6, 8, 10].map(|m| m * 60_000_000_000));
        assert_eq!(times(5_000_000_000, 5), [0, 1, 2, 3, 4, 5].map(|s| s * 1_000_000_000));
    }
}
