//! Where the items of a parallel iterator come from.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::ops::{Range, RangeInclusive};

use bytes::Bytes;

use crate::function::Data;
use crate::plan::{InputError, PackedInputs};
use crate::wire::{LentItems, Split, ValueError};

/// What can be cut into pieces that cross to workers.
pub trait ParSource {
    /// What it is made of.
    type Item: 'static;
    /// A piece on a worker.
    type Piece: Data + IntoIterator<Item = Self::Item>;

    /// How many items there are.
    fn items(&self) -> usize;

    /// The pieces, encoded.
    ///
    /// # Errors
    /// [`InputError`] for the first that can't be encoded.
    fn pack(self, split: Split) -> Result<PackedInputs, InputError>;
}

impl<T: Data> ParSource for Vec<T> {
    type Item = T;
    type Piece = Vec<T>;

    fn items(&self) -> usize {
        self.len()
    }

    fn pack(self, split: Split) -> Result<PackedInputs, InputError> {
        let mut items = self.into_iter();
        let piece = |places: Range<usize>| items.by_ref().take(places.len()).collect::<Vec<T>>();
        PackedInputs::encode(split.all().map(piece))
    }
}

impl<T: Data, const N: usize> ParSource for [T; N] {
    type Item = T;
    type Piece = Vec<T>;

    fn items(&self) -> usize {
        N
    }

    fn pack(self, split: Split) -> Result<PackedInputs, InputError> {
        Vec::from(self).pack(split)
    }
}

/// Sources that are collected into a list first.
macro_rules! collected {
    ($($source:ty, $item:ty, [$($parameter:ident $(: $bound:path)?),*];)*) => { $(
        impl<$($parameter: Data $(+ $bound)?),*> ParSource for $source {
            type Item = $item;
            type Piece = Vec<$item>;

            fn items(&self) -> usize {
                self.len()
            }

            fn pack(self, split: Split) -> Result<PackedInputs, InputError> {
                self.into_iter().collect::<Vec<_>>().pack(split)
            }
        }
    )* };
}

collected! {
    VecDeque<T>, T, [T];
    LinkedList<T>, T, [T];
    BinaryHeap<T>, T, [T];
    BTreeSet<T>, T, [T];
    BTreeMap<K, V>, (K, V), [K, V];
}

impl<T: Data, S> ParSource for HashSet<T, S> {
    type Item = T;
    type Piece = Vec<T>;

    fn items(&self) -> usize {
        self.len()
    }

    fn pack(self, split: Split) -> Result<PackedInputs, InputError> {
        self.into_iter().collect::<Vec<_>>().pack(split)
    }
}

impl<K: Data, V: Data, S> ParSource for HashMap<K, V, S> {
    type Item = (K, V);
    type Piece = Vec<(K, V)>;

    fn items(&self) -> usize {
        self.len()
    }

    fn pack(self, split: Split) -> Result<PackedInputs, InputError> {
        self.into_iter().collect::<Vec<_>>().pack(split)
    }
}

/// Ranges of numbers: their pieces are ranges, however long they are.
macro_rules! ranges {
    ($($number:ty),*) => { $(
        impl ParSource for Range<$number> {
            type Item = $number;
            type Piece = Range<$number>;

            fn items(&self) -> usize {
                if self.start >= self.end {
                    return 0;
                }
                let length = (self.end as i128).wrapping_sub(self.start as i128);
                usize::try_from(length).unwrap_or(usize::MAX)
            }

            fn pack(self, split: Split) -> Result<PackedInputs, InputError> {
                let at = |place: usize| (self.start as i128).wrapping_add(place as i128) as $number;
                PackedInputs::encode(split.all().map(|piece| at(piece.start)..at(piece.end)))
            }
        }

        impl ParSource for RangeInclusive<$number> {
            type Item = $number;
            type Piece = RangeInclusive<$number>;

            fn items(&self) -> usize {
                if self.is_empty() {
                    return 0;
                }
                let length = (*self.end() as i128).wrapping_sub(*self.start() as i128) + 1;
                usize::try_from(length).unwrap_or(usize::MAX)
            }

            fn pack(self, split: Split) -> Result<PackedInputs, InputError> {
                let first = *self.start() as i128;
                let at = |place: usize| first.wrapping_add(place as i128) as $number;
                let pieces = split.all().filter(|piece| !piece.is_empty());
                PackedInputs::encode(pieces.map(|piece| at(piece.start)..=at(piece.end - 1)))
            }
        }
    )* };
}

ranges!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

/// Items that stay with the caller, who lends them.
#[derive(Debug)]
pub struct RefSource<'a, T> {
    pub(super) items: &'a [T],
    owned: PhantomData<fn(T)>,
}

impl<'a, T> RefSource<'a, T> {
    /// Over the items of a slice.
    pub fn new(items: &'a [T]) -> Self {
        Self { items, owned: PhantomData }
    }
}

impl<T: Data> ParSource for RefSource<'_, T> {
    type Item = T;
    type Piece = LentItems<T>;

    fn items(&self) -> usize {
        self.items.len()
    }

    fn pack(self, split: Split) -> Result<PackedInputs, InputError> {
        let mut packed = Vec::with_capacity(split.pieces);
        for (index, piece) in (0..).zip(split.all()) {
            let bytes = rmp_serde::to_vec_named(&self.items[piece]).map_err(|error| {
                let (type_name, path) = (std::any::type_name::<T>().to_owned(), String::new());
                let source = ValueError { type_name, path, message: error.to_string() };
                InputError::Unencodable { index, source }
            })?;
            packed.push(Bytes::from(bytes));
        }
        PackedInputs::encode(packed)
    }
}
