//! How a process of this program becomes a worker, seen from inside one.

use std::io;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use lithops::{Error, ExecutorExt, FunctionExecutor, Result};

/// Filled before `main` by two constructors: one that the linker places with the library's, and one
/// that most linkers place after all others.
static FILLED: AtomicU32 = AtomicU32::new(0);

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "constructors can only be had by a section of the executable")]
mod constructors {
    use std::sync::atomic::Ordering;

    #[used]
    #[unsafe(link_section = ".init_array")]
    static PLAIN: extern "C" fn() = plain;

    #[used]
    #[unsafe(link_section = ".init_array.65537")]
    static LAST: extern "C" fn() = last;

    extern "C" fn plain() {
        super::FILLED.fetch_add(1, Ordering::Relaxed);
    }

    extern "C" fn last() {
        super::FILLED.fetch_add(10, Ordering::Relaxed);
    }
}

fn filled((): ()) -> u32 {
    FILLED.load(Ordering::Relaxed)
}

#[tokio::test]
async fn workers_run_every_constructor_once() -> Result<()> {
    assert_eq!(filled(()), 11);
    let exec = FunctionExecutor::processes(2).await?;
    assert_eq!(exec.map(filled, [(); 4]).chunk_size(1).await?, [11; 4]);
    Ok(())
}

/// Variables of this process that say what a worker is to do.
fn orders((): ()) -> Vec<String> {
    let names = std::env::vars().map(|(name, _)| name);
    names.filter(|name| name == "LITHOPS_WORKER" || name.starts_with("LITHOPS_WORKER_")).collect()
}

#[tokio::test]
async fn what_a_worker_was_told_is_gone_from_its_environment() -> Result<()> {
    let exec = FunctionExecutor::processes(2).await?;
    assert_eq!(exec.map(orders, [(); 2]).await?, [[""; 0]; 2]);
    assert_eq!(exec.map(orders, [(); 2]).through_storage().await?, [[""; 0]; 2]);
    Ok(())
}

/// Starts this very program, and gives the last line of its list of tests.
fn listed((): ()) -> io::Result<String> {
    let mut command = Command::new("/proc/self/exe");
    let output = command.arg("--list").stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().last().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_child_of_a_worker_is_no_worker() -> Result<()> {
    let here = listed(()).unwrap();
    assert!(here.contains("tests, 0 benchmarks"), "{here}");
    let exec = FunctionExecutor::processes(1).await?;
    assert_eq!(exec.call_async(listed, ()).await?, here);
    Ok(())
}

#[tokio::test]
async fn a_worker_is_another_process_and_stays_the_same() -> Result<()> {
    let exec = FunctionExecutor::processes(1).await?;
    let process = |(): ()| std::process::id();
    let first = exec.call_async(process, ()).await?;
    assert_ne!(first, std::process::id());
    assert_eq!(exec.map(process, [(); 3]).await?, [first; 3]);
    let threads = FunctionExecutor::threads(1).await?;
    assert_eq!(threads.call_async(process, ()).await?, std::process::id());
    Ok(())
}

/// In a program built with `panic = "abort"` a thread would take the client along.
#[cfg(panic = "unwind")]
#[tokio::test]
async fn a_panic_comes_back_with_its_text_and_line() -> Result<()> {
    use lithops::CallError;

    fn halved(number: u32) -> u32 {
        assert!(number.is_multiple_of(2), "{number} is odd");
        number / 2
    }
    let line = line!() - 3;
    for exec in [FunctionExecutor::threads(2).await?, FunctionExecutor::processes(2).await?] {
        let settled = exec.map(halved, [4, 5, 6]).settled().await?;
        assert_eq!((&settled[0], &settled[2]), (&Ok(2), &Ok(3)));
        let Err(CallError::Panicked(panic)) = &settled[1] else { panic!("{settled:?}") };
        assert_eq!((panic.message.as_str(), panic.line), ("5 is odd", line));
        assert!(panic.file.ends_with("entry.rs"), "{}", panic.file);
    }
    Ok(())
}

#[tokio::test]
async fn a_variable_of_a_job_is_set_in_its_processes_only() -> Result<()> {
    let exec = FunctionExecutor::processes(2).await?;
    let variable = |_: u32| std::env::var("COLOUR").ok();
    let red = exec.map(variable, 0..3).env("COLOUR", "red").await?;
    assert_eq!(red, vec![Some("red".to_owned()); 3]);
    let blue = exec.map(variable, 0..3).env("COLOUR", "blue").await?;
    assert_eq!(blue, vec![Some("blue".to_owned()); 3]);
    assert_eq!(exec.map(variable, 0..3).await?, [None, None, None]);
    Ok(())
}

#[tokio::test]
async fn threads_refuse_a_variable_of_a_job() -> Result<()> {
    let exec = FunctionExecutor::threads(2).await?;
    let refused = exec.map(|n: u32| n, 0..3).env("COLOUR", "red").await.unwrap_err();
    let Error::Unsupported { backend, what, .. } = refused else { panic!("{refused}") };
    assert_eq!((backend, what), ("threads", "environment of its own"));
    Ok(())
}
