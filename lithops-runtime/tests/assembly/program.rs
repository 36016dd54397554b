//! Reading and stripping executables.

use std::path::Path;
use std::process::Command;

use lithops_runtime::{Architecture, Program, ProgramError};
use tempfile::tempdir;

use crate::sources::{STATIC, TABLE, c, rust, succeed};

#[test]
fn a_program_without_an_interpreter_is_static() {
    let folder = tempdir().unwrap();
    let program = Program::read(&rust(folder.path(), "still", TABLE, STATIC)).unwrap();
    let needs = program.needs();
    assert_eq!(program.name(), "still");
    assert_eq!(needs.architecture, Architecture::current());
    assert_eq!((&needs.interpreter, needs.glibc), (&None, None));
    assert!(needs.is_static());
}

#[test]
fn a_dynamic_program_names_its_loader_its_libraries_and_its_glibc() {
    let folder = tempdir().unwrap();
    let file = rust(folder.path(), "moving", TABLE, &[]);
    let program = Program::read(&file).unwrap();
    let needs = program.needs();
    assert!(!needs.is_static());
    assert!(needs.interpreter.as_ref().unwrap().is_absolute());
    let said = succeed(Command::new("readelf").arg("-dVW").arg(&file));
    let named = said.lines().filter(|line| line.contains("(NEEDED)"));
    let named: Vec<_> = named.map(|line| line.split(['[', ']']).nth(1).unwrap()).collect();
    assert_eq!(needs.libraries, named);
    let versions = said.split_whitespace().filter_map(|word| word.strip_prefix("GLIBC_"));
    let newest = versions.filter_map(|version| version.parse().ok()).max();
    assert_eq!(needs.glibc, newest);
    assert!(needs.glibc.unwrap().to_string().starts_with("2."));
}

#[test]
fn the_build_id_is_the_one_that_readelf_prints() {
    let folder = tempdir().unwrap();
    let file = c(folder.path(), "named", "int main() {}", &["-Wl,--build-id=0xc0ffee00"]);
    assert_eq!(Program::read(&file).unwrap().needs().build_id, [0xc0, 0xff, 0xee, 0]);
    let file = c(folder.path(), "unnamed", "int main() {}", &["-Wl,--build-id=none"]);
    assert_eq!(Program::read(&file).unwrap().needs().build_id, Vec::<u8>::new());
}

/// The header of a section, as `readelf` prints it, without its number and place in the file.
fn section(file: &Path, name: &str) -> Option<String> {
    let headers = succeed(Command::new("readelf").arg("-SW").arg(file));
    let line = headers.lines().find(|line| line.contains(&format!("] {name} ")))?;
    Some(line.split(']').nth(1).unwrap().to_owned())
}

fn content(file: &Path, name: &str) -> String {
    succeed(Command::new("readelf").args(["-x", name]).arg(file))
}

#[test]
fn stripping_takes_debug_sections_and_nothing_else() {
    for arguments in
        [&[][..], STATIC, &["-C", "linker-features=-lld"], &["-C", "relocation-model=static"]]
    {
        let folder = tempdir().unwrap();
        let found = rust(folder.path(), "debug", TABLE, arguments);
        let program = Program::read(&found).unwrap();
        let stripped = folder.path().join("stripped");
        std::fs::copy(&found, &stripped).unwrap(); // Which makes it executable.
        std::fs::write(&stripped, program.stripped()).unwrap();

        assert!(section(&found, ".debug_info").is_some());
        assert_eq!(section(&stripped, ".debug_info"), None);
        let size = |file: &Path| std::fs::metadata(file).unwrap().len();
        assert!(size(&stripped) < size(&found) / 2, "{} {}", size(&stripped), size(&found));
        for name in ["lithops_fns", ".note.gnu.build-id", ".text", ".dynstr", ".strtab", ".comment"]
        {
            assert!(content(&stripped, name) == content(&found, name), "{name} {arguments:?}");
        }
        let symbols = |file| succeed(Command::new("nm").arg(file));
        assert!(symbols(&stripped) == symbols(&found), "{arguments:?}");
        let table = content(&stripped, "lithops_fns");
        assert!(table.contains("!spohtil"), "{table}");
        let lint = Command::new("readelf").arg("-aW").arg(&stripped).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&lint.stderr), "");
        assert_eq!(succeed(&mut Command::new(&stripped)), "works with 1 arguments\n");
        let again = Program::read(&stripped).unwrap();
        assert_eq!(again.stripped(), program.stripped());
        assert_eq!(again.digest(), program.digest());
        assert_eq!(again.needs(), program.needs());
    }
}

#[test]
fn a_program_that_is_stripped_already_is_taken_as_it_is() {
    let folder = tempdir().unwrap();
    let file = rust(folder.path(), "bare", TABLE, &["-C", "strip=symbols"]);
    assert_eq!(Program::read(&file).unwrap().stripped(), std::fs::read(&file).unwrap());
}

#[test]
fn the_program_that_runs_reads_itself() {
    let program = Program::current().unwrap();
    let path = std::env::current_exe().unwrap();
    assert_eq!(program.name(), path.file_name().unwrap().to_str().unwrap());
    assert_eq!(program.digest(), Program::read(&path).unwrap().digest());
}

#[test]
fn a_script_is_no_program_and_the_error_says_how_to_build_one() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("script");
    std::fs::write(&file, "#!/bin/sh\necho never\n").unwrap();
    let error = Program::read(&file).unwrap_err();
    assert!(matches!(error, ProgramError::NotElf { .. }), "{error:?}");
    assert!(error.to_string().contains("cargo zigbuild"), "{error}");
}

#[test]
fn a_library_and_an_object_file_are_no_programs() {
    let folder = tempdir().unwrap();
    for arguments in [["-shared", "-fPIC"], ["-c", "-fPIC"]] {
        let file = c(folder.path(), "part", "int one() { return 1; }", &arguments);
        let error = Program::read(&file).unwrap_err();
        assert!(matches!(error, ProgramError::NotExecutable { .. }), "{error:?}");
    }
}

#[test]
fn a_program_of_32_bits_is_refused_by_name() {
    let folder = tempdir().unwrap();
    let file = c(folder.path(), "small", "int one() { return 1; }", &["-m32", "-c"]);
    let error = Program::read(&file).unwrap_err();
    assert!(matches!(error, ProgramError::ThirtyTwoBits { .. }), "{error:?}");
}

#[test]
fn a_program_that_was_cut_off_is_damaged() {
    let folder = tempdir().unwrap();
    let file = c(folder.path(), "whole", "int main() {}", &[]);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 100]).unwrap();
    let error = Program::read(&file).unwrap_err();
    assert!(matches!(error, ProgramError::Damaged { .. }), "{error:?}");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error = Program::read(Path::new("/no/such/program")).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the program /no/such/program can't be read: "), "{text}");
}
