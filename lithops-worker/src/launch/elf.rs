//! What the kernel needs to run a program, read before it is asked: its own answers are a number.

use std::fs::File;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::LaunchError;

const HEADER: usize = 64;
const SEGMENT: usize = 56;
/// The segment that names the dynamic loader.
const INTERPRETER: u32 = 3;
/// Longer than any path that the kernel takes.
const LONGEST: u64 = 4096;

/// Looks whether this machine and this runtime can run the program.
pub(super) fn check(path: &Path) -> Result<(), LaunchError> {
    let refused = |error| LaunchError::Refused(path.to_owned(), error);
    check_file(&File::open(path).map_err(refused)?)
}

/// The same of a file that is open.
pub(crate) fn check_file(file: &File) -> Result<(), LaunchError> {
    let header: [u8; HEADER] = read(file, 0)?;
    if header[..4] != *b"\x7fELF" {
        return Err(LaunchError::NotExecutable);
    }
    let built = architecture(&header);
    if built != std::env::consts::ARCH {
        return Err(LaunchError::Architecture { built });
    }
    match interpreter(file, &header)? {
        Some(loader) if !loader.exists() => Err(LaunchError::NoLoader(loader)),
        _ => Ok(()),
    }
}

/// In the names of `std::env::consts::ARCH`.
fn architecture(header: &[u8; HEADER]) -> String {
    // 64 bits, little-endian; ppc64le and s390x have no names of their own here.
    let machine = u16::from_le_bytes([header[18], header[19]]);
    match (header[4], header[5], machine) {
        (2, 1, 62) => "x86_64".to_owned(),
        (2, 1, 183) => "aarch64".to_owned(),
        (2, 1, 243) => "riscv64".to_owned(),
        (2, 1, 258) => "loongarch64".to_owned(),
        (2, 1, 21) => "powerpc64".to_owned(),
        (class, order, machine) => format!("machine {machine} (class {class}, order {order})"),
    }
}

fn interpreter(file: &File, header: &[u8; HEADER]) -> Result<Option<PathBuf>, LaunchError> {
    let table = u64::from_le_bytes(field(header, 32)?);
    let size = u16::from_le_bytes(field(header, 54)?);
    let count = u16::from_le_bytes(field(header, 56)?);
    for number in 0..u64::from(count) {
        let at = table.checked_add(number * u64::from(size)).ok_or(LaunchError::NotExecutable)?;
        let segment: [u8; SEGMENT] = read(file, at)?;
        if u32::from_le_bytes(field(&segment, 0)?) != INTERPRETER {
            continue;
        }
        let at = u64::from_le_bytes(field(&segment, 8)?);
        let length = u64::from_le_bytes(field(&segment, 32)?);
        let mut name = vec![0; length.min(LONGEST) as usize];
        file.read_exact_at(&mut name, at).map_err(|_| LaunchError::NotExecutable)?;
        name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
        return Ok(Some(std::ffi::OsString::from_vec(name).into()));
    }
    Ok(None)
}

fn read<const N: usize>(file: &File, at: u64) -> Result<[u8; N], LaunchError> {
    let mut bytes = [0; N];
    // What ends before its header is no program, whatever the reason.
    file.read_exact_at(&mut bytes, at).map_err(|_| LaunchError::NotExecutable)?;
    Ok(bytes)
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], LaunchError> {
    let field = bytes.get(at..at + N).and_then(|field| field.first_chunk());
    field.copied().ok_or(LaunchError::NotExecutable)
}
