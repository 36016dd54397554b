//! Small programs and libraries, built by `rustc` and `gcc` of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Has a table of functions like a program with Lithops, and says so.
pub(crate) const TABLE: &str = r#"
use std::hint::black_box;

core::arch::global_asm!(
    ".pushsection lithops_fns,\"awR\",%progbits",
    ".balign 8",
    ".quad 0x6c6974686f707321",
    ".popsection"
);

fn main() {
    println!("works with {} arguments", black_box(std::env::args().count()));
}
"#;

/// Compiles Rust source into `folder/name`, with debug information and these arguments.
pub(crate) fn rust(folder: &Path, name: &str, source: &str, arguments: &[&str]) -> PathBuf {
    let program = folder.join(name);
    let file = folder.join(format!("{name}.rs"));
    std::fs::write(&file, source).unwrap();
    let mut rustc = Command::new("rustc");
    // The path of the source is part of its debug information.
    rustc.current_dir(folder).args(["--edition=2024", "-g", "-o"]).arg(&program);
    succeed(rustc.args(arguments).arg(file.file_name().unwrap()));
    program
}

/// Compiles C source into `folder/name`, with these arguments.
pub(crate) fn c(folder: &Path, name: &str, source: &str, arguments: &[&str]) -> PathBuf {
    let made = folder.join(name);
    let file = folder.join(format!("{name}.c"));
    std::fs::write(&file, source).unwrap();
    succeed(Command::new("gcc").arg("-o").arg(&made).arg(file).args(arguments));
    made
}

/// Runs a command to its end, and gives back what it printed.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The arguments that make Rust programs static.
pub(crate) const STATIC: &[&str] = &["-C", "target-feature=+crt-static"];
