//! What counts as a function.

use std::convert::identity;
use std::future::Future;
use std::str::FromStr;

use lithops::{ExecutorExt, FunctionExecutor, Result};
use serde::{Deserialize, Serialize};

fn double(number: u32) -> u32 {
    number * 2
}

pub(crate) async fn a_plain_fn_is_called(exec: FunctionExecutor) -> Result<()> {
    assert_eq!(exec.map(double, [1, 2, 3]).await?, [2, 4, 6]);
    assert_eq!(exec.call_async(double, 21).await?, 42);
    Ok(())
}

async fn after_a_yield(number: u32) -> u32 {
    tokio::task::yield_now().await;
    number + 1
}

pub(crate) async fn an_async_fn_is_awaited(exec: FunctionExecutor) -> Result<()> {
    assert_eq!(exec.map(after_a_yield, [1, 2, 3]).await?, [2, 3, 4]);
    assert_eq!(exec.call_async(after_a_yield, 41).await?, 42);
    Ok(())
}

fn largest<T: Ord>(items: Vec<T>) -> Option<T> {
    items.into_iter().max()
}

fn parse<T: FromStr>(text: String) -> Option<T> {
    text.parse().ok()
}

fn times<const FACTOR: u64>(number: u64) -> u64 {
    number * FACTOR
}

pub(crate) async fn instances_of_a_generic_fn_are_told_apart(exec: FunctionExecutor) -> Result<()> {
    assert_eq!(exec.map(largest::<u8>, [vec![1, 9, 3], vec![]]).await?, [Some(9), None]);
    let words = vec!["be".to_owned(), "to".to_owned()];
    assert_eq!(exec.map(largest, [words]).await?, [Some("to".to_owned())]);
    let texts = || ["-7", "7.5", "x"].map(String::from);
    assert_eq!(exec.map(parse::<i8>, texts()).await?, [Some(-7), None, None]);
    assert_eq!(exec.map(parse::<f64>, texts()).await?, [Some(-7.0), Some(7.5), None]);
    assert_eq!(exec.map(parse::<char>, texts()).await?, [None, None, Some('x')]);
    assert_eq!(exec.map(times::<3>, [1, 2]).await?, [3, 6]);
    assert_eq!(exec.map(times::<5>, [1, 2]).await?, [5, 10]);
    Ok(())
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Metres(u32);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Circle(u32),
    Square { side: u32 },
}

impl Shape {
    const fn square(side: u32) -> Self {
        Self::Square { side }
    }

    fn width(self) -> u32 {
        match self {
            Self::Circle(radius) => 2 * radius,
            Self::Square { side } => side,
        }
    }
}

trait Describe {
    fn describe(self) -> String;
}

impl Describe for u8 {
    fn describe(self) -> String {
        format!("byte {self}")
    }
}

impl Describe for bool {
    fn describe(self) -> String {
        format!("truth {self}")
    }
}

pub(crate) async fn methods_and_constructors_are_functions(exec: FunctionExecutor) -> Result<()> {
    let words = ["ab", ""].map(String::from);
    assert_eq!(exec.map(String::into_bytes, words).await?, [b"ab".to_vec(), vec![]]);
    assert_eq!(exec.map(Some, [1u8, 2]).await?, [Some(1), Some(2)]);
    assert_eq!(exec.map(Metres, [1, 2]).await?, [Metres(1), Metres(2)]);
    let shapes = exec.map(Shape::Circle, [1, 2]).await?;
    assert_eq!(shapes, [Shape::Circle(1), Shape::Circle(2)]);
    assert_eq!(exec.map(Shape::square, [3]).await?, [Shape::Square { side: 3 }]);
    assert_eq!(exec.map(Shape::width, shapes).await?, [2, 4]);
    assert_eq!(exec.map(u64::from, [7u32]).await?, [7]);
    assert_eq!(exec.map(i32::abs, [-7, 7]).await?, [7, 7]);
    assert_eq!(exec.map(u8::describe, [7]).await?, ["byte 7"]);
    assert_eq!(exec.map(Describe::describe, [true]).await?, ["truth true"]);
    assert_eq!(exec.map(identity, ['x']).await?, ['x']);
    Ok(())
}

mod left {
    pub(super) fn side(number: u32) -> String {
        format!("left {number}")
    }

    pub(super) mod inner {
        pub(in super::super) fn side(number: u32) -> String {
            format!("inner left {number}")
        }
    }
}

mod right {
    pub(super) fn side(number: u32) -> String {
        format!("right {number}")
    }
}

pub(crate) async fn functions_of_equal_name_in_two_modules_are_told_apart(
    exec: FunctionExecutor,
) -> Result<()> {
    assert_eq!(exec.map(left::side, [1]).await?, ["left 1"]);
    assert_eq!(exec.map(right::side, [1]).await?, ["right 1"]);
    assert_eq!(exec.map(left::inner::side, [1]).await?, ["inner left 1"]);
    Ok(())
}

