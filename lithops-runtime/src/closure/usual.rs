//! The libraries that dynamic programs usually need, for images that are to run programs yet unknown.

use std::path::PathBuf;

use crate::Architecture;

/// Those of glibc that Rust programs are linked to, also by older linkers, and that of unwinding.
const LIBRARIES: [&str; 6] =
    ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1"];

/// Libraries beyond those of a program itself, and the loader that goes with them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usual {
    pub(crate) loader: Option<PathBuf>,
    pub(crate) libraries: Vec<String>,
}

impl Usual {
    /// Those for an architecture; `None` if it is not known where programs for it have their loader.
    pub(crate) fn of(architecture: &Architecture) -> Option<Self> {
        let loader = match architecture {
            Architecture::X86_64 => "/lib64/ld-linux-x86-64.so.2",
            Architecture::Aarch64 => "/lib/ld-linux-aarch64.so.1",
            Architecture::Other(name) => match name.as_str() {
                "loong64" => "/lib64/ld-linux-loongarch-lp64d.so.1",
                "ppc64le" => "/lib64/ld64.so.2",
                "riscv64" => "/lib/ld-linux-riscv64-lp64d.so.1",
                "s390x" => "/lib/ld64.so.1",
                _ => return None,
            },
        };
        let libraries = LIBRARIES.map(str::to_owned).to_vec();
        Some(Self { loader: Some(loader.into()), libraries })
    }
}
