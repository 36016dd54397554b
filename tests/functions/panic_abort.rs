//! A program whose panics abort: they come back as panics all the same.
//!
//! Built with `panic = "abort"` by the matrix of `cargo xtask test`; cargo builds no test so.

#![expect(clippy::print_stdout, reason = "its output is what the matrix looks at")]

use lithops::prelude::*;

fn panic_at_three(x: u32) -> u32 {
    assert!(x != 3, "three is not to be");
    x
}

fn main() -> lithops::Result<()> {
    lithops::block_on(async {
        let exec = FunctionExecutor::builder().workers(2).progress(false).build().await?;
        let direct = exec.map(panic_at_three, 0..20).settled().await?;
        let stored = exec.map(panic_at_three, 0..20).through_storage().settled().await?;
        for outcomes in [direct, stored] {
            for (index, outcome) in (0u32..).zip(outcomes) {
                match outcome {
                    Ok(value) => assert_eq!(value, index),
                    Err(CallError::Panicked(report)) => {
                        assert_eq!((index, report.message.as_str()), (3, "three is not to be"));
                        assert!(report.file.ends_with("panic_abort.rs"), "{report}");
                    }
                    Err(other) => panic!("call {index}: {other}"),
                }
            }
        }
        println!(
            "panics that {} are reported",
            if cfg!(panic = "abort") { "abort" } else { "unwind" }
        );
        Ok(())
    })
}