pub(crate) async fn a_function_inside_a_function_is_called(exec: FunctionExecutor) -> Result<()> {
    fn double(number: u32) -> u32 {
        number * 20
    }
    assert_eq!(exec.map(double, [1]).await?, [20]);
    assert_eq!(exec.map(self::double, [1]).await?, [2]);
    Ok(())
}

pub(crate) async fn closures_of_one_parent_are_told_apart(exec: FunctionExecutor) -> Result<()> {
    let jobs = [
        exec.map(|n: u64| n, 10..12).submit()?,
        exec.map(|n: u64| n + 1, 10..12).submit()?,
        exec.map(|n: u64| n * 2, 10..12).submit()?,
        exec.map(|n: u64| n / 3, 10..12).submit()?,
        exec.map(|n: u64| n % 4, 10..12).submit()?,
        exec.map(|n: u64| n ^ 5, 10..12).submit()?,
        exec.map(|n: u64| n.pow(6), 10..12).submit()?,
        exec.map(|n: u64| n << 7, 10..12).submit()?,
        exec.map(|n: u64| n - 8, 10..12).submit()?,
        exec.map(|n: u64| n.max(9), 10..12).submit()?,
        exec.map(|n: u64| n | 16, 10..12).submit()?,
        exec.map(|n: u64| (0..n).sum::<u64>(), 10..12).submit()?,
    ];
    let mut results = Vec::new();
    for job in &jobs {
        results.push(job.results().await?);
    }
    let expected = [
        [10, 11],
        [11, 12],
        [20, 22],
        [3, 3],
        [2, 3],
        [15, 14],
        [1_000_000, 1_771_561],
        [1280, 1408],
        [2, 3],
        [10, 11],
        [26, 27],
        [45, 55],
    ];
    assert_eq!(results, expected);
    Ok(())
}

pub(crate) async fn closures_with_the_same_code_are_both_called(
    exec: FunctionExecutor,
) -> Result<()> {
    let (one, twin) = (|n: u32| n + 1, |n: u32| n + 1);
    assert_eq!(exec.map(one, [1]).await?, [2]);
    assert_eq!(exec.map(twin, [2]).await?, [3]);
    // The same machine code, but another type of result.
    assert_eq!(exec.map(|n: u32| n as i32, [u32::MAX]).await?, [-1]);
    assert_eq!(exec.map(|n: u32| n, [u32::MAX]).await?, [u32::MAX]);
    Ok(())
}

async fn with_a_suffix<T>(exec: &FunctionExecutor, items: [T; 2]) -> Result<Vec<String>>
where
    T: lithops::Data + ToString,
{
    exec.map(|item: T| item.to_string() + "!", items).await
}

pub(crate) async fn a_closure_of_a_generic_fn_is_called_for_each_instance(
    exec: FunctionExecutor,
) -> Result<()> {
    assert_eq!(with_a_suffix(&exec, [1, 2]).await?, ["1!", "2!"]);
    assert_eq!(with_a_suffix(&exec, ['x', 'y']).await?, ["x!", "y!"]);
    assert_eq!(with_a_suffix(&exec, [true, false]).await?, ["true!", "false!"]);
    Ok(())
}

pub(crate) async fn async_closures_and_blocks_are_awaited(exec: FunctionExecutor) -> Result<()> {
    assert_eq!(exec.map(async |n: u32| after_a_yield(n).await * 2, [1, 2]).await?, [4, 6]);
    assert_eq!(exec.map(|n: u32| async move { after_a_yield(n).await * 3 }, [1, 2]).await?, [6, 9]);
    let checked = async |n: u32| -> std::io::Result<u32> { Ok(after_a_yield(n).await) };
    assert_eq!(exec.map(checked, [1, 2]).await?, [2, 3]);
    Ok(())
}

fn later(number: u32) -> impl Future<Output = u32> {
    let ready = number * 2;
    async move { after_a_yield(ready).await }
}

pub(crate) async fn a_fn_that_gives_a_future_is_awaited(exec: FunctionExecutor) -> Result<()> {
    assert_eq!(exec.map(later, [1, 2]).await?, [3, 5]);
    assert_eq!(exec.map(std::future::ready, [1, 2]).await?, [1, 2]);
    Ok(())
}

fn length(text: &str) -> usize {
    text.len()
}

pub(crate) async fn a_closure_may_call_what_it_borrows_for(exec: FunctionExecutor) -> Result<()> {
    let words = || ["to", "be", "or"].map(String::from);
    assert_eq!(exec.map(|word: String| length(&word), words()).await?, [2, 2, 2]);
    // A closure that captures nothing may itself be captured.
    let shout = |word: &str| word.to_uppercase();
    assert_eq!(exec.map(move |word: String| shout(&word), words()).await?, ["TO", "BE", "OR"]);
    Ok(())
}
