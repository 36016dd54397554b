//! `map_with`: one value for all calls of a job.

use std::sync::atomic::{AtomicU32, Ordering};

use lithops::{ExecutorExt, FunctionExecutor, Result};
use serde::{Deserialize, Deserializer, Serialize};

#[derive(Serialize, Deserialize)]
struct Settings {
    factor: u32,
    words: Vec<String>,
}

fn settings() -> Settings {
    Settings { factor: 3, words: vec!["to".to_owned(), "be".to_owned()] }
}

fn scaled(settings: &Settings, number: u32) -> u32 {
    settings.factor * number
}

async fn scaled_later(settings: &Settings, number: u32) -> u32 {
    tokio::task::yield_now().await;
    settings.factor * number
}

fn looked_up(settings: &Settings, index: usize) -> std::io::Result<String> {
    settings.words.get(index).cloned().ok_or_else(|| std::io::Error::other("no such word"))
}

pub(crate) async fn functions_borrow_the_shared_value(exec: FunctionExecutor) -> Result<()> {
    assert_eq!(exec.map_with(settings(), 0..4, scaled).await?, [0, 3, 6, 9]);
    assert_eq!(exec.map_with(settings(), 0..4, scaled_later).await?, [0, 3, 6, 9]);
    assert_eq!(exec.map_with(settings(), 0..2, looked_up).await?, ["to", "be"]);
    let joined = |settings: &Settings, n: u32| format!("{n}{}", settings.words.concat());
    assert_eq!(exec.map_with(settings(), 0..2, joined).await?, ["0tobe", "1tobe"]);
    Ok(())
}

#[derive(Serialize, Deserialize)]
struct Polynomial {
    coefficients: Vec<f64>,
}

impl Polynomial {
    fn at(&self, x: f64) -> f64 {
        self.coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
    }

    async fn at_later(&self, x: f64) -> f64 {
        tokio::task::yield_now().await;
        self.at(x)
    }
}

pub(crate) async fn a_method_borrows_its_struct(exec: FunctionExecutor) -> Result<()> {
    let polynomial = || Polynomial { coefficients: vec![1.0, 0.0, 2.0] };
    assert_eq!(
        exec.map_with(polynomial(), [0.0, 1.0, 2.0], Polynomial::at).await?,
        [1.0, 3.0, 9.0]
    );
    assert_eq!(exec.map_with(polynomial(), [3.0], Polynomial::at_later).await?, [19.0]);
    Ok(())
}

pub(crate) async fn a_tuple_stands_in_for_captures(exec: FunctionExecutor) -> Result<()> {
    let (prefix, width) = ("n".to_owned(), 3usize);
    let named = exec.map_with((prefix, width), [1u32, 20], |(prefix, width), n| {
        format!("{prefix}{n:0width$}", width = *width)
    });
    assert_eq!(named.await?, ["n001", "n020"]);
    let bytes: Vec<u8> = (0..200).collect();
    assert_eq!(exec.map_with(bytes, [0usize, 199], |bytes, at| bytes[at]).await?, [0, 199]);
    Ok(())
}

/// How often this process has decoded a [`Counted`].
static DECODED: AtomicU32 = AtomicU32::new(0);

#[derive(Serialize)]
struct Counted(u32);

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DECODED.fetch_add(1, Ordering::Relaxed);
        u32::deserialize(deserializer).map(Self)
    }
}

fn times_decoded(counted: &Counted, number: u32) -> (u32, u32) {
    (counted.0 + number, DECODED.load(Ordering::Relaxed))
}

pub(crate) async fn the_shared_value_is_decoded_once_in_a_worker(
    exec: FunctionExecutor,
) -> Result<()> {
    let expected: Vec<_> = (0..40).map(|n| (100 + n, 1)).collect();
    assert_eq!(exec.map_with(Counted(100), 0..40, times_decoded).chunk_size(1).await?, expected);
    // Workers stay, and know the value.
    assert_eq!(exec.map_with(Counted(100), 0..40, times_decoded).chunk_size(1).await?, expected);
    Ok(())
}
