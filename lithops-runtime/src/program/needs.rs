//! What a program needs of the place that it runs in.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// What an executable says that it needs, read from its ELF headers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Needs {
    /// The processor that it was compiled for.
    pub architecture: Architecture,
    /// The dynamic loader that the kernel starts it with; `None` if it is static.
    pub interpreter: Option<PathBuf>,
    /// The libraries that it names itself (`DT_NEEDED`), in its order.
    pub libraries: Vec<String>,
    /// The newest version of glibc that one of its symbols asks for.
    pub glibc: Option<GlibcVersion>,
    /// Its GNU build id; empty if the linker wrote none.
    pub build_id: Vec<u8>,
}

impl Needs {
    /// Whether it needs nothing but a kernel: no loader, no library.
    pub fn is_static(&self) -> bool {
        self.interpreter.is_none() && self.libraries.is_empty()
    }
}

/// A kind of processor, by the name that images give it (`amd64`, `arm64`).
///
/// ```
/// use lithops_runtime::Architecture;
///
/// assert_eq!(Architecture::from("amd64"), Architecture::X86_64);
/// assert_eq!(Architecture::Aarch64.to_string(), "arm64");
/// assert_eq!(Architecture::from("riscv64").to_string(), "riscv64");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// `amd64`: 64-bit x86.
    X86_64,
    /// `arm64`: 64-bit ARM.
    Aarch64,
    /// Another one, by its name in images.
    Other(String),
}

impl Architecture {
    /// Returns the one that this code was compiled for.
    pub fn current() -> Self {
        Self::from(std::env::consts::ARCH)
    }
}

impl From<&str> for Architecture {
    fn from(name: &str) -> Self {
        match name {
            "amd64" | "x86_64" => Self::X86_64,
            "arm64" | "aarch64" => Self::Aarch64,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X86_64 => "amd64",
            Self::Aarch64 => "arm64",
            Self::Other(name) => name,
        })
    }
}

/// A version of the GNU C library, such as 2.36.
///
/// ```
/// use lithops_runtime::GlibcVersion;
///
/// let version: GlibcVersion = "2.36".parse()?;
/// assert!(version > GlibcVersion { major: 2, minor: 4, patch: 0 });
/// assert_eq!(version.to_string(), "2.36");
/// # Ok::<(), lithops_runtime::NotAVersion>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlibcVersion {
    /// What comes first: 2.
    pub major: u32,
    /// What changes twice a year.
    pub minor: u32,
    /// A third number, which only old versions have; else 0.
    pub patch: u32,
}

impl GlibcVersion {
    /// Reads the name of a symbol's version: `GLIBC_2.34`, but not `GLIBC_PRIVATE`.
    pub(crate) fn of_symbol(name: &str) -> Option<Self> {
        name.strip_prefix("GLIBC_")?.parse().ok() // Other names are no versions.
    }
}

impl FromStr for GlibcVersion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let numbers: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        match numbers.as_deref() {
            Ok(&[major, minor]) => Ok(Self { major, minor, patch: 0 }),
            Ok(&[major, minor, patch]) => Ok(Self { major, minor, patch }),
            _ => Err(NotAVersion(text.to_owned())),
        }
    }
}

impl fmt::Display for GlibcVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { major, minor, patch: 0 } => write!(f, "{major}.{minor}"),
            Self { major, minor, patch } => write!(f, "{major}.{minor}.{patch}"),
        }
    }
}

/// A text is no version of glibc.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version of glibc; one looks like 2.36")]
pub struct NotAVersion(String);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number_and_not_by_letter() {
        let mut names = ["GLIBC_2.34", "GLIBC_2.4", "GLIBC_PRIVATE", "GLIBC_2.2.5", "GCC_3.0"]
            .map(GlibcVersion::of_symbol);
        names.sort();
        let shown = names.map(|version| version.map(|version| version.to_string()));
        let known = ["2.2.5", "2.4", "2.34"].map(|text| Some(text.to_owned()));
        assert_eq!(shown[..2], [None, None]);
        assert_eq!(shown[2..], known);
    }

    #[test]
    fn a_text_that_is_no_version_is_shown() {
        let error = "2.x".parse::<GlibcVersion>().unwrap_err();
        assert_eq!(error.to_string(), "`2.x` is no version of glibc; one looks like 2.36");
    }
}
