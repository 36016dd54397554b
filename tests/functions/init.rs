//! A program that calls [`lithops::init`]: its workers run `main` up to there, and no further.
//!
//! It has no test harness, because `main` is what it is about. Started with `without-init` it does
//! not make that call, and its workers never reach `main`. Both ways it runs the cases of
//! `main.rs`, so that they are also run in a program built with `panic = "abort"`, which a
//! harness can't be.

#[path = "cases.rs"]
mod cases;
#[path = "failures.rs"]
mod failures;
#[path = "forms.rs"]
mod forms;
#[path = "inside.rs"]
mod inside;
#[path = "shared.rs"]
mod shared;
#[path = "values.rs"]
mod values;

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use cases::every_case;
use lithops::{ExecutorExt, FunctionExecutor};

/// Set by `main` before it calls `init`.
static GREETING: OnceLock<String> = OnceLock::new();
/// Set by `main` after that.
static WENT_ON: AtomicBool = AtomicBool::new(false);

/// How far `main` has come in this process.
fn reached((): ()) -> (Option<String>, bool) {
    (GREETING.get().cloned(), WENT_ON.load(Ordering::Relaxed))
}

/// Runs every case on worker processes.
macro_rules! run {
    ($($module:ident { $($case:ident,)* })*) => {
        $($(
            eprintln!("{}::{} ...", stringify!($module), stringify!($case));
            $module::$case(FunctionExecutor::processes(2).await?).await?;
        )*)*
    };
}

/// Checks how far workers come, and what they can do there.
async fn check(with_init: bool) -> lithops::Result<()> {
    let expected = (with_init.then(|| "set before init".to_owned()), false);
    let exec = FunctionExecutor::processes(2).await?;
    let workers = exec.map(reached, [(); 4]).chunk_size(1).await?;
    assert_eq!(workers, vec![expected.clone(); 4]);
    let workers = exec.map(reached, [(); 4]).through_storage().await?;
    assert_eq!(workers, vec![expected; 4]);
    let threads = FunctionExecutor::threads(1).await?;
    let here = threads.call_async(reached, ()).await?;
    assert_eq!(here, (Some("set before init".to_owned()), true));
    every_case!(run);
    Ok(())
}

fn main() -> lithops::Result<()> {
    // A worker gets no arguments.
    let with_init = std::env::args().nth(1).is_none_or(|argument| argument != "without-init");
    GREETING.get_or_init(|| "set before init".to_owned());
    if with_init {
        lithops::init();
    }
    WENT_ON.store(true, Ordering::Relaxed);
    lithops::block_on(check(with_init))?;
    if with_init {
        let this = Command::new("/proc/self/exe").arg("without-init").status();
        assert!(this.is_ok_and(|status| status.success()));
    }
    Ok(())
}
