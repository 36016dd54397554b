//! How the items of a parallel iterator fall into pieces, one for each call.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Into how many pieces so many items fall: those of a piece follow each other, and no piece has two
/// more than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    pub(crate) items: usize,
    pub(crate) pieces: usize,
}

impl Split {
    /// For so many workers: a few pieces for each, so that they end together.
    pub(crate) fn new(items: usize, workers: usize, least: usize, most: usize) -> Self {
        const PIECES_EACH: usize = 4;
        let least = least.max(1);
        let usual = workers.max(1).saturating_mul(PIECES_EACH).min(items / least).max(1);
        let pieces = usual.max(items.div_ceil(most.max(1)));
        Self { items, pieces: pieces.min(items) }
    }

    /// The places of the items of one piece.
    pub(crate) fn piece(&self, index: usize) -> Range<usize> {
        let bound = |index: usize| {
            (self.items as u128 * index as u128 / self.pieces.max(1) as u128) as usize
        };
        bound(index)..bound(index + 1)
    }

    pub(crate) fn all(self) -> impl Iterator<Item = Range<usize>> {
        (0..self.pieces).map(move |index| self.piece(index))
    }
}

/// A piece of what was lent: encoded item by item, since its items can't be moved out of a slice.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LentItems<T>(Vec<T>);

impl<T> IntoIterator for LentItems<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_in_one_piece_and_no_piece_has_two_more_than_another() {
        for items in [0, 1, 7, 8, 9, 100, 1001] {
            for workers in [1, 2, 250] {
                let split = Split::new(items, workers, 1, usize::MAX);
                let pieces: Vec<_> = split.all().collect();
                let joined: Vec<usize> = pieces.iter().cloned().flatten().collect();
                assert_eq!(joined, (0..items).collect::<Vec<_>>());
                let lengths = pieces.iter().map(ExactSizeIterator::len);
                let (least, most) = (lengths.clone().min(), lengths.max());
                assert!(most.zip(least).is_none_or(|(most, least)| least > 0 && most <= least + 1));
            }
        }
    }

    #[test]
    fn bounds_of_a_pieces_length_are_kept() {
        assert_eq!(Split::new(100, 2, 1, usize::MAX).pieces, 8);
        assert_eq!(Split::new(100, 2, 50, usize::MAX).pieces, 2);
        assert_eq!(Split::new(100, 2, 1, 5).pieces, 20);
        assert_eq!(Split::new(3, 250, 1, usize::MAX).pieces, 3);
        assert_eq!(Split::new(10, 1, 1000, usize::MAX).pieces, 1);
        assert_eq!(Split::new(usize::MAX, 2, 1, usize::MAX).piece(7).end, usize::MAX);
    }
}
