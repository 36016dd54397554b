//! How a parallel iterator tells of a failure.

use crate::error::Result;

/// How a parallel iterator tells of a failure.
pub trait Mode: 'static {
    /// What a terminal operation gives that makes a `T`.
    type Output<T>;

    /// Turns what became of the job into what is given.
    fn finish<T>(result: Result<T>) -> Self::Output<T>;
}

/// By a panic on the caller's thread, as rayon does.
#[derive(Debug)]
pub struct Panics;

impl Mode for Panics {
    type Output<T> = T;

    #[track_caller]
    fn finish<T>(result: Result<T>) -> T {
        match result {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }
}

/// By an [`Error`](crate::error::Error).
#[derive(Debug)]
pub struct Checked;

impl Mode for Checked {
    type Output<T> = Result<T>;

    fn finish<T>(result: Result<T>) -> Result<T> {
        result
    }
}
