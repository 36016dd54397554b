//! The libraries of programs, compared with what `ldd` says.

use std::path::{Path, PathBuf};
use std::process::Command;

use lithops_runtime::{ClosureError, Program, closure};
use tempfile::tempdir;

use crate::sources::{STATIC, TABLE, c, rust, succeed};

/// Name and file of each library, as the loader itself finds them.
fn said_by_ldd(program: &Path) -> Vec<(String, PathBuf)> {
    let said = succeed(Command::new("ldd").arg(program));
    let mut found: Vec<_> = said
        .lines()
        .filter(|line| !line.contains("linux-vdso"))
        .map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let path = if words.contains(&"=>") { words[2] } else { words[0] };
            let name = Path::new(words[0]).file_name().unwrap().to_str().unwrap();
            (name.to_owned(), std::fs::canonicalize(path).unwrap())
        })
        .collect();
    found.sort();
    found
}

fn found_by_us(program: &Path) -> Vec<(String, PathBuf)> {
    let libraries = closure(&Program::read(program).unwrap()).unwrap();
    let mut found: Vec<_> =
        libraries.into_iter().map(|library| (library.name, library.path)).collect();
    found.sort();
    found
}

#[test]
fn the_libraries_of_a_rust_program_are_those_that_ldd_prints() {
    let folder = tempdir().unwrap();
    let program = rust(folder.path(), "moving", TABLE, &[]);
    assert_eq!(found_by_us(&program), said_by_ldd(&program));
    assert!(found_by_us(&program).len() >= 2);
}

#[test]
fn the_libraries_of_large_programs_are_those_that_ldd_prints() {
    for program in ["git", "gcc", "ssh", "perl", "python3", "docker", "dockerd", "bash"] {
        let found = ["/usr/bin", "/usr/sbin", "/bin"].map(|folder| Path::new(folder).join(program));
        let Some(program) = found.iter().find(|path| path.exists()) else { continue };
        assert_eq!(found_by_us(program), said_by_ldd(program), "{}", program.display());
    }
}

#[test]
fn a_static_program_has_no_libraries() {
    let folder = tempdir().unwrap();
    let program = rust(folder.path(), "still", TABLE, STATIC);
    assert_eq!(closure(&Program::read(&program).unwrap()).unwrap(), []);
}

#[test]
fn the_loader_comes_first_and_at_its_own_path() {
    let folder = tempdir().unwrap();
    let program = Program::read(&rust(folder.path(), "moving", TABLE, &[])).unwrap();
    let libraries = closure(&program).unwrap();
    assert_eq!(Some(&libraries[0].at), program.needs().interpreter.as_ref());
    let libc = libraries.iter().find(|library| library.name == "libc.so.6").unwrap();
    assert!(libc.at.starts_with("/lib") || libc.at.starts_with("/usr/lib"), "{libc:?}");
}

/// A program that needs `libouter.so`, which needs `libinner.so`; each is searched for by these
/// arguments of the linker.
fn nested(folder: &Path, of_program: &str, of_outer: &str) -> PathBuf {
    let deep = folder.join("deep");
    std::fs::create_dir(&deep).unwrap();
    let library = ["-shared", "-fPIC"];
    let search = format!("-L{}", deep.display());
    c(&deep, "libinner.so", "int inner() { return 7; }", &library);
    let outer = "int inner(); int outer() { return inner(); }";
    let arguments = [&library[..], &[&search, "-linner", of_outer]].concat();
    c(&deep, "libouter.so", outer, &arguments);
    let main = "int outer(); int main() { return outer() - 7; }";
    let quiet = "-Wl,--unresolved-symbols=ignore-in-shared-libs";
    c(folder, "program", main, &[&search, "-louter", of_program, quiet])
}

#[test]
fn a_library_of_a_library_is_found_by_the_old_search_path_of_the_program() {
    let folder = tempdir().unwrap();
    let rpath = "-Wl,--disable-new-dtags,-rpath,$ORIGIN/deep";
    let program = nested(folder.path(), rpath, "-g");
    assert_eq!(found_by_us(&program), said_by_ldd(&program));
    assert!(found_by_us(&program).iter().any(|(name, _)| name == "libinner.so"));
}

#[test]
fn the_new_search_path_of_a_program_does_not_hold_for_libraries_of_its_libraries() {
    let folder = tempdir().unwrap();
    let runpath = "-Wl,--enable-new-dtags,-rpath,$ORIGIN/deep";
    let program = nested(folder.path(), runpath, "-g");
    let error = closure(&Program::read(&program).unwrap()).unwrap_err();
    let ClosureError::Missing { name, needed_by, looked_in, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!((name.as_str(), needed_by.as_str()), ("libinner.so", "libouter.so"));
    assert!(looked_in.contains(&PathBuf::from("/usr/lib")), "{looked_in:?}");
    assert!(error.to_string().starts_with("`libinner.so`, which libouter.so needs, is not on"));
}

#[test]
fn a_library_beside_the_program_moves_to_where_the_loader_finds_it() {
    let folder = tempdir().unwrap();
    let near = "-Wl,--enable-new-dtags,-rpath,${ORIGIN}";
    let far = "-Wl,--enable-new-dtags,-rpath,$ORIGIN/deep";
    let program = nested(folder.path(), far, near);
    assert_eq!(found_by_us(&program), said_by_ldd(&program));
    let libraries = closure(&Program::read(&program).unwrap()).unwrap();
    let at = |name: &str| libraries.iter().find(|l| l.name == name).unwrap().at.clone();
    let home = at("libc.so.6").parent().unwrap().to_owned();
    assert_eq!(at("libouter.so"), home.join("libouter.so"));
    assert_eq!(at("libinner.so"), home.join("libinner.so"));
}

#[test]
fn a_library_in_a_named_folder_stays_there() {
    let folder = tempdir().unwrap();
    let deep = folder.path().join("deep");
    let named = format!("-Wl,--enable-new-dtags,-rpath,{}", deep.display());
    let program = nested(folder.path(), &named, &named);
    let libraries = closure(&Program::read(&program).unwrap()).unwrap();
    let inner = libraries.iter().find(|library| library.name == "libinner.so").unwrap();
    assert_eq!(inner.at, deep.join("libinner.so"));
}

#[test]
fn a_program_for_another_processor_needs_what_this_machine_has_not() {
    let folder = tempdir().unwrap();
    let program = c(folder.path(), "foreign", "int main() {}", &[]);
    let mut bytes = std::fs::read(&program).unwrap();
    // `e_machine`: RISC-V.
    bytes[18..20].copy_from_slice(&243u16.to_le_bytes());
    std::fs::write(&program, bytes).unwrap();
    let error = closure(&Program::read(&program).unwrap()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("`ld-linux-"), "{text}");
    assert!(text.contains("which foreign needs, is not on this machine for riscv64"), "{text}");
}
