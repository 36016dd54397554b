//! Workers that are not this program: another build of it, or something else altogether.

use std::any::type_name_of_val;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lithops::{CallError, Error, ExecutorExt, FunctionExecutor, Result};
use lithops_core::function::build_id;
use tempfile::TempDir;

mod here {
    pub(super) fn moved(number: u32) -> u32 {
        number * 2
    }

    pub(super) fn stayed(number: u32) -> u32 {
        number * 3
    }
}

/// A copy of this program with another build id, in which the module `here` is called `away`, but
/// for the function that stayed.
struct OtherBuild {
    folder: TempDir,
}

impl OtherBuild {
    fn make() -> Self {
        let mut program = std::fs::read("/proc/self/exe").unwrap();
        let id = build_id();
        if !id.is_empty() {
            let at = places(&program[..1 << 16], id);
            assert_eq!(at.len(), 1, "the build id stands once near the start of the file");
            program[at[0]] ^= 0xff;
        }
        let name = type_name_of_val(&here::moved);
        let module = name.find("here").unwrap();
        let at = places(&program, name.as_bytes());
        assert!(!at.is_empty());
        for at in at {
            program[at + module..][..4].copy_from_slice(b"away");
        }
        let folder = tempfile::tempdir().unwrap();
        let draft = folder.path().join("draft");
        std::fs::write(&draft, program).unwrap();
        std::fs::set_permissions(&draft, PermissionsExt::from_mode(0o755)).unwrap();
        let made = Self { folder };
        // Another thread may be starting a process, which would hold the file open for writing, so
        // that it can't be executed: it is written by a process that starts none.
        let copied = Command::new("cp").arg(draft).arg(made.program()).status().unwrap();
        assert!(copied.success());
        made
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("program")
    }
}

/// Where `wanted` stands in `bytes`. Looks at every `wanted.len()`th byte only, because an
/// unoptimised search through a debug build takes seconds.
fn places(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    let last = wanted.len() - 1;
    let mut skip = [wanted.len(); 256];
    for (at, byte) in wanted[..last].iter().enumerate() {
        skip[usize::from(*byte)] = last - at;
    }
    let (mut at, mut places) = (0, Vec::new());
    while let Some(window) = bytes.get(at..at + wanted.len()) {
        if window == wanted {
            places.push(at);
        }
        at += skip[usize::from(window[last])];
    }
    places
}

async fn workers_of(program: &Path) -> Result<FunctionExecutor> {
    let builder = FunctionExecutor::builder().backend("processes").workers(2);
    builder.worker_program(program).start_bound(Duration::from_secs(5)).build().await
}

/// The cause of the only call's failure.
async fn cause(
    exec: &FunctionExecutor,
    function: fn(&FunctionExecutor) -> lithops::Map<u32>,
) -> CallError {
    match function(exec).await.unwrap_err() {
        Error::Call { index: 0, cause, .. } => cause,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn functions_are_found_by_name_where_the_worker_is_another_build() -> Result<()> {
    let other = OtherBuild::make();
    let exec = workers_of(&other.program()).await?;
    assert_eq!(exec.map(here::stayed, [1, 2]).await?, [3, 6]);
    // The only closure from `i64` to `i64` of this function.
    assert_eq!(exec.map(|n: i64| n - 1, [1, 2]).await?, [0, 1]);
    assert_eq!(exec.map_with(5u32, [1, 2], |k, n: u32| k * n).await?, [5, 10]);

    let missing = cause(&exec, |exec| exec.map(here::moved, [1])).await;
    let CallError::UnknownFunction { path, signature, known } = &missing else {
        panic!("{missing}")
    };
    assert_eq!(path, "functions::other_build::here::moved");
    assert_eq!(signature, "(u32) -> u32");
    assert_eq!(known[0], "functions::other_build::away::moved (u32) -> u32");
    assert!(missing.to_string().contains(&known[0]), "{missing}");
    // The workers go on.
    assert_eq!(exec.map(here::stayed, [3]).await?, [9]);

    let twins = |exec: &FunctionExecutor| {
        drop(exec.map(|n: u32| n + 1, [1]));
        exec.map(|n: u32| n + 2, [1])
    };
    let ambiguous = cause(&exec, twins).await;
    assert!(ambiguous.to_string().contains("use a named `fn`"), "{ambiguous}");
    Ok(())
}

#[tokio::test]
async fn a_program_that_is_no_worker_is_said_to_be_lost() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    let text = "#!/bin/sh\necho 'no worker here' >&2\nexit 3\n";
    std::fs::write(folder.path().join("draft"), text).unwrap();
    std::fs::set_permissions(folder.path().join("draft"), PermissionsExt::from_mode(0o755))
        .unwrap();
    let copied = Command::new("cp").arg(folder.path().join("draft")).arg(&script).status().unwrap();
    assert!(copied.success());
    let lost = cause(&workers_of(&script).await?, |exec| exec.map(here::stayed, [1])).await;
    let CallError::WorkerLost { reason } = &lost else { panic!("{lost:?}") };
    assert!(reason.contains("no worker here") && reason.contains('3'), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_program_that_says_nothing_is_given_up() -> Result<()> {
    let builder = FunctionExecutor::builder().backend("processes").workers(1);
    let builder = builder.worker_program("/bin/cat").start_bound(Duration::from_millis(200));
    let lost = cause(&builder.build().await?, |exec| exec.map(here::stayed, [1])).await;
    assert!(matches!(lost, CallError::WorkerLost { .. }), "{lost:?}");
    Ok(())
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_named() -> Result<()> {
    let exec = workers_of(Path::new("/no/such/program")).await?;
    let error = exec.map(here::stayed, [1]).await.unwrap_err();
    assert!(error.to_string().contains("/no/such/program"), "{error}");
    Ok(())
}
