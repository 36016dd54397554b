//! Merging sorted runs: which of them holds the next pair.

/// A tournament among runs, which tells the run with the least head after `log2(runs)` comparisons.
///
/// It knows only numbers: `less(a, b)` says whether the head of run `a` comes before that of run
/// `b`; it must be a strict order of the runs, an ended run coming after all others.
#[derive(Debug)]
pub struct Tournament {
    /// The loser of each match; the winner of all stands at 0.
    losers: Vec<usize>,
}

impl Tournament {
    /// Plays all matches among `runs` runs.
    pub fn new(runs: usize, less: impl Fn(usize, usize) -> bool) -> Self {
        let mut winners = vec![0; 2 * runs];
        let mut losers = vec![0; runs.max(1)];
        for run in 0..runs {
            winners[runs + run] = run;
        }
        for place in (1..runs).rev() {
            let (a, b) = (winners[2 * place], winners[2 * place + 1]);
            let (winner, loser) = if less(b, a) { (b, a) } else { (a, b) };
            winners[place] = winner;
            losers[place] = loser;
        }
        if runs > 1 {
            losers[0] = winners[1];
        }
        Self { losers }
    }

    /// The run with the least head.
    pub fn winner(&self) -> usize {
        self.losers[0]
    }

    /// Plays the winner's matches again, after its head has changed.
    pub fn replay(&mut self, less: impl Fn(usize, usize) -> bool) {
        let mut winner = self.losers[0];
        let mut place = (winner + self.losers.len()) / 2;
        while place > 0 {
            if less(self.losers[place], winner) {
                std::mem::swap(&mut self.losers[place], &mut winner);
            }
            place /= 2;
        }
        self.losers[0] = winner;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn merge(runs: &[Vec<u32>]) -> Vec<(u32, usize)> {
        let heads = std::cell::RefCell::new(vec![0usize; runs.len()]);
        let less = |a: usize, b: usize| {
            let head = |run: usize| runs[run].get(heads.borrow()[run]).copied();
            match (head(a), head(b)) {
                (Some(x), Some(y)) => (x, a) < (y, b),
                (x, y) => (x.is_none(), a) < (y.is_none(), b),
            }
        };
        let mut tournament = Tournament::new(runs.len(), less);
        let mut merged = Vec::new();
        for _ in 0..runs.iter().map(Vec::len).sum() {
            let run = tournament.winner();
            merged.push((runs[run][heads.borrow()[run]], run));
            heads.borrow_mut()[run] += 1;
            tournament.replay(less);
        }
        merged
    }

    proptest! {
        #[test]
        fn merging_gives_what_a_stable_sort_of_all_gives(
            mut runs in proptest::collection::vec(
                proptest::collection::vec(0u32..30, 0..40), 1..20),
        ) {
            runs.iter_mut().for_each(|run| run.sort_unstable());
            let of_run = |(run, keys): (usize, &Vec<u32>)| {
                keys.iter().map(move |key| (*key, run)).collect::<Vec<_>>()
            };
            let mut all: Vec<_> = runs.iter().enumerate().flat_map(of_run).collect();
            all.sort();
            prop_assert_eq!(merge(&runs), all);
        }
    }

    #[test]
    fn no_run_and_one_run_need_no_match() {
        assert_eq!(Tournament::new(0, |_, _| false).winner(), 0);
        assert_eq!(merge(&[vec![1, 2]]), [(1, 0), (2, 0)]);
    }
}
