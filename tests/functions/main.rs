//! What a function may be, what may go in and come out, and what it finds around it: on threads, on
//! worker processes, and in a worker of another build.
//!
//! Every case is a plain `async fn` of an executor, so that `init.rs` can run it too: that
//! program has no test harness, and so can be built with `panic = "abort"`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod cases;
mod entry;
mod failures;
mod forms;
mod inside;
mod lookup;
mod other_build;
mod shared;
mod values;

use cases::every_case;

/// One test for each case, on one kind of worker.
macro_rules! tests {
    ($executor:expr => $($module:ident { $($case:ident,)* })*) => {
        $(mod $module {
            $(#[tokio::test]
            async fn $case() -> lithops::Result<()> {
                crate::$module::$case($executor.await?).await
            })*
        })*
    };
}

macro_rules! on_threads {
    ($($cases:tt)*) => { tests! { lithops::FunctionExecutor::threads(2) => $($cases)* } };
}

macro_rules! on_processes {
    ($($cases:tt)*) => { tests! { lithops::FunctionExecutor::processes(2) => $($cases)* } };
}

mod threads {
    crate::every_case!(on_threads);
}

mod processes {
    crate::every_case!(on_processes);
}
